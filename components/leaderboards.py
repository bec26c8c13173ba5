"""How are the breakdowns of the chosen metric drawn, and what does a click on a bar do?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import streamlit as st

from components import charts, downloads, state, states
from components.markdown import plain
from components.palette import Palette, palette
from services.live.choices import MISSING, toggled
from services.live.rankings import Bar, Leaderboard

BAR_STEP = 26
TITLE_HEIGHT = 30
LONGEST_BAR = 1.25  # the full width in units of the longest bar: its number stands beside it


def draw_leaderboards(
    boards: tuple[Leaderboard, ...], metric: str, note: str, shown: Callable[[], Sequence[Leaderboard]]
) -> None:
    """One ranking a dimension; a click on a value filters the page by it, or lets it go.

    `shown` tells, when they are downloaded, what they show by then.
    """
    silent = [plain(board.title.lower()) for board in boards if not board.tells]
    hint = f"Nothing is recorded for {', '.join(silent)}." if silent else ""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        head = f"**{plain(metric)}, broken down** :small[:gray[{note}. Click a bar to filter. {hint}]]"
        st.markdown(head, width="content")
        downloads.button("breakdowns", "breakdowns_csv", lambda: downloads.leaderboard_lines(shown()))
    with st.grid(3, min_column_width=270, gap="xsmall", border=True):
        for board in (b for b in boards if b.tells):
            if board.reason:
                states.cannot_tell(f"{board.title}: {board.reason}")
            else:
                # A new key after each click: the chart forgets its selection, and the filters alone say what is picked.
                key = f"board_{board.dimension}_{state.once('boards')}"
                draw_ranking(board, key, _picked(board.dimension, key))


def _picked(dimension: str, key: str) -> Callable[[], None]:
    def pick() -> None:
        chosen = [point.get("key") for point in st.session_state[key].selection.get("pick", [])]
        if chosen and chosen[0]:
            value = None if chosen[0] == MISSING else chosen[0]
            state.set_filters(toggled(state.filters(), dimension, value))
            state.next_turn("boards")
        st.rerun()

    return pick


def draw_ranking(board: Leaderboard, key: str, on_pick: Callable[[], None] | None = None) -> None:
    """Bars of the largest values with their numbers; a click on one calls `on_pick`."""
    picks: dict[str, Any] = {"on_select": on_pick, "selection_mode": "pick"} if on_pick else {}
    st.vega_lite_chart(
        _table(board), _ranking_spec(palette(), board.title, on_pick is not None), key=key, alt=board.alt,
        height=BAR_STEP * max(len(board.bars), 1) + TITLE_HEIGHT, theme=None, **picks,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _table(board: Leaderboard) -> pa.Table:
    has_pick = any(b.is_picked for b in board.bars)
    largest = max((abs(b.value) for b in board.bars if not b.is_rest), default=0.0) or 1.0
    return pa.table(
        {
            "label": [b.label for b in board.bars],
            "key": [b.key for b in board.bars],
            "share": [0.0 if b.is_rest else b.value / largest for b in board.bars],
            "shown": [b.shown for b in board.bars],
            "exact": [b.exact for b in board.bars],
            "state": [_state(b, has_pick) for b in board.bars],
        }
    )


def _state(bar: Bar, has_pick: bool) -> str:
    if bar.is_picked:
        return "picked"
    return "quiet" if bar.is_rest or has_pick else "plain"


@lru_cache(maxsize=128)
def _ranking_spec(colours: Palette, title: str, is_clickable: bool) -> charts.Spec:
    x = {"field": "share", "type": "quantitative", "axis": None, "scale": {"domain": [0, LONGEST_BAR]}}
    y = {"field": "label", "type": "nominal", "sort": None, "axis": None, "scale": {"paddingInner": 0.16}}
    shade = {
        "condition": [
            {"test": "datum.state == 'picked'", "value": colours.picked},
            {"test": "datum.state == 'quiet'", "value": colours.grid},
        ],
        "value": colours.soft,
    }
    cursor = "pointer" if is_clickable else "default"
    tooltip = [{"field": "label", "title": "Value"}, {"field": "exact", "title": "Number"}]
    text = {"type": "text", "baseline": "middle", "fontSize": 12.5, "color": colours.text}
    pick = {"name": "pick", "select": {"type": "point", "fields": ["key"]}, "views": ["bars"]}
    return {
        "params": [pick] if is_clickable else [],
        "layer": [
            {
                "name": "bars",
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "cursor": cursor, "minBandSize": 2},
                "encoding": {"y": y, "x": x, "color": shade, "tooltip": tooltip},
            },
            {
                "mark": {**text, "align": "left", "x": 6, "limit": 220},
                "encoding": {"y": y, "text": {"field": "label"}},
            },
            {
                "mark": {**text, "align": "right", "x": "width", "dx": -4, "fontWeight": 600},
                "encoding": {"y": y, "text": {"field": "shown"}},
            },
        ],
        "title": {"text": title, "anchor": "start", "fontSize": 13, "color": colours.text, "offset": 8},
        "config": charts.config(colours),
        "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0},
        **charts.FRAME,
    }  # fmt: skip
