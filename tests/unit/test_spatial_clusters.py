"""Are clusters those of scikit-learn's haversine, described rightly, and is their stability told apart?"""

from __future__ import annotations

import numpy as np
import pytest

from data.types import CannotTell
from services.spatial import clustering
from services.spatial.clustering import Clustering, Parameters, cluster, stability, suggest
from services.spatial.clusters import describe
from services.spatial.earth import RADIUS_M, arc, chord, flat, in_space, middle_of, unflat


def haversine(a: tuple[float, float], b: tuple[float, float]) -> float:
    up, along = np.radians(b[0] - a[0]), np.radians(b[1] - a[1])
    h = np.sin(up / 2) ** 2 + np.cos(np.radians(a[0])) * np.cos(np.radians(b[0])) * np.sin(along / 2) ** 2
    return float(2 * RADIUS_M * np.arcsin(np.sqrt(h)))


@pytest.fixture(scope="module")
def town() -> tuple[np.ndarray, np.ndarray]:
    """Three clusters of 300, 200 and 100 points and 400 points anywhere within 11 km."""
    rng = np.random.default_rng(7)
    lat = [rng.normal(59.93, 0.001, 300), rng.normal(59.96, 0.001, 200), rng.normal(59.90, 0.001, 100)]
    lon = [rng.normal(10.70, 0.002, 300), rng.normal(10.80, 0.002, 200), rng.normal(10.75, 0.002, 100)]
    return (
        np.concatenate([*lat, rng.uniform(59.88, 59.98, 400)]),
        np.concatenate([*lon, rng.uniform(10.6, 10.9, 400)]),
    )


def test_distances_in_space_are_great_circle_distances() -> None:
    a, b = (41.8, -87.6), (-33.9, 151.2)
    lat, lon = np.array([a[0], b[0]]), np.array([a[1], b[1]])
    straight = np.linalg.norm(np.diff(in_space(lat, lon), axis=0))
    assert arc(np.array([straight]))[0] == pytest.approx(haversine(a, b), rel=1e-9)
    assert chord(haversine(a, b)) == pytest.approx(straight, rel=1e-9)


def test_the_plane_is_true_in_the_middle_and_within_its_bound_elsewhere(town: tuple[np.ndarray, np.ndarray]) -> None:
    lat, lon = town
    middle = middle_of(lat, lon)
    plane = flat(lat, lon)
    assert np.hypot(*plane[0]) == pytest.approx(haversine(middle, (lat[0], lon[0])), rel=1e-9)
    apart, true = np.hypot(*(plane[0] - plane[900])), haversine((lat[0], lon[0]), (lat[900], lon[900]))
    bound = (np.hypot(plane[:, 0], plane[:, 1]).max() / RADIUS_M) ** 2 / 6
    assert 0 <= apart / true - 1 <= bound + 1e-12
    back = unflat(plane, middle)
    assert np.abs(back[0] - lat).max() < 1e-9 and np.abs(back[1] - lon).max() < 1e-9


@pytest.mark.parametrize("shift", [0.0, 169.25])  # the second puts the date line through the town
def test_dbscan_is_scikit_learns_with_haversine(town: tuple[np.ndarray, np.ndarray], shift: float) -> None:
    from sklearn.cluster import DBSCAN

    lat, lon = town[0], (town[1] + shift + 180) % 360 - 180
    found = cluster(lat, lon, Parameters("dbscan", 150.0, 8))
    model = DBSCAN(eps=150 / RADIUS_M, min_samples=8, metric="haversine", algorithm="ball_tree")
    expected = model.fit(np.radians(np.stack([lat, lon], axis=1)))
    assert isinstance(found, Clustering)
    core = expected.core_sample_indices_
    pairs = set(zip(found.labels[core].tolist(), expected.labels_[core].tolist(), strict=True))
    assert len(pairs) == found.count == expected.labels_.max() + 1 >= 3
    assert np.array_equal(found.labels == -1, expected.labels_ == -1)
    assert np.all(np.diff(np.bincount(found.labels[found.labels >= 0])) <= 0)


def test_points_on_one_spot_count_each(town: tuple[np.ndarray, np.ndarray]) -> None:
    lat, lon = np.append(np.repeat(10.0, 12), 11.0), np.append(np.repeat(20.0, 12), 21.0)
    found = cluster(lat, lon, Parameters("dbscan", 1.0, 12))
    assert isinstance(found, Clustering) and found.labels.tolist() == [0] * 12 + [-1]


def test_too_many_pairs_are_met_with_a_fine_grid(
    town: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = cluster(*town, Parameters("dbscan", 150.0, 8))
    monkeypatch.setattr(clustering, "MOST_PAIRS", 100)
    found = cluster(*town, Parameters("dbscan", 150.0, 8))
    assert isinstance(found, Clustering) and isinstance(exact, Clustering)
    assert 0 < found.moved_m < 150 / 20 and (found.labels == exact.labels).mean() > 0.97


def test_parameters_from_the_data_find_the_three_clusters(town: tuple[np.ndarray, np.ndarray]) -> None:
    for method in ("dbscan", "hdbscan"):
        wanted = suggest(*town, method)
        found = cluster(*town, wanted)
        assert isinstance(found, Clustering) and found.count >= 3
        truth = np.repeat([0, 1, 2], [300, 200, 100])
        assert (found.labels[:600] == truth).mean() > 0.9
    assert suggest(*town, "dbscan", 120.0, 9) == Parameters("dbscan", 120.0, 9, ())
    assert suggest(*town, "dbscan").suggested == ("points", "radius_m")


def test_hdbscan_of_many_points_is_fitted_to_some(
    town: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clustering, "MOST_FITTED", 500)
    found = cluster(*town, Parameters("hdbscan", 0.0, 40), seed=1)
    assert isinstance(found, Clustering) and found.fitted == 500 and found.labels.size == 1000
    assert (found.labels[:600] == np.repeat([0, 1, 2], [300, 200, 100])).mean() > 0.85


def test_real_clusters_are_stable_and_those_of_chance_are_not(town: tuple[np.ndarray, np.ndarray]) -> None:
    found = cluster(*town, Parameters("dbscan", 150.0, 12))
    assert isinstance(found, Clustering)
    assert (stability(*town, found, 10, seed=1)[:3] > 0.75).all()
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(0, 0.1, 1000), rng.uniform(0, 0.1, 1000)
    chance = cluster(lat, lon, Parameters("dbscan", 300.0, 7))
    assert isinstance(chance, Clustering) and chance.count >= 3
    assert np.nanmean(stability(lat, lon, chance, 10, seed=1)) < 0.5


def test_a_cluster_is_described_by_hand() -> None:
    """Eleven points in a square of 0.002 degrees at the equator: 222.4 m a side, 0.04946 square kilometres."""
    lat = np.array([0, 0, 0.002, 0.002, 0.001, 0.001, 0.001, 0.001, 0.001, 0.0005, 0.0015, 1.0])
    lon = np.array([0, 0.002, 0, 0.002, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001, 1.0])
    kinds = np.array([*["waste"] * 8, "noise", None, "noise", "noise"], object)
    found = cluster(lat, lon, Parameters("dbscan", 300.0, 5))
    assert isinstance(found, Clustering)
    (one,) = describe(lat, lon, found, None, kinds)
    assert (one.number, one.size, one.category) == (1, 11, "waste")
    assert (one.category_share, one.category_lift) == pytest.approx((8 / 11, 8 / 11 / (8 / 12)))
    assert (one.lat, one.lon) == pytest.approx((0.001, 0.001), abs=1e-9)
    assert one.area_km2 <= 0.04946 and len(one.hull) >= 5 and one.hull[0] == one.hull[-1]
    assert one.radius_m == pytest.approx(55.6, abs=0.01)  # the sixth of eleven: 0.0005 degrees


def test_too_few_points_are_told() -> None:
    assert isinstance(cluster(np.zeros(4), np.zeros(4), Parameters("dbscan", 1.0, 2)), CannotTell)
