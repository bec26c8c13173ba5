"""Which hot and cold spots are new, growing, lasting, fading or over?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset, Metric
from data.types import CannotTell, MetricQuery, Scope
from services import metrics
from services.formats import number
from services.maps.choices import MapChoice, place_filter
from services.maps.colours import emerging_colours
from services.maps.hexes import ADDED_UP, HexMap, text_of
from services.maps.pictures import Painted, Picture, Swatch, probability
from services.maps.steps import Steps, even_steps
from services.spatial.emerging import CLASSES, NONE, Emerging, emerging
from services.spatial.weights import rings

KINDS = (*(f"{kind} hot" for kind in CLASSES), NONE, *(f"{kind} cold" for kind in CLASSES))
LEVEL = 0.05
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Trend:
    """One hexagon: its class, the Mann-Kendall trend of its Gi* with p, in how many steps it was hot or cold."""

    index: str
    kind: str
    trend_z: float
    trend_p: float
    steps_hot: int
    steps_cold: int
    value: float

    @property
    def way(self) -> str:
        """Where it goes, in a word; only a trend that is more than chance is one."""
        if not self.trend_p <= LEVEL:
            return "steady"
        return "rising" if self.trend_z > 0 else "falling"


@dataclass(frozen=True, slots=True)
class TrendMap:
    """The classes of a map, or the reason why there are none."""

    metric: Metric
    hexagons: tuple[Trend, ...]
    steps: Steps | None
    reason: str = ""


def trend_map(scope: Scope, dataset: Dataset, shown: HexMap, choice: MapChoice, now: datetime) -> TrendMap:
    """The emerging class of each hexagon (see spatial.emerging), of what adds up: counts, sums, people.

    The range is cut into at least ten steps that are over; every hexagon that ever had rows takes part, with 0 where
    there was none in a step. One question by hexagon and grain.
    """
    nothing, metric = TrendMap(shown.metric, (), None), shown.metric
    if metric.shape not in ADDED_UP:
        return replace(nothing, reason="Emerging hotspots are of counts, sums and people; choose such a metric.")
    steps = even_steps(choice.range, scope.workspace.timezone, now, metric.shape != "distinct")
    if steps is None:
        return replace(nothing, reason="Too short a range: at least ten steps have to be over. Choose a longer one.")
    indexes, series = course(scope, dataset, shown, choice, steps, now)
    if not indexes:
        return replace(nothing, reason="No hexagon has a number.")
    found = emerging(rings(np.asarray([int(index, 16) for index in indexes], np.int64)), series, alpha=LEVEL)
    if isinstance(found, CannotTell):
        return replace(nothing, reason=found.reason)
    values = {h.index: h.value for h in shown.hexagons}
    made = tuple(_trend(found, place, index, values.get(index, 0.0)) for place, index in enumerate(indexes))
    return TrendMap(metric, made, steps)


def course(
    scope: Scope, dataset: Dataset, shown: HexMap, choice: MapChoice, steps: Steps, now: datetime
) -> tuple[list[str], NDArray[np.float64]]:
    """The hexagons of the view that ever had rows, and the metric in each at each step, 0 where there was none."""
    from data.maps import hexagons_in

    cell, name = f"cell:{shown.resolution}", shown.metric.qualified
    where = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((name,), steps.range, grain=steps.grain, by=(cell,), where=where)
    rows = [row for row in metrics.answer(scope, [query], now)[0].rows if row[cell] is not None]
    known = hexagons_in(scope, dataset, shown.box, shown.resolution, choice.area)
    at = {index: place for place, index in enumerate(dict.fromkeys((*known, *(row[cell] for row in rows))))}
    series = np.zeros((len(at), steps.count))
    for row in rows:
        step = steps.of_bucket.get(row["bucket"])
        if step is not None:
            series[at[row[cell]], step] += float(row[name] or 0)
    return list(at), series


def _trend(found: Emerging, place: int, index: str, value: float) -> Trend:
    sure = found.q[place] <= LEVEL
    hot, cold = int((sure & (found.z[place] > 0)).sum()), int((sure & (found.z[place] < 0)).sum())
    return Trend(index, found.kind[place], float(found.trend_z[place]), float(found.trend_p[place]), hot, cold, value)


def trend_picture(found: TrendMap, where: dict[str, str], is_dark: bool) -> Picture:
    """One colour a class; the legend has those that are on the map, hot ones first."""
    assert found.steps is not None, "a map without a reason has steps"
    colours, steps = emerging_colours(is_dark), found.steps
    there = {t.kind for t in found.hexagons} | {NONE}
    kinds = [kind for kind in KINDS if kind in there]
    swatches = tuple(Swatch(colours[kind], _titled(kind)) for kind in kinds)
    cells = tuple(Painted(t.index, kinds.index(t.kind), _tip(found.metric, t, steps.count)) for t in found.hexagons)
    told = sorted((t for t in found.hexagons if t.kind != NONE), key=lambda t: (KINDS.index(t.kind), -t.value))
    lines = tuple(
        (
            t.index, where.get(t.index, ""), _titled(t.kind), t.way, probability(t.trend_p),
            f"{t.steps_cold if 'cold' in t.kind else t.steps_hot} of {steps.count}", text_of(found.metric, t.value),
        )
        for t in told[:_LISTED]
    )  # fmt: skip
    columns = ("Where", "Class", "Trend", "p", "Steps", found.metric.title)
    share = f"{number(len(told), 'integer')} of {number(len(cells), 'integer')} hexagons have a class"
    one = "one " if steps.each == 1 else ""
    note = f"{share}; {steps.count} steps of {one}{steps.title} each"
    facts = {t.index: (t.kind, t.trend_z, t.trend_p, t.steps_hot, t.steps_cold) for t in found.hexagons}
    return Picture(
        f"Emerging hotspots of {found.metric.title.lower()}", swatches, cells, note, columns, lines,
        ("class", "trend_z", "trend_p", "steps_hot", "steps_cold"), len(told), facts,
    )  # fmt: skip


def _titled(kind: str) -> str:
    return "No class" if kind == NONE else kind.capitalize()


def _tip(metric: Metric, found: Trend, steps: int) -> str:
    said = f"{_titled(found.kind)}, {found.way}\nHot in {found.steps_hot}, cold in {found.steps_cold} of {steps} steps"
    return f"{said}\n{metric.title}: {text_of(metric, found.value)}"
