"""Where are numbers high or low together, more than chance would put them there, and on other grids too?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from data.model import Dataset, Metric
from data.types import CannotTell, MetricQuery, Scope
from services import metrics
from services.formats import grouped
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import ADDED_UP, HexMap, text_of
from services.spatial import earth
from services.spatial.gridproof import GridProof, grid_proof
from services.spatial.hotspots import hotspots
from services.spatial.weights import rings

LEVELS = (0.01, 0.05)
KINDS = ("hot", "hot", "not significant", "cold", "cold")
_FINER = 2
_FINEST = 12


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One hexagon: z of Gi*, q over all hexagons, a grade (0 and 1 hot, 2 neither, 3 and 4 cold) and its proof."""

    index: str
    z: float
    q: float
    grade: int
    shown: str
    proof: str = ""

    @property
    def kind(self) -> str:
        """The grade in words."""
        return KINDS[self.grade]


@dataclass(frozen=True, slots=True)
class HotspotMap:
    """The findings of a map, or the reason why nothing can be told."""

    metric: Metric
    hexagons: tuple[Hotspot, ...]
    note: str
    reason: str = ""


def hotspot_map(scope: Scope, dataset: Dataset, shown: HexMap, choice: MapChoice, now: datetime) -> HotspotMap:
    """Gi* (Getis and Ord) of each hexagon with its six neighbours and itself, binary weights, q by Benjamini-Hochberg.

    Of what adds up (counts, sums, people) every hexagon that ever had rows takes part, with 0 where there is none now;
    of averages and shares only those with a number. Counts and sums are proved on twelve other grids.
    """
    nothing = HotspotMap(shown.metric, (), "")
    values = {h.index: h.value for h in shown.hexagons}
    if shown.metric.shape in ADDED_UP:
        values = dict.fromkeys(_everywhere(scope, dataset, shown, shown.resolution, choice.area), 0.0) | values
    indexes = list(values)
    cells = np.asarray([int(index, 16) for index in indexes], np.int64)
    numbers = np.asarray(list(values.values()), np.float64)
    found = hotspots(rings(cells), numbers) if indexes else CannotTell("No hexagon has a number.")
    if isinstance(found, CannotTell):
        return replace(nothing, reason=found.reason)
    proof = _proof(scope, dataset, shown, choice, cells, now)
    made = tuple(
        _hotspot(shown.metric, index, float(numbers[i]), float(found.z[i]), float(found.q[i]), proof, i)
        for i, index in enumerate(indexes)
        if not np.isnan(found.z[i])
    )
    hot, cold = sum(h.grade < 2 for h in made), sum(h.grade > 2 for h in made)
    said = f"{grouped(hot)} hot and {grouped(cold)} cold of {grouped(len(made))} hexagons"
    return HotspotMap(shown.metric, made, f"{said}, at a false discovery rate of 5 %")


def _everywhere(scope: Scope, dataset: Dataset, shown: HexMap, resolution: int, area: str) -> list[str]:
    from data.maps import hexagons_in

    return hexagons_in(scope, dataset, shown.box, resolution, area)


def _proof(
    scope: Scope, dataset: Dataset, shown: HexMap, choice: MapChoice, cells: np.ndarray, now: datetime
) -> GridProof | None:
    """Gi* on other grids, from finer hexagons; None for what does not add up over places."""
    from h3.api.basic_int import average_hexagon_area

    from data.engine.hexagons import centres

    if shown.metric.shape not in ("count", "sum"):
        return None
    finer = min(shown.resolution + _FINER, _FINEST)
    cell, name = f"cell:{finer}", shown.metric.qualified
    query = MetricQuery((name,), choice.range, by=(cell,), where=(*choice.where, *place_filter(choice, shown.box)))
    rows = [row for row in metrics.answer(scope, [query], now)[0].rows if row[cell] is not None and row[name]]
    study = _everywhere(scope, dataset, shown, finer, choice.area)
    groups = ([row[cell] for row in rows], [format(number, "x") for number in cells.tolist()], study)
    west, south, east, north = shown.box
    middle = ((south + north) / 2, (west + east) / 2)
    flat = [earth.flat(*centres([int(index, 16) for index in group]), middle) for group in groups]
    numbers = np.asarray([float(row[name]) for row in rows])
    found = grid_proof(flat[0], numbers, flat[1], average_hexagon_area(shown.resolution, unit="m^2"), study=flat[2])
    return found if isinstance(found, GridProof) else None


def grade_of(z: float, q: float) -> int:
    """0 and 1 hot, 2 neither, 3 and 4 cold; 0 and 4 by the smaller of LEVELS."""
    strong, some = LEVELS
    return 2 if q > some else (0 if q <= strong else 1) if z > 0 else (4 if q <= strong else 3)


def _hotspot(
    metric: Metric, index: str, value: float, z: float, q: float, proof: GridProof | None, place: int
) -> Hotspot:
    grade = grade_of(z, q)
    said = proof.says(place, KINDS[grade]) if proof and grade != 2 else ""
    return Hotspot(index, z, q, grade, text_of(metric, value), said)
