"""How do the numbers run, and of what are they made, in the hexagons that were picked?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data.errors import BadInput
from data.model import Metric, Pack
from data.types import Filter, MetricQuery, Scope
from services import metrics
from services.live.boards import leaderboards_of
from services.live.choices import Choice
from services.live.questions import TOP
from services.live.rankings import Leaderboard, leaderboard
from services.live.series import Series, series
from services.maps.hexes import text_of


@dataclass(frozen=True, slots=True)
class Place:
    """One number, its course and its breakdowns."""

    shown: str
    series: Series | None
    leaderboards: tuple[Leaderboard, ...]
    reason: str = ""


def hexagons_filter(picked: Sequence[str]) -> Filter:
    """Rows in any of these hexagons, which are of one size. Raises BadInput for other words."""
    from h3 import get_resolution

    from data.engine.hexagons import read_index

    known = [text for text in picked if read_index(text) is not None]
    sizes = {get_resolution(text) for text in known}
    if len(known) < len(picked) or len(sizes) != 1:
        raise BadInput(f"Field `hex`: found {', '.join(picked)}; expected H3 indexes of one size.")
    return Filter(f"cell:{sizes.pop()}", "in", tuple(picked))


def place_in(
    scope: Scope, pack: Pack, metric: Metric, choice: Choice, inside: Sequence[Filter], now: datetime
) -> Place:
    """The numbers of a metric where these filters say, over the range and filters of the page."""
    where = (*choice.where, *inside)
    asked, dimensions = (metric.qualified,), leaderboards_of(pack, metric)
    queries = [
        MetricQuery(asked, choice.range, where=where),
        MetricQuery(asked, choice.range, grain=choice.grain, where=where),
        *(MetricQuery(asked, choice.range, by=(d.name,), where=where, top=TOP) for d in dimensions),
    ]
    total, course, *rest = metrics.answer(scope, queries, now)
    if metric.qualified in total.cannot_tell:
        return Place("", None, (), total.cannot_tell[metric.qualified])
    boards = tuple(leaderboard(metric, d, found, choice.where) for d, found in zip(dimensions, rest, strict=True))
    value = total.rows[0].get(metric.qualified) if total.rows else None
    return Place(text_of(metric, value), series(metric, choice, course), boards)
