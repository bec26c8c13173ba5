"""Where exactly are the rows, and in what state are they; and which part of them is shown?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from data.model import Dataset, Metric, Pack
from data.types import MetricQuery, Scope
from services import metrics
from services.formats import number, plural, share
from services.live.boards import dimensions_of
from services.live.choices import MISSING
from services.maps.choices import MapChoice, place_filter
from services.maps.colours import categorical
from services.maps.hexes import HexMap, counting
from services.maps.pictures import Swatch

MOST_POINTS = 8_000
MOST_GROUPS = 150
_FINEST = 12
_MOST_CELLS = 150_000  # that are asked for at once; of more the next larger cells are
_STATES = ("status", "state")
_SHOWN_STATES = 6
_SAID_STATES = 4
_REST = "Others"
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """The rows of one cell: how many in all, and of each swatch."""

    index: str
    lat: float
    lon: float
    rows: int
    shares: tuple[tuple[int, int], ...]  # (swatch, rows), the most first
    tip: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn, what its colours mean, and what part of everything it is; `places` and `rows` are all in view."""

    title: str
    swatches: tuple[Swatch, ...]
    marks: tuple[Mark, ...]
    note: str
    lines: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]
    reason: str = ""
    places: int = 0
    rows: int = 0


def points(
    scope: Scope, pack: Pack, dataset: Dataset, shown: HexMap, choice: MapChoice, where: dict[str, str],
    is_dark: bool, now: datetime,
) -> Marks:  # fmt: skip
    """The finest cells with their rows. Of more than 8,000 so many are drawn by lot, the same ones at each look."""
    from data.maps import extent_of

    extent = extent_of(scope, dataset, _MOST_CELLS, shown.box)
    size = _FINEST if extent is None or extent.cells <= _MOST_CELLS else extent.resolution
    found = _counted(scope, pack, dataset, shown, choice, size, now)
    kept = drawn_by_lot(found, MOST_POINTS)
    note = shown_part(len(kept), len(found), sum(map(_total, kept.values())), sum(map(_total, found.values())))
    made = _marks(pack, dataset, shown, kept, where, note, is_dark)
    return replace(made, places=len(found), rows=sum(map(_total, found.values())))


def groups(
    scope: Scope, pack: Pack, dataset: Dataset, shown: HexMap, choice: MapChoice, where: dict[str, str],
    is_dark: bool, now: datetime,
) -> Marks:  # fmt: skip
    """All rows, put together by hexagons of which at most 150 are needed, with the states in each."""
    from data.maps import extent_of

    extent = extent_of(scope, dataset, MOST_GROUPS, shown.box)
    size = extent.resolution if extent else shown.resolution
    found = _counted(scope, pack, dataset, shown, choice, size, now)
    rows = sum(map(_total, found.values()))
    note = f"All {plural(rows, 'row')} in view, in {plural(len(found), 'group')}; a ring shows how they divide"
    return replace(_marks(pack, dataset, shown, found, where, note, is_dark), places=len(found), rows=rows)


Counted = dict[str, dict[str, int]]


def _counted(
    scope: Scope, pack: Pack, dataset: Dataset, shown: HexMap, choice: MapChoice, size: int, now: datetime
) -> Counted:
    """Rows by cell and state."""
    metric = counted_metric(pack, dataset, shown.metric)
    state, cell = state_of(pack, metric), f"cell:{size}"
    by = (cell, state) if state else (cell,)
    query = MetricQuery(
        (metric.qualified,), choice.range, by=by, where=(*choice.where, *place_filter(choice, shown.box))
    )
    found: Counted = {}
    for row in metrics.answer(scope, [query], now)[0].rows:
        if row[cell] is not None and row[metric.qualified]:
            name = (row[state] or MISSING) if state else ""
            found.setdefault(row[cell], {})[name] = int(row[metric.qualified])
    return found


def counted_metric(pack: Pack, dataset: Dataset, metric: Metric) -> Metric:
    """The metric itself where it counts rows, else the one that counts the rows it is about."""
    if metric.shape == "count":
        return metric
    found = counting(pack, dataset, metric)
    assert found is not None, "a metric that is mapped has rows that can be counted"
    return found


def state_of(pack: Pack, metric: Metric) -> str | None:
    """The dimension that says in what state a row is; None where there is none."""
    names = {d.name for d in dimensions_of(pack, metric)}
    return next((name for name in _STATES if name in names), None)


def drawn_by_lot(found: Counted, most: int) -> Counted:
    """At most so many of the cells, each as likely as any other; a cell that was drawn is drawn again at every look."""
    if len(found) <= most:
        return found
    numbers = np.asarray([int(index, 16) for index in found], np.uint64)
    lots = _mixed(numbers)
    last = np.partition(lots, most - 1)[most - 1]
    return {index: found[index] for index, lot in zip(found, lots.tolist(), strict=True) if lot <= last}


def _mixed(numbers: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """The numbers, each as if drawn anew (splitmix64, Steele, Lea and Flood 2014); no two become the same."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)), np.uint64)


def shown_part(places: int, all_places: int, rows: int, all_rows: int) -> str:
    """`8,000 of 120,341 places shown, drawn by lot: 24,010 of 2,100,412 rows`."""
    if places == all_places:
        return f"All {plural(all_rows, 'row')} in view are shown, at {plural(places, 'place')}"
    part = f"{number(places, 'integer')} of {plural(all_places, 'place')} shown, drawn by lot"
    return f"{part}: {number(rows, 'integer')} of {plural(all_rows, 'row')}"


def _total(states: dict[str, int]) -> int:
    return sum(states.values())


def _marks(
    pack: Pack, dataset: Dataset, shown: HexMap, found: Counted, where: dict[str, str], note: str, is_dark: bool
) -> Marks:
    from data.engine.hexagons import centres

    metric = counted_metric(pack, dataset, shown.metric)
    names = _largest(found.values())
    colours = categorical(is_dark)
    swatches = tuple(Swatch(colours[i], name or metric.title) for i, name in enumerate(names))
    lat, lon = centres([int(index, 16) for index in found])
    made = [
        Mark(index, round(y, 5), round(x, 5), _total(states), _shares(states, names), _tip(states))
        for (index, states), y, x in zip(found.items(), lat.tolist(), lon.tolist(), strict=True)
    ]
    made.sort(key=lambda mark: (-mark.rows, mark.index))
    lines = tuple(
        (
            mark.index,
            district_of_cell(mark.index, shown, where),
            number(mark.rows, "integer"),
            _said(found[mark.index]),
        )
        for mark in made[:_LISTED]
    )
    reason = "" if made else "No row of this range lies here."
    return Marks(metric.title, swatches, tuple(made), note, lines, ("Where", "Rows", "States"), reason)


def _largest(found: Iterable[dict[str, int]]) -> list[str]:
    """The states with most rows, and one name for all others when there are more."""
    totals: dict[str, int] = {}
    for states in found:
        for name, rows in states.items():
            totals[name] = totals.get(name, 0) + rows
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    return ranked if len(ranked) <= _SHOWN_STATES + 1 else [*ranked[:_SHOWN_STATES], _REST]


def _shares(states: dict[str, int], names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    places = {name: place for place, name in enumerate(names)}
    found: dict[int, int] = {}
    for name, rows in states.items():
        place = places.get(name, len(names) - 1)
        found[place] = found.get(place, 0) + rows
    return tuple(sorted(found.items(), key=lambda part: -part[1]))


def _said(states: dict[str, int]) -> str:
    """`resolved 41 %, assigned 39 %, closed 13 %, open 6 %, 2 more`: what has room in a table."""
    total = _total(states)
    ranked = sorted(states.items(), key=lambda part: (-part[1], part[0]))
    if ranked[0][0] == "":
        return plural(total, "row")
    parts = [f"{name} {share(rows / total)}" for name, rows in ranked[:_SAID_STATES]]
    return ", ".join([*parts, *([f"{len(ranked) - _SAID_STATES} more"] if len(ranked) > _SAID_STATES else [])])


def _tip(states: dict[str, int]) -> str:
    total = _total(states)
    ranked = sorted(states.items(), key=lambda part: (-part[1], part[0]))
    if ranked[0][0] == "":
        return plural(total, "row")
    return "\n".join(f"{name}: {number(rows, 'integer')} ({share(rows / total)})" for name, rows in ranked)


def district_of_cell(index: str, shown: HexMap, where: dict[str, str]) -> str:
    """The district of the hexagon of the map that a cell lies in, or of the one in the middle of a larger cell."""
    from h3 import cell_to_latlng, cell_to_parent, get_resolution, latlng_to_cell

    if get_resolution(index) >= shown.resolution:
        return where.get(cell_to_parent(index, shown.resolution), "")
    return where.get(latlng_to_cell(*cell_to_latlng(index), shown.resolution), "")


def short_number(rows: int) -> str:
    """A number for the middle of a ring: `870`, `1.2k`, `34k`."""
    if rows < 1000:
        return str(rows)
    if rows < 999_500:
        return f"{rows / 1000:.1f}k" if rows < 9_950 else f"{rows / 1000:.0f}k"
    return f"{rows / 1e6:.1f}M"


def ring(mark: Mark, radius_m: float) -> list[tuple[int, list[list[float]]]]:
    """A ring around the mark, divided as its rows are: (swatch, outline in degrees), clockwise from the top."""
    east = 1 / (111_320 * max(math.cos(math.radians(mark.lat)), 0.01))
    north, begin, found = 1 / 110_574, 0.0, []
    for swatch, rows in mark.shares:
        end = begin + rows / mark.rows
        turns = np.linspace(begin, end, max(2, math.ceil((end - begin) * 24) + 1)) * 2 * math.pi
        outer = [[mark.lon + radius_m * east * math.sin(t), mark.lat + radius_m * north * math.cos(t)] for t in turns]
        inner = [
            [mark.lon + 0.55 * radius_m * east * math.sin(t), mark.lat + 0.55 * radius_m * north * math.cos(t)]
            for t in reversed(turns)
        ]
        found.append((swatch, [[round(x, 5), round(y, 5)] for x, y in (*outer, *inner)]))
        begin = end
    return found
