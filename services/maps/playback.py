"""How does a map move through time, in frames that all have the same colours?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from data.model import Metric
from data.types import MetricQuery, Scope
from services import metrics
from services.maps.areas import rings_of
from services.maps.choices import Box, MapChoice, place_filter
from services.maps.colours import Scale, sequential
from services.maps.hexes import ADDED_UP, HexMap
from services.maps.labels import Label
from services.maps.layout import mercator, ruler
from services.maps.pictures import plain_number, titled
from services.maps.steps import frames_of

_UNITS = 10_000  # the width of the box in the film's own units
_WHOLE = 4  # digits that are kept of numbers that are not whole


@dataclass(frozen=True, slots=True)
class Film:
    """Hexagons and their numbers at each step: `values[step][cell]`, None where there is none.

    A step goes from its edge to the next one.
    `scale` is that of all steps, `scale_until` that of the sums up to each step; only counts and sums have one.
    """

    metric: Metric
    box: Box
    cells: tuple[str, ...]
    titles: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    scale: Scale
    scale_until: Scale | None
    step_title: str
    reason: str = ""
    edges: tuple[datetime, ...] = ()


def film(scope: Scope, shown: HexMap, choice: MapChoice, is_dark: bool, now: datetime) -> Film:
    """The frames of what has passed of the range, at most 56, from one question by hexagon and grain."""
    metric, timezone = shown.metric, scope.workspace.timezone
    is_summed = metric.shape in ("count", "sum")
    steps = frames_of(choice.range, timezone, now, is_summed)
    cell, name = f"cell:{shown.resolution}", metric.qualified
    where = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((name,), steps.range, grain=steps.grain, by=(cell,), where=where)
    found: dict[str, list[float | None]] = {}
    for row in metrics.answer(scope, [query], now)[0].rows:
        if row[cell] is None or row[name] is None or (metric.shape in ADDED_UP and not row[name]):
            continue
        course = found.setdefault(row[cell], [None] * steps.count)
        step = steps.of_bucket[row["bucket"]]
        course[step] = (course[step] or 0.0) + float(row[name])
    titles = tuple(steps.said(step, timezone) for step in range(steps.count))
    every = [value for course in found.values() for value in course if value is not None]
    sums = [value for course in found.values() for value in running(course) if value is not None] if is_summed else []
    made = Film(
        metric, shown.box, tuple(found), titles, tuple(zip(*found.values(), strict=True)),
        _scale(metric, every, choice.scale, is_dark), _scale(metric, sums, choice.scale, is_dark) if sums else None,
        steps.title, edges=steps.edges,
    )  # fmt: skip
    return made if found else replace(made, reason="No row of this range lies here.")


def running(course: Sequence[float | None]) -> list[float | None]:
    """The sum up to each step; None before the first number."""
    found: list[float | None] = []
    total: float | None = None
    for value in course:
        total = total if value is None else (total or 0.0) + value
        found.append(total)
    return found


def _scale(metric: Metric, values: Sequence[float], how: str, is_dark: bool) -> Scale:
    return sequential(values, how, is_dark, lambda n: plain_number(metric, n), metric.format == "integer")


def reel(shown: Film, labels: Sequence[Label], border: str = "") -> dict[str, Any]:
    """The film as the browser draws it, under the border (GeoJSON) of a selected area: outlines in units of a
    ten-thousandth of the box's width, from its top left."""
    project = _projector(shown.box)
    bar = ruler(shown.box)
    legend = [_legend(scale) for scale in (shown.scale, shown.scale_until) if scale]
    return {
        "title": titled(shown.metric), "step": shown.step_title, "titles": shown.titles,
        "height": project(shown.box[0], shown.box[1])[1], "outlines": _outlines(shown.cells, project),
        "values": [[_short(value) for value in frame] for frame in shown.values], "legends": legend,
        "names": [[*project(label.lon, label.lat), label.name] for label in labels],
        "border": [[part for lon, lat in ring for part in project(lon, lat)] for ring in rings_of(border)],
        "ruler": [*project(bar.west, bar.lat), project(bar.east, bar.lat)[0], bar.text],
    }  # fmt: skip


def _short(value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(f"{value:.{_WHOLE}g}")


def _legend(scale: Scale) -> dict[str, Any]:
    return {
        "lows": [_short(step.low) for step in scale.steps[1:]],
        "colours": [list(step.colour) for step in scale.steps],
        "texts": [step.text for step in scale.steps],
    }


def _projector(box: Box) -> Any:
    """From degrees to units of the film (Web Mercator)."""
    west, _, east, north = box
    scale = _UNITS / ((east - west) / 360)
    top = mercator(north)

    def project(lon: float, lat: float) -> tuple[int, int]:
        return round((lon - west) / 360 * scale), round((top - mercator(lat)) * scale)

    return project


def _outlines(cells: Sequence[str], project: Any) -> list[list[int]]:
    from h3 import cell_to_boundary

    return [[part for lat, lon in cell_to_boundary(cell) for part in project(lon, lat)] for cell in cells]
