"""Where are numbers high or low together, more than chance would put them there?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.model import Dataset, Metric
from data.types import CannotTell, Scope
from services.maps.hexes import HexMap, text_of
from services.spatial.hotspots import hotspots
from services.spatial.weights import rings

ADDED_UP = ("count", "sum", "distinct")
LEVELS = (0.01, 0.05)


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One hexagon: z of Gi*, q over all hexagons, and a grade: 0 and 1 hot, 2 neither, 3 and 4 cold."""

    index: str
    z: float
    q: float
    grade: int
    kind: str
    shown: str


@dataclass(frozen=True, slots=True)
class HotspotMap:
    """The findings of a map, or the reason why nothing can be told."""

    metric: Metric
    hexagons: tuple[Hotspot, ...]
    note: str
    reason: str = ""


def hotspot_map(scope: Scope, dataset: Dataset, shown: HexMap) -> HotspotMap:
    """Gi* (Getis and Ord) of each hexagon with its six neighbours and itself, binary weights, q by Benjamini-Hochberg.

    Of what adds up (counts, sums, people) every hexagon that ever had rows takes part, with 0 where there is none now;
    of averages and shares only those with a number.
    """
    nothing = HotspotMap(shown.metric, (), "")
    values = {h.index: h.value for h in shown.hexagons}
    if shown.metric.shape in ADDED_UP:
        values = dict.fromkeys(_everywhere(scope, dataset, shown), 0.0) | values
    indexes = list(values)
    cells = np.asarray([int(index, 16) for index in indexes], np.int64)
    numbers = np.asarray(list(values.values()), np.float64)
    found = hotspots(rings(cells), numbers) if indexes else CannotTell("No hexagon has a number.")
    if isinstance(found, CannotTell):
        return replace(nothing, reason=found.reason)
    made = [
        _hotspot(shown.metric, index, float(value), float(z), float(q))
        for index, value, z, q in zip(indexes, numbers, found.z, found.q, strict=True)
        if not np.isnan(z)
    ]
    hot, cold = sum(h.grade < 2 for h in made), sum(h.grade > 2 for h in made)
    note = f"{hot} hot and {cold} cold of {len(made)} hexagons, at a false discovery rate of 5 %"
    return HotspotMap(shown.metric, tuple(made), note)


def _everywhere(scope: Scope, dataset: Dataset, shown: HexMap) -> list[str]:
    from data.maps import hexagons_in

    return hexagons_in(scope, dataset, shown.box, shown.resolution)


def _hotspot(metric: Metric, index: str, value: float, z: float, q: float) -> Hotspot:
    strong, some = LEVELS
    grade = 2 if q > some else (0 if q <= strong else 1) if z > 0 else (4 if q <= strong else 3)
    kind = ("hot", "hot", "not significant", "cold", "cold")[grade]
    return Hotspot(index, z, q, grade, kind, text_of(metric, value))
