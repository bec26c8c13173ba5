"""What does each hexagon of a map show, and what could not be shown?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from data.model import Dataset, Metric, Pack
from data.types import Filter, MetricQuery, MetricResult, Scope
from services import metrics
from services.formats import moment, number, plural
from services.live.boards import datasets_of, leaderboards_of
from services.live.choices import MISSING
from services.maps.choices import EARTH, Box, MapChoice, place_filter

MOST_HEXAGONS = 3000
LISTED = 50
_FINEST = 11
_MAP_PX, _LEAST_PX = (660, 620), 7.0
_M_A_DEGREE = 111_320.0
ADDED_UP = ("count", "sum", "distinct")
AREAS = ("district", "municipality", "zone", "area", "ward", "borough")
"""What dimensions that name areas are called."""


@dataclass(frozen=True, slots=True)
class Hexagon:
    """One hexagon: its H3 index in hexadecimal, the number, the number as text, and how many rows are behind it."""

    index: str
    value: float
    shown: str
    rows: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What part of the rows the map shows: those in it, those elsewhere and those without a place."""

    shown: int
    elsewhere: int
    unplaced: int

    @property
    def total(self) -> int:
        """All rows of the range and filters."""
        return self.shown + self.elsewhere + self.unplaced

    def sentence(self) -> str:
        """`8 120 of 9 000 rows are in view. 700 lie elsewhere, 180 have no place.`"""
        if not self.total:
            return "No rows in this range."
        if self.shown == self.total:
            return f"All {plural(self.total, 'row')} are in view."
        rest = [
            f"{plural(n, 'row')} {one if n == 1 else many}"
            for n, one, many in (
                (self.elsewhere, "lies elsewhere", "lie elsewhere"), (self.unplaced, "has no place", "have no place"),
            )
            if n
        ]  # fmt: skip
        said = f"{number(self.shown, 'integer')} of {plural(self.total, 'row')} are in view"
        return f"{said}; {' and '.join(rest)}."

    def inside(self) -> str:
        """`8 120 of 9 000 rows, 90.2 %`: how many of all rows lie in the area that is asked for."""
        share = f", {number(self.shown / self.total, 'percent')}" if self.total else ""
        return f"{number(self.shown, 'integer')} of {plural(self.total, 'row')}{share}"


@dataclass(frozen=True, slots=True)
class HexMap:
    """A map of hexagons, largest number first; `reason` says why there is none."""

    metric: Metric
    resolution: int
    box: Box
    hexagons: tuple[Hexagon, ...]
    coverage: Coverage
    as_of: str
    elapsed_ms: float
    reason: str = ""
    as_of_at: datetime | None = None

    def text(self, value: float) -> str:
        """A number of this metric as people read it."""
        return text_of(self.metric, value)


def text_of(metric: Metric, value: float | None) -> str:
    """A number of a metric as people read it."""
    return number(value, metric.format, metric.unit, metric.decimals)


def placed_dataset(pack: Pack, metric: Metric) -> Dataset | None:
    """The dataset whose places a map of the metric shows; None when its rows have none."""
    sources = datasets_of(pack, metric)
    return sources[0] if sources and all(d.place for d in sources) else None


def mappable(pack: Pack, known: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics that have an answer for a hexagon: all whose rows have a place, but those by exposure."""
    found = (m for m in known if m.shape not in ("rate", "pace"))
    return tuple(m for m in found if placed_dataset(pack, m) is not None)


def counting(pack: Pack, dataset: Dataset, metric: Metric) -> Metric | None:
    """The metric that counts the rows a map is about: all of the dataset, by the metric's own time if there is one."""
    mine = [
        m for m in pack.metrics
        if m.shape == "count" and not m.where and m.dataset in (dataset.name, dataset.qualified)
    ]  # fmt: skip
    same = [m for m in mine if (m.at or dataset.time) == (metric.at or dataset.time)]
    return next(iter(same or mine), None)


def hex_map(
    scope: Scope, pack: Pack, metric: Metric, choice: MapChoice, now: datetime, most: int = MOST_HEXAGONS
) -> HexMap:
    """The numbers of a metric by hexagon, in the part of the earth that is looked at.

    Without a size of its own hexagons are as fine as `most` of them allow and eyes can tell apart. Raises BadInput for
    an impossible area.
    """
    from data.maps import extent_of

    dataset = placed_dataset(pack, metric)
    rows = counting(pack, dataset, metric) if dataset else None
    nowhere = HexMap(metric, 0, choice.box or EARTH, (), Coverage(0, 0, 0), "", 0.0)
    if dataset is None or rows is None:
        return replace(nowhere, reason=f"{metric.title} is about rows without a place.")
    extent = extent_of(scope, dataset, most, choice.box)
    if extent is None:
        return replace(nowhere, reason=f"No row of {dataset.title.lower()} has a place here.")
    finest = min(extent.resolution, finest_seen(extent.box))
    resolution = finest if choice.resolution is None else choice.resolution
    asked = tuple(dict.fromkeys((metric.qualified, rows.qualified)))
    inside, cell = place_filter(choice, extent.box), f"cell:{resolution}"
    queries = [
        MetricQuery(asked, choice.range, by=(cell,), where=(*choice.where, *inside)),
        MetricQuery((rows.qualified,), choice.range, where=choice.where),
        MetricQuery((rows.qualified,), choice.range, where=(*choice.where, Filter("cell:0", "in", (None,)))),
    ]
    by_cell, everywhere, unplaced = metrics.answer(scope, queries, now)
    if metric.qualified in by_cell.cannot_tell:
        return replace(nowhere, reason=by_cell.cannot_tell[metric.qualified])
    hexagons = _hexagons(metric, rows, by_cell, cell)
    seen = sum(int(row[rows.qualified]) for row in by_cell.rows)
    missing = total_of(unplaced, rows)
    coverage = Coverage(seen, total_of(everywhere, rows) - seen - missing, missing)
    as_of = f"Data as of {moment(by_cell.as_of, scope.workspace.timezone, now)}" if by_cell.as_of else "No data yet"
    return HexMap(
        metric, resolution, extent.box, hexagons, coverage, as_of, by_cell.elapsed_ms,
        "" if hexagons else "No row of this range lies here.", by_cell.as_of,
    )  # fmt: skip


def finest_seen(box: Box) -> int:
    """The finest hexagons of which each is at least seven pixels wide where the box fills a map beside its table."""
    from h3 import average_hexagon_edge_length

    west, south, east, north = box
    wide_m = (east - west) * _M_A_DEGREE * math.cos(math.radians((south + north) / 2))
    pixel_m = max(wide_m / _MAP_PX[0], (north - south) * _M_A_DEGREE / _MAP_PX[1])
    fitting = (
        size for size in range(_FINEST, -1, -1)
        if math.sqrt(3) * average_hexagon_edge_length(size, unit="m") >= _LEAST_PX * pixel_m
    )  # fmt: skip
    return next(fitting, 0)


def _hexagons(metric: Metric, rows: Metric, found: MetricResult, cell: str) -> tuple[Hexagon, ...]:
    """The hexagons with a number, the largest first; one without any says nothing and is left out."""
    name, counted = metric.qualified, rows.qualified
    known = [row for row in found.rows if row[cell] is not None and row[name] is not None]
    texts = {value: text_of(metric, value) for value in {row[name] for row in known}}
    made = (Hexagon(row[cell], float(row[name]), texts[row[name]], int(row[counted])) for row in known)
    return tuple(sorted(made, key=lambda h: (-h.value, h.index)))


def total_of(found: MetricResult, rows: Metric) -> int:
    """The number of rows that a question without a breakdown found."""
    return int(found.rows[0][rows.qualified] or 0) if found.rows else 0


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the table beside the map."""

    hexagon: Hexagon
    where: str


def listed(shown: HexMap, districts: dict[str, str], most: int = LISTED) -> list[Listed]:
    """The hexagons with the largest numbers, each with the district that most of its rows name."""
    return [Listed(h, districts.get(h.index, MISSING if districts else "")) for h in shown.hexagons[:most]]


def district_of(pack: Pack, metric: Metric) -> str | None:
    """The dimension that names districts: one called so, else None."""
    names = {d.name for d in leaderboards_of(pack, metric)}
    return next((n for n in AREAS if n in names), None)
