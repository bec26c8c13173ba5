"""What does the Live page show, once its questions are answered?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.model import Metric
from data.types import MetricResult, Workspace
from services.formats import age, moment, span
from services.live.boards import Board, title_of
from services.live.choices import COMPARE_SENTENCES, Choice
from services.live.questions import Questions
from services.live.rankings import Leaderboard, leaderboard
from services.live.series import Series, series
from services.live.tiles import Tile, left_out, tile
from services.metrics import Freshness


@dataclass(frozen=True, slots=True)
class Arrival:
    """How old the newest data is against how old it usually is; `is_late` when it is older."""

    text: str
    is_late: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything the live part of the page draws. `is_empty` says that the range holds no rows at all."""

    tiles: tuple[Tile, ...]
    compared_with: str
    series: Series | None
    series_reason: str
    leaderboards: tuple[Leaderboard, ...]
    as_of: str
    range_text: str
    is_empty: bool


def view(
    board: Board, choice: Choice, asked: Questions, results: Sequence[MetricResult], workspace: Workspace, now: datetime
) -> View:
    """The view from the answers, which come in the order of `asked.queries`."""
    rest = list(results)
    totals, courses = (rest.pop(0), rest.pop(0)) if asked.shown else (None, None)
    main = rest.pop(0) if rest else None
    filtered = tuple(title_of(board, f.dimension).lower() for f in choice.where)
    tiles = _tiles(asked, totals, courses, filtered)
    boards = tuple(leaderboard(asked.main, d, r, choice.where) for d, r in zip(asked.dimensions, rest, strict=True))
    as_of = max((r.as_of for r in results if r.as_of), default=None)
    reason = "" if main else f"{asked.main.title} cannot be filtered by {' and '.join(filtered)}."
    return View(
        tuple(tiles[m] for m in board.metrics() if m in tiles),
        COMPARE_SENTENCES[choice.compare] if choice.compare else "",
        series(asked.main, choice, main) if main else None,
        reason,
        boards,
        f"Data as of {moment(as_of, workspace.timezone, now)}" if as_of else "No data yet",
        span(choice.range.from_at, choice.range.to_at, workspace.timezone),
        _is_empty(asked, totals),
    )


def _tiles(
    asked: Questions, totals: MetricResult | None, courses: MetricResult | None, filtered: tuple[str, ...]
) -> dict[Metric, Tile]:
    total: dict[str, Any] = totals.rows[0] if totals and totals.rows else {}
    course = courses.rows if courses else []
    cannot = totals.cannot_tell if totals else {}
    found = {m: tile(m, total, course, cannot) for m in asked.shown}
    return found | {m: left_out(m, filtered) for m in asked.left_out}


def _is_empty(asked: Questions, totals: MetricResult | None) -> bool:
    """Whether the range holds no row at all; a metric of its own may well have nothing to say while there are rows."""
    row = totals.rows[0] if totals and totals.rows else {}
    counted = [row.get(m.qualified) for m in asked.counts]
    return bool(row and counted) and not any(counted)


def arrival(known: Sequence[Freshness], timezone: str, now: datetime) -> Arrival | None:
    """How fresh the data is, by the dataset whose newest row is newest; None when there are no rows at all."""
    dated = [f for f in known if f.newest_at is not None]
    if not dated:
        return None
    newest = max(dated, key=lambda f: f.newest_at or now)
    assert newest.newest_at is not None
    seconds = (now - newest.newest_at).total_seconds()
    is_late = seconds > newest.usual_delay_s
    usual = age(newest.usual_delay_s)
    when = moment(newest.newest_at, timezone, now)
    arrived = f" The last rows were received {moment(newest.received_at, timezone, now)}." if newest.received_at else ""
    return Arrival(
        f"Newest row {age(seconds)} old",
        is_late,
        f"The newest row is of {when}; usually it is at most {usual} old.{arrived}",
    )
