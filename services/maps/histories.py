"""How many events had each hexagon on each day of the last years?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from data.engine.buckets import floor
from data.model import Dataset, Metric
from data.types import CannotTell, Filter, MetricQuery, Scope, TimeRange
from services import metrics
from services.maps.choices import Box, MapChoice, place_filter
from services.spatial.risk import History, neighbours_of

MOST_CELLS = 600
_REACH = timedelta(days=3 * 365)
_CHUNK = timedelta(days=90)  # so that no answer has more rows than an answer may have
Counted = dict[date, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Past:
    """A history, the size of its hexagons and the box that they are in."""

    history: History
    resolution: int
    box: Box


def history_of(
    scope: Scope, dataset: Dataset, metric: Metric, where: tuple[Filter, ...], now: datetime,
    step: Callable[[float], None] = lambda _: None,
) -> Past | CannotTell:  # fmt: skip
    """Daily counts of the last three years by hexagon, up to yesterday.

    The days begin with the first that has a row; hexagons are all that ever had one.
    """
    from data.maps import extent_of, hexagons_in

    extent = extent_of(scope, dataset, MOST_CELLS)
    if extent is None:
        return CannotTell("No row has a place.")
    zone, resolution = scope.workspace.timezone, extent.resolution
    until = floor(now, "day", zone)
    inside = place_filter(MapChoice("risk", "", TimeRange(until - _CHUNK, until), (), extent.box, None, ""))
    counted = _counted(scope, metric, resolution, (*where, *inside), until, now, step)
    if not counted:
        return CannotTell("There are no events before today; events of at least 140 days are needed.")
    cells = np.sort(np.asarray([int(i, 16) for i in hexagons_in(scope, dataset, extent.box, resolution)], np.uint64))
    first_on = min(counted)
    last_on = (until - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
    at = {number: row for row, number in enumerate(cells.tolist())}
    counts = np.zeros((cells.size, (last_on - first_on).days + 1), np.int64)
    for day, found in counted.items():
        for number, rows in found.items():
            if number in at:
                counts[at[number], (day - first_on).days] = rows
    return Past(History(cells, counts, first_on, neighbours_of(cells)), resolution, extent.box)


def _counted(
    scope: Scope, metric: Metric, resolution: int, where: tuple[Filter, ...], until: datetime, now: datetime,
    step: Callable[[float], None],
) -> Counted:  # fmt: skip
    """Rows by local day and hexagon."""
    zone, cell, name = scope.workspace.timezone, f"cell:{resolution}", metric.qualified
    backs = (min(k * _CHUNK, _REACH) for k in range(math.ceil(_REACH / _CHUNK), 0, -1))
    starts = [floor(until - back, "day", zone) for back in backs]
    spans = list(pairwise((*starts, until)))
    counted: Counted = {}
    for place, (first, last) in enumerate(spans):
        query = MetricQuery((name,), TimeRange(first, last), grain="day", by=(cell,), where=where)
        for row in metrics.answer(scope, [query], now)[0].rows:
            if row[cell] is not None and row[name]:
                day = datetime.fromisoformat(row["bucket"]).date()
                counted.setdefault(day, {})[int(row[cell], 16)] = int(row[name])
        step((place + 1) / len(spans))
    return counted
