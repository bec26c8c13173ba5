"""Are emerging classes those of their definition, and does a hot spot survive the grids it should?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau, norm

from data.types import CannotTell
from services.spatial.emerging import Emerging, classify, emerging, space_time_z
from services.spatial.gridproof import GridProof, grid_proof, hexagons
from services.spatial.hotspots import z_scores
from services.spatial.trends import mann_kendall
from services.spatial.weights import Weights, from_pairs
from tests.unit.test_spatial_statistics import lattice

H, C, O = 1, -1, 0  # noqa: E741  # hot, cold, neither


@pytest.mark.parametrize(
    ("signs", "trend", "kind"),
    [
        ([O] * 9 + [H], 0, "new hot"),
        ([O] * 7 + [H] * 3, 1, "consecutive hot"),
        ([H] * 10, 1, "intensifying hot"),
        ([O] + [H] * 9, 0, "persistent hot"),
        ([H] * 5 + [O] + [H] * 4, -1, "diminishing hot"),
        ([O, H, O, H, O, O, O, H, O, H], 0, "sporadic hot"),
        ([C, O, O, O, O, O, O, H, H, H], 0, "oscillating hot"),
        ([C] + [O] * 8 + [H], 0, "oscillating hot"),
        ([H] * 9 + [O], 0, "historical hot"),
        ([H] * 8 + [O, O], 0, "none"),
        ([C] * 10, -1, "intensifying cold"),
        ([C] * 10, 1, "diminishing cold"),
        ([O] * 9 + [C], 0, "new cold"),
        ([C] * 9 + [O], 0, "historical cold"),
        ([O] * 10, 1, "none"),
    ],
)
def test_each_class_has_its_course(signs: list[int], trend: int, kind: str) -> None:
    assert classify(np.array(signs), trend) == kind


def test_mann_kendall_by_hand_and_by_scipy() -> None:
    """Gilbert's way on 1, 2, 3, 3, 5: S = 9, variance (5·4·15 - 2·1·9) / 18 = 15.67, z = 8 / 3.958."""
    z, p = mann_kendall(np.array([[1.0, 2, 3, 3, 5], [5.0, 3, 3, 2, 1], [2.0, 2, 2, 2, 2]]))
    assert z == pytest.approx([8 / (282 / 18) ** 0.5, -8 / (282 / 18) ** 0.5, 0]) and p[2] == 1
    series = np.random.default_rng(1).integers(0, 6, (20, 15)).astype(float)
    scores = [sum(np.sign(row[i + 1 :] - row[i]).sum() for i in range(14)) for row in series]
    for row, score, found in zip(series, scores, mann_kendall(series)[0], strict=True):
        if abs(score) > 1:
            # scipy does not correct for continuity: S / spread instead of (S - 1) / spread
            spread = (score - np.sign(score)) / found
            scipys = kendalltau(np.arange(15), row, method="asymptotic").pvalue
            assert 2 * norm.sf(abs(score / spread)) == pytest.approx(scipys, rel=1e-9)
    assert np.isnan(mann_kendall(np.zeros((2, 3)))[0]).all()


def test_space_time_z_is_gi_star_of_the_bins_joined_over_time() -> None:
    weights, steps = lattice(6), 5
    series = np.random.default_rng(2).poisson(3, (36, steps)).astype(float)
    pairs = []
    for step in range(steps):
        for other in (step, step - 1):
            if other < 0:
                continue
            pairs += [(p * steps + step, n * steps + other) for p, n in zip(weights.rows, weights.others, strict=True)]
            pairs += [(p * steps + step, p * steps + other) for p in range(36)]
    rows, others = np.array(pairs).T
    joined = from_pairs(36 * steps, rows, others, "bins")
    expected = z_scores(joined, series.ravel(), star=True).reshape(36, steps)
    np.testing.assert_allclose(space_time_z(weights, series, back=1), expected, atol=1e-9)


def test_a_planted_course_is_recognised() -> None:
    rng = np.random.default_rng(3)
    series = rng.poisson(5, (400, 12)).astype(float)
    block = [r * 20 + c for r in range(5, 9) for c in range(5, 9)]
    series[block, -1] += 40
    always = [r * 20 + c for r in range(14, 18) for c in range(14, 18)]
    series[always] += np.linspace(20, 60, 12)
    found = emerging(lattice(20), series)
    assert isinstance(found, Emerging)
    assert found.kind[6 * 20 + 6] == "new hot" and found.kind[15 * 20 + 15] == "intensifying hot"
    assert found.kind.count("none") > 340
    assert isinstance(emerging(lattice(20), series[:, :5]), CannotTell)


def test_hexagons_are_as_large_as_said_and_hold_their_nearest_points() -> None:
    rng = np.random.default_rng(4)
    spots = rng.uniform(0, 1000, (20_000, 2))
    one, two = hexagons(spots, 100.0)
    middle = np.stack([100 * (one + two / 2), 100 * np.sqrt(3) / 2 * two], axis=1)
    assert np.hypot(*(spots - middle).T).max() <= 100 / np.sqrt(3) + 1e-9
    cells = len(set(zip(one.tolist(), two.tolist(), strict=True)))
    assert 1e6 / (100**2 * np.sqrt(3) / 2) < cells < 1.35 * 1e6 / (100**2 * np.sqrt(3) / 2)


def test_a_real_hot_spot_survives_every_grid_and_an_ordinary_place_none() -> None:
    """300 points gathered within 150 m of one place, 3,000 spread evenly."""
    rng = np.random.default_rng(5)
    spread = rng.uniform(0, 10_000, (3000, 2))
    gathered = rng.normal(5000, 150, (300, 2))
    points = np.concatenate([spread, gathered])
    places = np.array([[5000.0, 5000.0], [2000.0, 8000.0]])
    found = grid_proof(points, np.ones(len(points)), places, 250_000.0)
    assert isinstance(found, GridProof) and found.grids == 12
    assert found.hot[0] == 12 and found.hot[1] == 0 and found.cold.max() <= 1
    assert found.says(0, "hot") == "survives 12 of 12 grids"
    few = grid_proof(points[:5], np.ones(5), places, 250_000.0)
    assert isinstance(few, CannotTell)


def test_an_empty_quarter_is_cold_only_when_the_study_area_is_known() -> None:
    rng = np.random.default_rng(6)
    points = rng.uniform(0, 10_000, (8000, 2))
    points = points[(points[:, 0] > 5000) | (points[:, 1] > 5000)]
    study = np.stack(np.meshgrid(np.arange(0, 10_000, 150.0), np.arange(0, 10_000, 150.0)), axis=-1).reshape(-1, 2)
    place = np.array([[2000.0, 2000.0]])
    known = grid_proof(points, np.ones(len(points)), place, 250_000.0, study=study)
    unknown = grid_proof(points, np.ones(len(points)), place, 250_000.0)
    assert isinstance(known, GridProof) and isinstance(unknown, GridProof)
    assert known.cold[0] == 12 and unknown.cold[0] == 0


def test_emerging_needs_neighbours() -> None:
    nobody = np.array([], np.int64)
    alone: Weights = from_pairs(10, nobody, nobody, "queen")
    found = emerging(alone, np.random.default_rng(1).normal(size=(10, 12)))
    assert found == CannotTell("No place has a neighbour by this rule.")
