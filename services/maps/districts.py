"""What is the number of each district, how high is its rate, and which districts stand out together?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.boundaries import Boundaries
from data.model import Exposure, Metric, Pack
from data.types import CannotTell, Filter, MetricQuery, Scope
from services import metrics
from services.formats import moment, number, plural
from services.live.boards import leaderboards_of
from services.maps.choices import MapChoice
from services.maps.hexes import ADDED_UP, Coverage, counting, placed_dataset, total_of
from services.maps.hotspots import grade_of
from services.spatial.hotspots import hotspots
from services.spatial.rates import smooth
from services.spatial.weights import contiguity

PER = 1000
"""Of what is exposed, for a rate: per 1,000 people."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class District:
    """One area: its number (None: nothing to tell), rows, and where an exposure is known the rate and the smoothed rate
    per 1,000; of hotspots z, q and a grade (0 and 1 hot, 2 neither, 3 and 4 cold)."""

    key: str
    value: float | None
    rows: int
    exposure: float | None = None
    rate: float | None = None
    smoothed: float | None = None
    z: float | None = None
    q: float | None = None
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """The areas of a set in its order. `dimension` is by which rows belong to areas, empty: by place. `without_rows`
    are areas that no row names, `without_area` names of rows (with their number) that no area has."""

    metric: Metric
    districts: tuple[District, ...]
    dimension: str
    dimension_title: str
    without_rows: tuple[str, ...]
    without_area: tuple[tuple[str, int], ...]
    coverage: Coverage
    as_of: str
    exposure_title: str = ""
    note: str = ""
    reason: str = ""
    as_of_at: datetime | None = None


def district_map(
    scope: Scope, pack: Pack, metric: Metric, choice: MapChoice, found: Boundaries, now: datetime
) -> DistrictMap:
    """The numbers of a metric by area.

    By name: rows are of the area whose key is, letter by letter, their value of a dimension; taken when it names at
    least half of the areas, or when asked for. By place: rows are of the area that holds the centre of their cell, the
    first of them where areas overlap. Every metric is asked by area, so averages and shares are those of its rows.
    """
    dataset = placed_dataset(pack, metric)
    rows = counting(pack, dataset, metric) if dataset else None
    nothing = DistrictMap(metric, (), "", "", (), (), Coverage(0, 0, 0), "")
    if dataset is None or rows is None:
        return replace(nothing, reason=f"{metric.title} is about rows without a place.")
    dimension, title = _dimension(scope, pack, metric, rows, choice, found, now)
    if choice.rows_by == "name" and not dimension:
        return replace(nothing, reason="No breakdown of these rows names any of the areas.")
    from data.engine.zones import known_as

    split = dimension or known_as(found.about.fingerprint, found.keys, found.exact)
    asked = tuple(dict.fromkeys((metric.qualified, rows.qualified)))
    where = (*choice.where, *_selected(choice))
    queries = [
        MetricQuery(asked, choice.range, by=(split,), where=where),
        MetricQuery((rows.qualified,), choice.range, where=choice.where),
        MetricQuery((rows.qualified,), choice.range, where=(*choice.where, Filter("cell:0", "in", (None,)))),
    ]
    by_area, everywhere, unplaced = metrics.answer(scope, queries, now)
    if metric.qualified in by_area.cannot_tell:
        return replace(nothing, reason=by_area.cannot_tell[metric.qualified])
    lines = {row[split]: row for row in by_area.rows}
    made = tuple(_district(key, lines.get(key), metric, rows) for key in found.keys)
    total, seen = total_of(everywhere, rows), sum(one.rows for one in made)
    missing = total_of(unplaced, rows) if not dimension else int((lines.get(None) or {}).get(rows.qualified) or 0)
    known = set(found.keys)
    strange = sorted(
        ((key, int(row[rows.qualified] or 0)) for key, row in lines.items() if key is not None and key not in known),
        key=lambda pair: -pair[1],
    )
    as_of = f"Data as of {moment(by_area.as_of, scope.workspace.timezone, now)}" if by_area.as_of else "No data yet"
    shown = DistrictMap(
        metric, made, dimension, title, tuple(one.key for one in made if not one.rows), tuple(strange),
        Coverage(seen, max(total - seen - missing, 0), missing), as_of, as_of_at=by_area.as_of,
    )  # fmt: skip
    return _with_spots(_with_rates(shown, pack, choice, found), choice, found)


def _selected(choice: MapChoice) -> tuple[Filter, ...]:
    return (Filter("place", "inside", (choice.area,)),) if choice.area else ()


def _dimension(
    scope: Scope, pack: Pack, metric: Metric, rows: Metric, choice: MapChoice, found: Boundaries, now: datetime
) -> tuple[str, str]:
    """The dimension whose values name most areas, and its title; empty for rows by place."""
    known = leaderboards_of(pack, metric)
    if choice.rows_by == "place" or not known:
        return "", ""
    asked = [MetricQuery((rows.qualified,), choice.range, by=(d.name,)) for d in known]
    answers = metrics.answer(scope, asked, now)
    keys = set(found.keys)
    named = [len(keys & {row[d.name] for row in result.rows}) for d, result in zip(known, answers, strict=True)]
    best = max(range(len(known)), key=lambda i: named[i])
    enough = named[best] * 2 >= len(keys) or (choice.rows_by == "name" and named[best] > 0)
    return (known[best].name, known[best].title) if enough else ("", "")


def _district(key: str, row: Mapping[str, Any] | None, metric: Metric, rows: Metric) -> District:
    nothing = 0.0 if metric.shape in ADDED_UP else None
    value = (row or {}).get(metric.qualified)
    return District(key, nothing if value is None else float(value), int((row or {}).get(rows.qualified) or 0))


def exposures_of(pack: Pack, found: Boundaries) -> dict[str, str]:
    """What rates can be by: the columns of numbers of the boundaries, and exposures of the pack that name its areas."""
    columns = {column: column.replace("_", " ") for column in found.about.amounts}
    keys = set(found.keys)
    fitting = [e for e in pack.exposures if keys & {value for value, _ in e.amounts}]
    return {f"pack:{e.name}": f"{e.title} ({e.unit})" for e in fitting} | columns


def amounts_of(pack: Pack, found: Boundaries, exposure: str) -> tuple[float | None, ...] | None:
    """The exposure of each area; None when there is no such exposure."""
    if exposure.startswith("pack:"):
        mine: Exposure | None = next((e for e in pack.exposures if f"pack:{e.name}" == exposure), None)
        amounts = dict(mine.amounts) if mine else {}
        return tuple(amounts.get(key) for key in found.keys) if amounts else None
    return found.amounts.get(exposure)


def _with_rates(shown: DistrictMap, pack: Pack, choice: MapChoice, found: Boundaries) -> DistrictMap:
    """Rates and smoothed rates (spatial.rates.smooth) where an exposure is chosen and the metric counts rows."""
    amounts = amounts_of(pack, found, choice.exposure) if choice.exposure else None
    if amounts is None:
        return shown
    if shown.metric.shape != "count":
        return replace(shown, note="Rates are of counts only.")
    title = exposures_of(pack, found).get(choice.exposure, choice.exposure)
    exposed = np.asarray([a or 0.0 for a in amounts], np.float64)
    events = np.asarray([d.value or 0.0 for d in shown.districts], np.float64)
    rates = smooth(np.where(exposed > 0, events, 0.0), exposed)
    if isinstance(rates, CannotTell):
        return replace(shown, exposure_title=title, note=rates.reason)
    made = tuple(
        replace(
            one, exposure=amounts[i], rate=_or_none(rates.raw[i] * PER),
            smoothed=_or_none(rates.smoothed[i] * PER) if exposed[i] > 0 else None,
        )
        for i, one in enumerate(shown.districts)
    )  # fmt: skip
    lacking = int((exposed <= 0).sum())
    note = f"{plural(lacking, 'area')} {'has' if lacking == 1 else 'have'} no {title.lower()}" if lacking else ""
    return replace(shown, districts=made, exposure_title=title, note=note)


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _with_spots(shown: DistrictMap, choice: MapChoice, found: Boundaries) -> DistrictMap:
    """Gi* of each area with those that touch it (queen contiguity) and itself, binary weights, q by Benjamini-Hochberg.

    Of smoothed rates where there are some, as numbers follow the size of areas; else of the numbers.
    """
    if choice.show != "hotspots" or shown.reason:
        return shown
    import shapely

    has_rates = any(one.smoothed is not None for one in shown.districts)
    numbers = [one.smoothed if has_rates else one.value for one in shown.districts]
    known = np.asarray([value is not None for value in numbers])
    weights = contiguity(shapely.from_geojson(np.asarray(found.exact, object))).only(known)
    values: Floats = np.asarray([value for value in numbers if value is not None], np.float64)
    spots = hotspots(weights, values) if values.size else CannotTell("No area has a number.")
    if isinstance(spots, CannotTell):
        return replace(shown, reason=spots.reason)
    at = np.cumsum(known) - 1
    made = tuple(
        _spotted(one, float(spots.z[at[i]]), float(spots.q[at[i]])) if known[i] else one
        for i, one in enumerate(shown.districts)
    )
    what = "smoothed rates" if has_rates else "numbers, which follow the size of areas"
    said = f"{sum(d.grade in (0, 1) for d in made)} hot and {sum(d.grade in (3, 4) for d in made)} cold, by {what}"
    return replace(shown, districts=made, note="; ".join(filter(None, (said, shown.note))))


def _spotted(one: District, z: float, q: float) -> District:
    if np.isnan(z):
        return one
    return replace(one, z=z, q=q, grade=grade_of(z, q))


def sentence(shown: DistrictMap) -> str:
    """What belongs to the areas and what does not, on both sides."""
    seen, count = shown.coverage, plural(len(shown.districts), "area")
    if not seen.total:
        return "No rows in this range."
    if not shown.dimension:
        parts = [
            f"{number(seen.shown, 'integer')} of {plural(seen.total, 'row')} lie in one of {count}",
            f"{plural(seen.elsewhere, 'row')} elsewhere" if seen.elsewhere else "",
            f"{number(seen.unplaced, 'integer')} without a place" if seen.unplaced else "",
        ]
        empty = f" No row lies in {_some(shown.without_rows)}." if shown.without_rows else ""
        return f"{', '.join(filter(None, parts))}.{empty}"
    title = shown.dimension_title.lower()
    said = f"{number(seen.shown, 'integer')} of {plural(seen.total, 'row')} name one of {count} as their {title}."
    if shown.without_area:
        names = _some([f"{name} ({number(rows, 'integer')})" for name, rows in shown.without_area])
        said += f" No area is called {names}."
    if seen.unplaced:
        said += f" {plural(seen.unplaced, 'row')} {'names' if seen.unplaced == 1 else 'name'} none."
    return f"{said} No row names {_some(shown.without_rows)}." if shown.without_rows else said


def _some(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    listed = ", ".join(names[:most])
    return f"{listed} and {rest} more" if rest > 0 else listed
