"""How long do the statistics of places take, beside esda and scikit-learn on the same numbers?

`python -m bench.spatial` prints one JSON line a figure, in seconds of the wall clock and of the processor; each is
measured after one run that compiles or loads what is compiled.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from services.spatial.clustering import Clustering, Parameters, cluster
from services.spatial.hotspots import Hotspots, hotspots
from services.spatial.scan import Scanned, Scanning, scan
from services.spatial.weights import Weights, from_pairs

_CITY = (41.6, 42.0, -87.9, -87.5)


def main() -> None:
    """Measure all; the targets are those the page needs to feel immediate."""
    warnings.simplefilter("ignore")
    _gi_star()
    _dbscan()
    _scan()


def _timed(name: str, target_s: float | None, work: Callable[[], Any]) -> Any:
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    found = {"name": name, "wall_s": round(time.perf_counter() - wall, 3),
             "processor_s": round(time.process_time() - processor, 3)}  # fmt: skip
    print(json.dumps(found | ({"target_s": target_s} if target_s else {})), flush=True)
    return result


def _hexagons(side: int) -> Weights:
    """Cells of a rhombus, each beside the six around it."""
    row, column = np.divmod(np.arange(side * side), side)
    rows, others = [], []
    for down, right in ((0, 1), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1)):
        there = (row + down >= 0) & (row + down < side) & (column + right >= 0) & (column + right < side)
        rows.append(np.flatnonzero(there))
        others.append(((row + down) * side + column + right)[there])
    return from_pairs(side * side, np.concatenate(rows), np.concatenate(others), "ring:1")


def _gi_star() -> None:
    from esda import G_Local
    from libpysal.weights import W

    many, some = _hexagons(142), _hexagons(71)
    rng = np.random.default_rng(1)
    values, fewer = rng.gamma(1.0, size=many.size), rng.gamma(1.0, size=some.size)
    hotspots(some, fewer, permutations=9)
    ours = _timed(f"Gi* of {many.size:,} cells", 0.5, lambda: hotspots(many, values))
    drawn = _timed(
        f"Gi* of {some.size:,} cells, 999 permutations", 1.0, lambda: hotspots(some, fewer, permutations=999)
    )
    theirs_many, theirs_some = (
        W({i: w.others[w.starts[i] : w.starts[i + 1]].tolist() for i in range(w.size)}, silence_warnings=True)
        for w in (many, some)
    )
    peer = _timed(
        f"esda: Gi* of {many.size:,} cells", None,
        lambda: G_Local(values, theirs_many, transform="B", star=True, permutations=0),
    )  # fmt: skip
    assert isinstance(ours, Hotspots) and np.abs(ours.z - peer.Zs).max() < 1e-6
    G_Local(fewer[:100], _peer_of(_hexagons(10)), transform="B", star=True, permutations=9, n_jobs=1)
    peer = _timed(
        f"esda: Gi* of {some.size:,} cells, 999 permutations", None,
        lambda: G_Local(fewer, theirs_some, transform="B", star=True, permutations=999, n_jobs=1),
    )  # fmt: skip
    assert isinstance(drawn, Hotspots) and drawn.p_sim is not None
    # both are estimates: five standard errors of their difference, and the resolution of 999 draws
    error = 5 * np.sqrt(2 * peer.p_sim * (1 - peer.p_sim) / 999) + 0.002
    assert (np.abs(np.minimum(drawn.p_sim / 2, 0.5) - np.minimum(peer.p_sim, 0.5)) <= error).mean() > 0.999


def _peer_of(weights: Weights) -> Any:
    from libpysal.weights import W

    rows = {i: weights.others[weights.starts[i] : weights.starts[i + 1]].tolist() for i in range(weights.size)}
    return W(rows, silence_warnings=True)


def _city(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of the points around 200 corners, half anywhere."""
    rng = np.random.default_rng(2)
    corner = rng.integers(0, 200, count // 2)
    lat, lon = rng.uniform(*_CITY[:2], 200), rng.uniform(*_CITY[2:], 200)
    return (
        np.concatenate([lat[corner] + rng.normal(0, 0.002, corner.size), rng.uniform(*_CITY[:2], count - corner.size)]),
        np.concatenate([lon[corner] + rng.normal(0, 0.002, corner.size), rng.uniform(*_CITY[2:], count - corner.size)]),
    )


def _dbscan() -> None:
    from sklearn.cluster import DBSCAN

    from services.spatial.earth import RADIUS_M

    lat, lon = _city(100_000)
    cluster(lat[:1000], lon[:1000], Parameters("dbscan", 150.0, 20))
    ours = _timed("DBSCAN of 100,000 points, 150 m", 2.0, lambda: cluster(lat, lon, Parameters("dbscan", 150.0, 20)))
    model = DBSCAN(eps=150 / RADIUS_M, min_samples=20, metric="haversine", algorithm="ball_tree")
    radians = np.radians(np.stack([lat, lon], axis=1))
    peer = _timed("scikit-learn: the same with metric haversine", None, lambda: model.fit(radians))
    assert isinstance(ours, Clustering) and ours.count == peer.labels_.max() + 1
    assert np.array_equal(ours.labels < 0, peer.labels_ < 0)
    _timed("HDBSCAN of 20,000 points", None, lambda: cluster(lat[:20_000], lon[:20_000], Parameters("hdbscan", 0, 50)))


def _scan() -> None:
    rng = np.random.default_rng(3)
    places, events = 240, 20_000
    lat, lon = rng.uniform(*_CITY[:2], places), rng.uniform(*_CITY[2:], places)
    place, day = rng.integers(0, places, events), rng.integers(0, 90, events)
    wanted = Scanning(14, radius_m=6000.0)
    scan(lat, lon, place[:500], day[:500], Scanning(14, radius_m=6000.0, replicas=9))
    found = _timed("space-time scan, 999 replicas", 5.0, lambda: scan(lat, lon, place, day, wanted))
    assert isinstance(found, Scanned)
    print(json.dumps({"name": "cylinders of that scan", "count": found.cylinders, "events": events}))


if __name__ == "__main__":
    main()
