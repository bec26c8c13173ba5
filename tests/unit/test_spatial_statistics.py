"""Do the statistics of places hold where the answer is known by hand, and say so where there is none?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from data.errors import BadInput
from data.types import CannotTell
from services.spatial.autocorrelation import geary, local_moran, moran
from services.spatial.hotspots import Hotspots, false_discovery, hotspots, kinds
from services.spatial.permuting import permute
from services.spatial.weights import Weights, from_pairs, nearest, parse_rule, rings, within

NOBODY = np.array([], np.int64)


def lattice(side: int) -> Weights:
    """A square of cells, each beside the four next to it."""
    number = np.arange(side * side).reshape(side, side)
    one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    two = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    return from_pairs(side * side, np.concatenate([one, two]), np.concatenate([two, one]), "rook")


def test_a_pair_counts_once_and_no_place_is_its_own_neighbour() -> None:
    found = from_pairs(3, np.array([0, 0, 1, 1]), np.array([1, 1, 1, 2]), "queen")
    assert (found.starts.tolist(), found.others.tolist(), found.islands) == ([0, 1, 2, 2], [1, 2], 1)


def test_places_left_out_take_their_pairs_along() -> None:
    found = lattice(3).only(np.arange(9) != 4)
    assert found.counts.tolist() == [2] * 8 and found.others.tolist()[:2] == [1, 3]


def test_gi_star_by_hand() -> None:
    """Ten places in a row, the first two with ten each: sum 20, mean 2, S = 4; z of the first = 16 / (4 √(16 / 9))."""
    step = np.arange(9)
    line = from_pairs(10, np.concatenate([step, step + 1]), np.concatenate([step + 1, step]), "queen")
    found = hotspots(line, np.array([10.0, 10, 0, 0, 0, 0, 0, 0, 0, 0]))
    assert isinstance(found, Hotspots)
    assert found.z[0] == pytest.approx(16 / (4 * (16 / 9) ** 0.5))
    assert found.p[0] == pytest.approx(0.0026997960632601866)  # three standard deviations, both sides


def test_gi_star_does_not_change_with_unit_or_origin_of_the_values() -> None:
    values = np.random.default_rng(1).gamma(1.0, size=100)
    one, two = hotspots(lattice(10), values), hotspots(lattice(10), 1e9 - 3 * values)
    assert isinstance(one, Hotspots) and isinstance(two, Hotspots)
    np.testing.assert_allclose(one.z, -two.z, atol=1e-6)


def test_q_values_of_benjamini_and_hochbergs_own_example() -> None:
    """Fifteen p-values of their 1995 paper, table 1: at 5 % four hypotheses are rejected."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    q = false_discovery(np.array([*p, np.nan]))
    assert (q[:15] <= 0.05).sum() == 4 and np.isnan(q[15])
    assert q[:5] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603])
    assert kinds(np.array([3.0, -3.0, 3.0]), np.array([0.01, 0.01, np.nan]), 0.05) == ["hot", "cold", "not significant"]


def test_permuted_neighbours_of_zeros_and_ones_are_hypergeometric() -> None:
    """12 ones among 100 places: the sum over k neighbours drawn from the 99 others has a known distribution."""
    values = np.zeros(100)
    values[[0, 1, 2, 10, 11, 12, 20, 21, 22, 55, 77, 99]] = 1
    weights, times = lattice(10), 20_000
    found = permute(weights, values, times, seed=3)
    observed, ones = weights.sums(values), 12 - values
    exact = hypergeom.sf(observed - 1, 99, ones, weights.counts)
    assert np.abs(found.above / times - exact).max() < 5 * 0.5 / times**0.5
    exact = hypergeom.cdf(observed, 99, ones, weights.counts)
    assert np.abs(found.below / times - exact).max() < 5 * 0.5 / times**0.5
    np.testing.assert_allclose(found.mean, weights.counts * ones / 99, atol=0.03)


def test_permutations_depend_on_the_seed_and_not_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).normal(size=1600)
    one = permute(lattice(40), values, 99, seed=5)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    again, other = permute(lattice(40), values, 99, seed=5), permute(lattice(40), values, 99, seed=6)
    assert np.array_equal(one.above, again.above) and not np.array_equal(one.above, other.above)


def test_false_alarms_among_values_without_a_pattern_are_as_rare_as_promised() -> None:
    values = np.random.default_rng(4).normal(size=2500)
    found = hotspots(lattice(50), values, permutations=199, seed=1)
    assert isinstance(found, Hotspots) and found.p_sim is not None
    assert abs((found.p <= 0.05).mean() - 0.05) < 0.02 and abs((found.p_sim <= 0.05).mean() - 0.05) < 0.02
    assert found.kind.count("not significant") > 2490


def test_an_island_has_a_gi_star_and_no_gi() -> None:
    weights = from_pairs(9, np.arange(7), np.arange(1, 8), "queen")
    values = np.arange(9.0)
    star, plain = hotspots(weights, values), hotspots(weights, values, star=False, permutations=9)
    assert isinstance(star, Hotspots) and isinstance(plain, Hotspots) and plain.p_sim is not None
    assert not np.isnan(star.z[8]) and np.isnan(plain.z[8]) and np.isnan(plain.q[8]) and np.isnan(plain.p_sim[8])
    assert plain.kind[8] == "not significant"


@pytest.mark.parametrize(
    ("weights", "values", "reason"),
    [
        (lattice(3), np.ones(9), "All 9 places have the same value, 1."),
        (lattice(2), np.arange(4.0), "Only 4 places have a value; at least 8 are needed."),
        (from_pairs(9, NOBODY, NOBODY, "queen"), np.arange(9.0), "No place has a neighbour by this rule."),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_said(weights: Weights, values: np.ndarray, reason: str) -> None:
    for found in (
        hotspots(weights, values),
        moran(weights, values),
        geary(weights, values),
        local_moran(weights, values),
    ):
        assert found == CannotTell(reason)


def test_neighbours_by_number_and_by_distance() -> None:
    line = np.array([[0.0, 0], [1, 0], [3, 0], [3, 0], [9, 0]])
    assert nearest(line, 1).others.tolist() == [1, 0, 3, 2, 2] or nearest(line, 1).others.tolist() == [1, 0, 3, 2, 3]
    assert within(line, 2).counts.tolist() == [1, 3, 2, 2, 0]
    with pytest.raises(BadInput, match="knn:5 needs more than 5 places"):
        nearest(line, 5)
    assert nearest(np.zeros((6, 2)), 2).counts.tolist() == [2] * 6


def test_cells_in_a_ring_are_neighbours_whatever_the_sign_of_their_index() -> None:
    from h3.api.basic_int import grid_disk, latlng_to_cell

    disk = np.array(sorted(grid_disk(latlng_to_cell(41.9, -87.6, 8), 2)), np.uint64)
    found = rings(disk[::-1].astype(np.int64))
    assert sorted(found.counts.tolist()) == [3] * 6 + [4] * 6 + [6] * 7
    assert rings(disk, 4).counts.tolist() == [18] * 19


@pytest.mark.parametrize("text", ["quen", "knn", "knn:0", "knn:2.5", "queen:2", "distance:-1", "ring:inf"])
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="Expected queen, rook"):
        parse_rule(text)
    assert parse_rule("KNN:5") == ("knn", 5) and parse_rule("distance:250.5") == ("distance", 250.5)
