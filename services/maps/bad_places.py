"""Which rows have a place that cannot be right, or none, and how are they found again?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.bad_places import flags_of_missing
from data.model import Dataset, Pack
from data.types import Filter, MetricQuery, Scope
from services import metrics
from services.formats import plural
from services.maps.boundaries import boxes
from services.maps.choices import Box, MapChoice
from services.maps.hexes import counting, placed_dataset

_NEAR_ZERO = 0.01  # degrees: the centre of a cell is up to 10 m beside the point itself
_FLAGS = {
    "place_zero": "at 0, 0", "place_swapped": "with latitude and longitude exchanged",
    "place_outside": "outside of the area", "place_unreadable": "unreadable",
}  # fmt: skip
MISSING = Filter("cell:0", "in", (None,))


@dataclass(frozen=True, slots=True)
class BadPlaces:
    """Rows of one kind: how many, what is wrong with their places, and the filter that finds them."""

    kind: str
    rows: int
    said: str
    where: Filter


def bad_places(scope: Scope, pack: Pack, choice: MapChoice, metric_name: str, now: datetime) -> tuple[BadPlaces, ...]:
    """The rows of the range and filters whose place is 0, 0, has latitude and longitude exchanged, lies outside of the
    workspace's area, or is missing; each row is of one kind, kinds without rows are left out.

    The workspace's area is the box around its boundaries, else around all but the outermost of its rows.
    """
    metric = next(m for m in pack.metrics if m.qualified == metric_name)
    dataset = placed_dataset(pack, metric)
    rows = counting(pack, dataset, metric) if dataset else None
    if dataset is None or rows is None:
        return ()
    area = area_of_workspace(scope, dataset)
    kinds = {"missing": ("have no place, or one that could not be read", MISSING)} | (_kinds(area) if area else {})
    queries = [
        MetricQuery((rows.qualified,), choice.range, where=(*choice.where, where)) for _, where in kinds.values()
    ]
    found = []
    for (kind, (said, where)), answer in zip(kinds.items(), metrics.answer(scope, queries, now), strict=True):
        count = int(answer.rows[0][rows.qualified] or 0) if answer.rows else 0
        if count and kind == "missing":
            said += _flagged(scope, dataset, metric.at or dataset.time, choice)
        if count:
            found.append(BadPlaces(kind, count, said, where))
    return tuple(found)


def _flagged(scope: Scope, dataset: Dataset, at: str, choice: MapChoice) -> str:
    """Why rows came to have no place, as far as their import noted it."""
    from data.engine.shapes import predicates_of

    counts = flags_of_missing(scope, dataset, at, choice.range, predicates_of(choice.where))
    noted = [f"{counts[flag]} {words}" for flag, words in _FLAGS.items() if counts.get(flag)]
    return f" (when they came in: {', '.join(noted)})" if noted else ""


def sentence(found: tuple[BadPlaces, ...]) -> str:
    """`12 rows have a place that needs a look`."""
    return f"{plural(sum(one.rows for one in found), 'row')} with a place that needs a look"


def area_of_workspace(scope: Scope, dataset: Dataset) -> Box | None:
    """The box in which rows are to be expected; None without boundaries and places."""
    from data.maps import extent_of

    known = boxes(scope)
    if known:
        west, south, east, north = zip(*known, strict=True)
        return min(west), min(south), max(east), max(north)
    extent = extent_of(scope, dataset, 1)
    return extent.box if extent else None


def _kinds(area: Box) -> dict[str, tuple[str, Filter]]:
    """Kinds that do not overlap: what is inside of the area is never bad."""
    import shapely

    own, zero = shapely.box(*area), shapely.box(-_NEAR_ZERO, -_NEAR_ZERO, _NEAR_ZERO, _NEAR_ZERO)
    west, south, east, north = area
    whole = shapely.box(-180, -90, 180, 90)
    swapped = shapely.box(south, west, north, east).intersection(whole)
    kinds = {
        "zero": ("lie at 0, 0", zero.difference(own)),
        "swapped": (
            "lie where latitude and longitude exchanged would be inside the workspace's area",
            swapped.difference(shapely.union_all([own, zero])),
        ),
        "outside": (
            f"lie outside of the workspace's area ({_degrees(area)})",
            whole.difference(shapely.union_all([own, zero, swapped])),
        ),
    }
    return {kind: (said, _inside(shape)) for kind, (said, shape) in kinds.items() if shape.area > 0}


def _inside(shape: Any) -> Filter:
    import shapely

    parts = [part for part in shapely.get_parts([shape]) if part.geom_type == "Polygon"]
    return Filter("place", "inside", (json.dumps(json.loads(shapely.to_geojson(shapely.union_all(parts)))),))


def _degrees(area: Box) -> str:
    west, south, east, north = area
    return f"{south:.2f} to {north:.2f} north, {west:.2f} to {east:.2f} east".replace("-", "−")
