"""Which points lie so close together that they form a cluster?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.earth import arc, chord, flat, in_space

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
MOST_PAIRS = 20_000_000  # neighbours that are held in memory at once: 160 MB
MOST_FITTED = 20_000  # points that HDBSCAN is fitted to: 3 s
_LEAST = 10
_SAMPLE = 5_000


@dataclass(frozen=True)
class Parameters:
    """What makes a cluster: by DBSCAN a radius and points within it, by HDBSCAN the smallest size."""

    method: str  # dbscan or hdbscan
    radius_m: float  # not used by hdbscan
    points: int  # DBSCAN: points within the radius, itself among them; HDBSCAN: of the smallest cluster
    suggested: tuple[str, ...] = ()  # which of them came from the data


@dataclass(frozen=True)
class Clustering:
    """The cluster of each point, numbered from 0 by size, -1 for none; and what was done to be quick."""

    labels: Labels
    parameters: Parameters
    moved_m: float = 0.0  # points were moved at most so far, onto a fine grid
    fitted: int = 0  # points that were fitted; the others have the cluster of the nearest of them

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.labels.max(initial=-1)) + 1


def suggest(lat: Floats, lon: Floats, method: str, radius_m: float = 0.0, points: int = 0, seed: int = 0) -> Parameters:
    """Parameters that are not given, from the data.

    Points: for DBSCAN the logarithm of how many there are, at least 5 (Ester et al. 1996); for HDBSCAN half of their
    square root, at least 5. Radius: where the sorted distances to that many neighbours bend most, the farthest from
    the straight line between their ends (Satopää et al. 2011), among at most 5,000 points drawn by `seed`; but not
    more than the radius within which only one point of a hundred would have so many neighbours were all points spread
    evenly over their convex hull, and at least one metre.
    """
    given = points, radius_m
    if not points:
        points = max(
            5, round(math.sqrt(lat.size) / 2) if method == "hdbscan" else math.ceil(math.log(max(lat.size, 1)))
        )
    if method == "dbscan" and not radius_m:
        radius_m = max(1.0, min(_bend(_distances(lat, lon, points, seed)), _by_chance(lat, lon, points)))
    names = ("points", "radius_m") if method == "dbscan" else ("points",)
    return Parameters(method, radius_m, points, tuple(n for n, v in zip(names, given, strict=False) if not v))


def cluster(lat: Floats, lon: Floats, wanted: Parameters, seed: int = 0) -> Clustering | CannotTell:
    """DBSCAN or HDBSCAN by great-circle distances.

    Both work on positions in space, whose straight distances grow with great-circle ones: DBSCAN's clusters are exactly
    those of the haversine metric. Where more than 20 million pairs of points would lie within the radius, points are
    first moved onto a grid of a twentieth of the radius. HDBSCAN is fitted to at most 20,000 points, drawn by `seed`;
    the others get the cluster of the nearest fitted one.
    """
    if lat.size < max(_LEAST, wanted.points):
        return CannotTell(f"Only {lat.size} points; at least {max(_LEAST, wanted.points)} are needed.")
    return _dbscan(lat, lon, wanted) if wanted.method == "dbscan" else _hdbscan(lat, lon, wanted, seed)


def stability(
    lat: Floats, lon: Floats, found: Clustering, resamples: int, seed: int, step: Callable[[int], None] = lambda _: None
) -> Floats:
    """How surely each cluster comes back, 0 to 1: the mean Jaccard index over subsamples of half of the points.

    Each subsample is clustered with half as many points asked for (at least 3), and each cluster compared with its most
    similar one there, on the points of the subsample (Hennig 2007, whose reading is: below 0.6 not to be trusted, from
    0.75 a stable cluster). NaN for a cluster that was not drawn. `step` is called after each subsample.
    """
    rng = np.random.default_rng(seed)
    half = replace(found.parameters, points=max(3, round(found.parameters.points / 2)))
    total, drawn = np.zeros(found.count), np.zeros(found.count)
    for number in range(resamples):
        chosen = rng.permutation(lat.size)[: lat.size // 2]
        again = cluster(lat[chosen], lon[chosen], half, seed)
        labels = again.labels if isinstance(again, Clustering) else np.full(chosen.size, -1)
        best, there = _similar(found.labels[chosen], labels, found.count)
        total[there] += best[there]
        drawn += there
        step(number + 1)
    mean: Floats = np.divide(total, drawn, out=np.full(found.count, np.nan), where=drawn > 0)
    return mean


def _similar(one: Labels, two: Labels, count: int) -> tuple[Floats, NDArray[np.bool_]]:
    """The largest Jaccard index of each of the first labels' clusters with one of the second's; is it there at all?"""
    others = int(two.max(initial=-1)) + 1
    table = np.zeros((count + 1, others + 1))
    np.add.at(table, (one, two), 1)  # -1 is the last row and the last column
    both = table[:count, :others]
    either = table[:count].sum(axis=1)[:, None] + table[:, :others].sum(axis=0)[None, :] - both
    sizes: Floats = table[:count].sum(axis=1)
    return (both / np.maximum(either, 1)).max(axis=1, initial=0.0), sizes > 0


def _dbscan(lat: Floats, lon: Floats, wanted: Parameters) -> Clustering:
    from sklearn.cluster import DBSCAN

    moved_m = 0.0
    places, at, weights = _distinct(in_space(lat, lon))
    if _pairs(places, chord(wanted.radius_m)) > MOST_PAIRS:
        side = wanted.radius_m / 20
        places, at, weights = _distinct(np.round(in_space(lat, lon) / side) * side)
        moved_m = side * math.sqrt(3) / 2
    # a hair more than the radius, so that points at just this distance are within it
    model = DBSCAN(eps=chord(wanted.radius_m) * (1 + 1e-9), min_samples=wanted.points, algorithm="kd_tree")
    labels = model.fit(places, sample_weight=weights).labels_[at]
    return Clustering(_by_size(labels), wanted, moved_m, lat.size)


def _hdbscan(lat: Floats, lon: Floats, wanted: Parameters, seed: int) -> Clustering:
    from scipy.spatial import KDTree
    from sklearn.cluster import HDBSCAN

    places = in_space(lat, lon)
    drawn = np.arange(lat.size)
    if lat.size > MOST_FITTED:
        drawn = np.sort(np.random.default_rng(seed).permutation(lat.size)[:MOST_FITTED])
    smallest = max(2, round(wanted.points * drawn.size / lat.size))
    model = HDBSCAN(min_cluster_size=smallest, algorithm="kd_tree", copy=True)
    labels = model.fit(places[drawn]).labels_.astype(np.int64)
    if drawn.size < lat.size:
        labels = labels[KDTree(places[drawn]).query(places)[1]]
    return Clustering(_by_size(labels), wanted, 0.0, drawn.size)


def _distinct(places: Floats) -> tuple[Floats, Labels, Floats]:
    """Each place once, which of them each point has, and how many points each holds: addresses repeat."""
    kept, at, counts = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    return kept, at.ravel(), counts.astype(np.float64)


def _pairs(places: Floats, radius: float) -> float:
    """About how many pairs lie within the radius, from at most 500 of the places."""
    from scipy.spatial import KDTree

    some = places[:: max(1, len(places) // 500)]
    return float(KDTree(places).query_ball_point(some, radius, return_length=True).mean()) * len(places)


def _distances(lat: Floats, lon: Floats, points: int, seed: int) -> Floats:
    """Sorted distances in metres to the neighbour that completes the number of points."""
    from scipy.spatial import KDTree

    places = in_space(lat, lon)
    some = places
    if lat.size > _SAMPLE:
        some = places[np.random.default_rng(seed).permutation(lat.size)[:_SAMPLE]]
    straight = KDTree(places).query(some, min(points, lat.size))[0][:, -1]
    return np.sort(arc(straight))


def _bend(ascending: Floats) -> float:
    """The value where an ascending curve lies farthest below the line between its ends, but for its last 1 %."""
    curve = ascending[: max(2, math.ceil(ascending.size * 0.99))]
    if curve[-1] <= curve[0]:
        return float(curve[-1])
    share = (curve - curve[0]) / (curve[-1] - curve[0])
    return float(curve[np.argmax(np.linspace(0, 1, curve.size) - share)])


def _by_chance(lat: Floats, lon: Floats, points: int) -> float:
    """The radius that holds `points` around one point of a hundred, were all spread evenly over their convex hull."""
    import shapely
    from scipy.special import gammaincinv

    area = shapely.convex_hull(shapely.multipoints(flat(lat, lon))).area
    # at least k events of a Poisson distribution are as likely as a gamma variable of shape k below its mean
    others = float(gammaincinv(max(points - 1, 1), 0.01))
    return math.sqrt(others * area / (lat.size * math.pi)) if area else math.inf


def _by_size(labels: NDArray[np.integer]) -> Labels:
    """Labels renumbered from the largest cluster on; of equal ones, that whose first point comes first."""
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    real = found >= 0
    order = found[real][np.lexsort((first[real], -counts[real]))]
    number = np.full(int(labels.max(initial=-1)) + 2, -1, np.int64)
    number[order] = np.arange(order.size)
    renumbered: Labels = number[labels]
    return renumbered
