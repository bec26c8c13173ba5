"""How is the health of each component drawn: its state, its past, and what to do?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st

from components import live, queries, shell
from components.palette import DARK, palette
from data.types import Scope
from services.formats import SPACE, age, moment, share
from services.health import HealthBoard, Line, Piece, State, limits_text

EVERY_S = 10
_SPANS = {"day": "Past 24 hours", "week": "Past 7 days"}
# A state is told by a word, a colour and, in the strip, by the height of the bar.
_HEIGHTS: dict[State | None, int] = {
    "healthy": 45, "cannot tell": 25, "warning": 65, "critical": 85, "down": 100, None: 8
}  # fmt: skip
_STYLE = """<style>
.bv-health{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(21rem,100%),1fr));gap:.7rem}
.bv-health section{border:1px solid rgb(128 128 128 / .3);border-left:4px solid var(--bv-state);border-radius:8px;
padding:.55rem .8rem;font-size:.87rem;line-height:1.4;overflow-wrap:anywhere}
.bv-health h3{font-size:1rem;font-weight:600;margin:0;padding:0;display:flex;justify-content:space-between;gap:.6rem}
.bv-health h3 span{color:var(--bv-state);white-space:nowrap}
.bv-health p{margin:.15rem 0 0;font-size:.87rem}
.bv-health .bv-quiet{opacity:.75;font-size:.8rem}
.bv-health .bv-todo{border-top:1px solid rgb(128 128 128 / .3);margin-top:.45rem;padding-top:.35rem}
.bv-strip{display:flex;align-items:flex-end;gap:1px;height:1.5rem;margin-top:.45rem}
.bv-strip i{flex:1;min-width:1px;border-radius:1px}
.bv-strip-ends{display:flex;justify-content:space-between;font-size:.72rem;opacity:.75}
</style>"""


def run() -> None:
    """The board, refreshed by itself."""
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center"):
        span = st.segmented_control(
            "Past", list(_SPANS), default="day", format_func=_SPANS.__getitem__, required=True, key="health_span",
            label_visibility="collapsed",
        )  # fmt: skip
        is_live = st.toggle("Refresh by itself", True, key="health_live")
    live.run(lambda viewer, now: _draw(viewer, span or "day", now, is_live), EVERY_S if is_live else None)


def _draw(scope: Scope, span: str, now: datetime, is_live: bool) -> None:
    shell.status(scope.workspace, now, EVERY_S if is_live else None, None, (), "")
    board = queries.health(scope, span, now)
    _sentence(board)
    cards = "".join(_card(line, span, scope.workspace.timezone, now) for line in board.lines)
    st.html(f"<div class='bv-health'>{cards}</div>")
    if not board.remembered:
        st.caption(
            "There is no past to show yet: the worker looks every five minutes and writes down what it finds, unless"
            " the setting `observe` is off."
        )


def _sentence(board: HealthBoard) -> None:
    if board.state in ("critical", "down"):
        st.error(board.sentence)
    elif board.state == "warning":
        st.warning(board.sentence)
    else:
        st.success(board.sentence)


def _card(line: Line, span: str, timezone: str, now: datetime) -> str:
    found = line.component
    old_s = (now - found.at).total_seconds() if found.at else 0.0
    measured = f"looked at {age(old_s)} ago" if old_s >= 1 else "looked at just now"
    quiet = "; ".join(part for part in (limits_text(found.limits), _since(line, timezone, now), measured) if part)
    todo = f"<p class='bv-todo'><b>What to do:</b> {_plain(line.about.todo)}</p>" if line.needs_attention else ""
    return (
        f"<section style='--bv-state:{_colour(found.state)}' aria-label='{escape(line.about.title)}: {found.state}'>"
        f"<h3>{escape(line.about.title)}<span>{found.state.replace(' ', SPACE)}</span></h3>"
        f"<p class='bv-quiet'>{escape(line.about.what)}</p><p>{escape(found.message)}</p>"
        f"<p class='bv-quiet'>{escape(quiet[:1].upper() + quiet[1:])}.</p>"
        f"{_strip(line.pieces, span, timezone, now)}{todo}</section>"
    )


def _since(line: Line, timezone: str, now: datetime) -> str:
    if line.since is None:
        return "since a moment ago"
    told = f"{moment(line.since, timezone, now)} ({age((now - line.since).total_seconds())})"
    return f"unchanged since {told}{' or longer' if line.is_older else ''}"


def _strip(pieces: Sequence[Piece], span: str, timezone: str, now: datetime) -> str:
    bars = "".join(
        f"<i style='height:{_HEIGHTS[piece.state]}%;background:{_colour(piece.state)}'"
        f" title='{moment(piece.from_at, timezone, now)}: {piece.state or 'nobody looked'}'></i>"
        for piece in pieces
    )
    counts = Counter(piece.state or "nobody looked" for piece in pieces)
    told = ", ".join(f"{state} {share(n / len(pieces))}" for state, n in counts.most_common())
    label = f"{_SPANS[span]}: {told}"
    ends = f"<div class='bv-strip-ends'><span>{_SPANS[span]}</span><span>now</span></div>"
    return f"<div class='bv-strip' role='img' aria-label='{escape(label)}'>{bars}</div>{ends}"


def _colour(state: State | None) -> str:
    colours, is_dark = palette(), palette() is DARK
    return {
        "healthy": colours.good, "warning": colours.target, "critical": "#ff8f85" if is_dark else "#b3261e",
        "down": "#ff5a4d" if is_dark else "#7a0c06", "cannot tell": colours.muted, None: colours.grid,
    }[state]  # fmt: skip


def _plain(text: str) -> str:
    """Escaped, with what stands in backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
