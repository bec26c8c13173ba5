"""What are the hot and cold spots of a file, as one object to print?"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput
from data.types import CannotTell
from services.spatial.areas import Areas, in_degrees, is_projected, names, numbers
from services.spatial.autocorrelation import geary, moran
from services.spatial.cells import Cells
from services.spatial.earth import chord, in_space
from services.spatial.hotspots import hotspots
from services.spatial.weights import RULES, Weights, contiguity, nearest, parse_rule, rings, within

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """How hot spots are to be found."""

    rule: str = ""  # queen for areas and ring:1 for cells when left out
    star: bool = True
    alpha: float = 0.05
    permutations: int = 999
    seed: int = 0
    planar: bool = False  # distances in the plane of the file's own coordinates, whatever they are


def hotspots_of_areas(areas: Areas, column: str, name: str, wanted: Wanted) -> dict[str, Any]:
    """Hot spots of a column of areas; areas without a value stay in the rows with nulls and are no neighbours."""
    values, ids = numbers(areas, column), names(areas, name)
    weights = weights_of_areas(areas, wanted)
    return _described(ids, values, weights, wanted)


def hotspots_of_cells(found: Cells, wanted: Wanted) -> dict[str, Any]:
    """Hot spots of H3 cells."""
    return _described(found.names, found.values, weights_of_cells(found.cells, wanted), wanted)


def weights_of_areas(areas: Areas, wanted: Wanted) -> Weights:
    """Neighbours among areas by the rule that is wanted, queen when none is.

    Distances are between centroids: great-circle where coordinates are degrees, else in the plane and unit of the file.
    """
    import shapely

    kind, amount = parse_rule(wanted.rule or "queen")
    if kind in ("queen", "rook"):
        return contiguity(areas.geometries, rook=kind == "rook")
    if kind == "ring":
        raise BadInput("Found the rule `ring`, which is for cells; expected queen, rook, knn:K or distance:METRES.")
    if wanted.planar or is_projected(areas):
        middles = shapely.get_coordinates(shapely.centroid(areas.geometries))
        return nearest(middles, int(amount)) if kind == "knn" else within(middles, amount)
    middles = shapely.get_coordinates(shapely.centroid(in_degrees(areas).geometries))
    return _on_earth(middles[:, 1], middles[:, 0], kind, amount)


def weights_of_cells(cells: NDArray[np.uint64], wanted: Wanted) -> Weights:
    """Neighbours among cells by the rule that is wanted; hexagons that touch always share a side."""
    from h3.api.basic_int import cell_to_latlng

    kind, amount = parse_rule(wanted.rule or "ring:1")
    if kind in ("queen", "rook", "ring"):
        return rings(cells, int(amount) or 1)
    lat, lon = np.array([cell_to_latlng(cell) for cell in cells.tolist()]).T
    return _on_earth(lat, lon, kind, amount)


def _on_earth(lat: Floats, lon: Floats, kind: str, amount: float) -> Weights:
    if kind not in ("knn", "distance"):
        raise BadInput(f"No rule for neighbours: `{kind}`. Expected {RULES}.")
    space = in_space(lat, lon)
    return nearest(space, int(amount)) if kind == "knn" else within(space, chord(amount), f"distance:{amount:g}")


def _described(ids: list[Any], values: Floats, weights: Weights, wanted: Wanted) -> dict[str, Any]:
    known = ~np.isnan(values)
    kept, x = weights.only(known), values[known]
    spots = hotspots(kept, x, star=wanted.star, alpha=wanted.alpha, permutations=wanted.permutations, seed=wanted.seed)
    overall = moran(kept, x, permutations=wanted.permutations, seed=wanted.seed)
    alike = geary(kept, x)
    for found in (spots, overall, alike):
        if isinstance(found, CannotTell):
            raise BadInput(found.reason)
    assert not isinstance(spots, CannotTell) and not isinstance(overall, CannotTell)
    assert not isinstance(alike, CannotTell)
    at = np.cumsum(known) - 1
    rows = []
    for number, (name, value) in enumerate(zip(ids, values.tolist(), strict=True)):
        row = {"id": name, "value": plain(value), "g_star_z": None, "p": None, "q": None, "kind": None}
        if known[number]:
            n = at[number]
            row |= {"g_star_z": plain(spots.z[n]), "p": plain(spots.p[n]), "q": plain(spots.q[n])}
            row |= {"kind": spots.kind[n]}
            if spots.p_sim is not None:
                row["p_sim"] = plain(spots.p_sim[n])
        rows.append(row)
    return {
        "moran": {"I": overall.I, "z": overall.z, "p": overall.p, "p_sim": overall.p_sim,
                  "expected": overall.expected, "z_normal": overall.z_normal, "z_sim": overall.z_sim},
        "geary": {"C": alike.C, "z": alike.z, "p": alike.p},
        "weights": {"rule": kept.rule, "places": kept.size, "pairs": int(kept.others.size), "islands": kept.islands,
                    "without_value": int((~known).sum())},
        "method": {"statistic": "Gi*" if wanted.star else "Gi", "alpha": wanted.alpha,
                   "permutations": wanted.permutations, "seed": wanted.seed},
        "kinds": dict(Counter(spots.kind)),
        "rows": rows,
    }  # fmt: skip


def plain(value: float) -> float | None:
    """A number for JSON, null where there is none; whole numbers without a fraction."""
    number = float(value)
    if math.isnan(number) or math.isinf(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
