"""How large, where and of what kind is each cluster of points?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.spatial.clustering import Clustering
from services.spatial.earth import arc, flat, in_space, middle_of, unflat

Floats = NDArray[np.float64]
_AROUND_M = 10.0  # drawn around points that span no area


@dataclass(frozen=True)
class Cluster:
    """One cluster, in degrees, metres and square kilometres."""

    number: int  # from 1, the largest first
    size: int
    lat: float  # of its middle
    lon: float
    radius_m: float  # from the middle, within which half of its points lie
    area_km2: float
    hull: list[list[float]]  # closed ring of (longitude, latitude), counter-clockwise
    category: str | None  # the most frequent one
    category_share: float | None  # of the cluster's points
    category_lift: float | None  # that share, divided by the category's share of all points
    stability: float | None


def describe(
    lat: Floats, lon: Floats, found: Clustering, stable: Floats | None, categories: NDArray[np.object_] | None
) -> list[Cluster]:
    """All clusters, the largest first. Hulls are concave (ratio 0.3 of the longest edge), drawn in metres."""
    order = np.argsort(found.labels, kind="stable")
    edges = np.searchsorted(found.labels[order], np.arange(found.count + 1))
    overall = _shares(categories) if categories is not None else {}
    clusters = []
    for number in range(found.count):
        members = order[edges[number] : edges[number + 1]]
        middle = middle_of(lat[members], lon[members])
        away = np.linalg.norm(
            in_space(lat[members], lon[members]) - in_space(np.array([middle[0]]), np.array([middle[1]])), axis=1
        )
        ring, area = _hull(lat[members], lon[members], middle)
        category, share, lift = _dominant(categories[members], overall) if categories is not None else (None,) * 3
        known = stable is not None and not np.isnan(stable[number])
        clusters.append(
            Cluster(
                number + 1, int(members.size), middle[0], middle[1], float(np.median(arc(away))), area, ring,
                category, share, lift, float(stable[number]) if stable is not None and known else None,
            )
        )  # fmt: skip
    return clusters


def _hull(lat: Floats, lon: Floats, middle: tuple[float, float]) -> tuple[list[list[float]], float]:
    import shapely

    shape: Any = shapely.concave_hull(shapely.multipoints(flat(lat, lon, middle)), ratio=0.3)
    if shape.geom_type != "Polygon" or shape.area < 1:
        shape = shape.buffer(_AROUND_M, quad_segs=2)
    ring = shapely.get_coordinates(shapely.orient_polygons(shape).exterior)
    up, along = unflat(ring, middle)
    return np.round(np.stack([along, up], axis=1), 6).tolist(), float(shape.area / 1e6)


def _shares(categories: NDArray[np.object_]) -> dict[str, float]:
    names, counts = np.unique(categories[categories != np.array(None)].astype(str), return_counts=True)
    return dict(zip(names.tolist(), (counts / max(categories.size, 1)).tolist(), strict=True))


def _dominant(
    categories: NDArray[np.object_], overall: dict[str, float]
) -> tuple[str | None, float | None, float | None]:
    shares = _shares(categories)
    if not shares:
        return None, None, None
    name = max(sorted(shares), key=shares.__getitem__)
    return name, shares[name], shares[name] / overall[name]
