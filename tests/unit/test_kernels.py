"""Do the kernels count what a plain reading of the same rows counts?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import counting, passes
from data.engine.asks import NULL
from data.engine.kernels import ALL_GROUPS, BY_CODE, BY_TABLE, CHUNK, COUNT, DISTINCT, HISTOGRAM, IN_TABLE, LIMITS, SUM
from data.engine.logbins import RELATIVE_ERROR, bins, percentiles, representatives
from tests.effort import examples

NUMBERS = st.integers(-(10**18), 10**18) | st.integers(-300, 300)


def at(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


@settings(deadline=None)  # the first call compiles
@given(NUMBERS)
def test_compiled_and_plain_bins_agree(value: int) -> None:
    assert counting.bin_of(value) == bins(np.asarray([value], np.int64))[0]


@given(NUMBERS)
def test_a_value_differs_from_its_bins_by_less_than_one_percent(value: int) -> None:
    middle = int(representatives(bins(np.asarray([value], np.int64)))[0])
    assert abs(middle - value) <= RELATIVE_ERROR * abs(value)
    assert abs(value) >= 128 or middle == value


@given(st.lists(NUMBERS, min_size=1, max_size=50), st.floats(0, 1))
def test_a_percentile_is_that_of_the_sorted_values(values: list[int], q: float) -> None:
    found = np.sort(bins(np.asarray(values, np.int64)))
    histogram = np.bincount(found - found[0])[None, :].astype(np.int64)
    rank = max(int(np.ceil(q * len(values))), 1)
    expected = sorted(values)[rank - 1]
    assert abs(int(percentiles(histogram, int(found[0]), q)[0]) - expected) <= RELATIVE_ERROR * abs(expected)


def run(
    codes: Any, values: Any, weights: Any, passing: list[int], by_code: bool, ops: list[list[int]], sizes: Any
) -> Any:
    """One segment, one task: rows whose code passes, by code or all together; returns acc, hist and bits."""
    columns = [weights, np.zeros(len(codes), np.uint32), codes, values]
    places = np.asarray([[0 if c is None else at(c) for c in columns]], np.int64)
    widths = np.asarray([[4 if c is None else c.itemsize for c in columns]], np.int64)
    table = np.zeros(8, np.uint8)
    table[passing] = 1
    some = len(passing) < 8
    task = [0, BY_CODE if by_code else ALL_GROUPS, 2, 0, 0, 0, 0, 8 if by_code else 1, 0, len(ops), 0]
    acc, hist, bits = np.zeros(sizes[0], np.int64), np.zeros(sizes[1], np.int32), np.zeros(sizes[2], np.uint64)
    passes.run(
        np.asarray([[0, 0, len(codes), 0]], np.int64), places, widths, np.zeros((1, 1), np.int64),
        np.asarray([[-1, 0, int(some)]], np.int64), np.asarray([[IN_TABLE, 2, at(table), 0]], np.int64),
        np.asarray([task], np.int64), np.asarray(ops, np.int64), np.zeros((1, 4), np.int64), np.zeros(1, np.int64),
        np.zeros(1, np.int64), acc, hist, bits,
    )  # fmt: skip
    return acc, hist, bits


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 2**31), n=st.sampled_from([0, 1, 100, CHUNK, CHUNK + 1, 3 * CHUNK + 7]), by_code=st.booleans(),
    width=st.sampled_from(["uint8", "uint16", "uint32"]), weighted=st.booleans(),
    passing=st.sampled_from([list(range(8)), [0, 2, 5], [3], []]),
)  # fmt: skip
def test_counts_sums_bins_and_distinct_codes(
    seed: int, n: int, by_code: bool, width: str, weighted: bool, passing: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 8, n).astype(width)
    values = np.where(rng.random(n) < 0.2, NULL, rng.integers(1, 1000, n))
    weights = rng.choice([-1, 1], n).astype(np.int32) if weighted else None
    groups = 8 if by_code else 1
    count = int(bins(np.asarray([1000], np.int64))[0]) + 1
    ops = [
        [COUNT, -1, 0, 0, 0, 0], [SUM, 3, groups, 0, 0, 0], [HISTOGRAM, 3, 0, 0, count, 0], [DISTINCT, 2, 0, 0, 0, 1],
    ]  # fmt: skip
    acc, hist, bits = run(codes, values, weights, passing, by_code, ops, (3 * groups, count * groups, groups))
    weight = np.ones(n, np.int64) if weights is None else weights.astype(np.int64)
    for group in range(groups):
        rows = np.isin(codes, passing) & ((codes == group) | (not by_code))
        there = rows & (values != NULL)
        assert acc[group] == weight[rows].sum()
        assert acc[groups + 2 * group] == (values * weight)[there].sum()
        assert acc[groups + 2 * group + 1] == weight[there].sum()
        expected = np.zeros(count, np.int64)
        np.add.at(expected, bins(values[there]), weight[there])
        assert (hist[group * count : (group + 1) * count] == expected).all()
        assert int(bits[group]) == sum(1 << int(code) for code in np.unique(codes[rows]))


@pytest.mark.parametrize("full", [0, 1])
def test_smallest_and_largest(full: int) -> None:
    values = np.asarray([5, -3, NULL if not full else 4, 900, 7], np.int64)
    codes = np.asarray([1, 1, 2, 2, 0], np.uint8)
    acc, _, _ = run(codes, values, None, list(range(8)), False, [[LIMITS, 3, 0, 0, 0, 2]], (2, 0, 1))
    assert acc.tolist() == [-3, 900]


@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 2**31), n=st.sampled_from([1, 3, 100, CHUNK + 5, 3 * CHUNK]), groups=st.integers(1, 8))
def test_counts_and_sums_by_a_dimension_of_few_values(seed: int, n: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    codes, values = rng.integers(0, 8, n).astype(np.uint8), rng.integers(-1000, 1000, n)
    table = rng.integers(0, groups, 8).astype(np.int32)
    places = np.asarray([[0, at(codes), at(codes), at(values)]], np.int64)
    acc, none = np.zeros(3 * groups, np.int64), np.zeros((0, 4), np.int64)
    passes.run(
        np.asarray([[0, 0, n, 0]], np.int64), places, np.asarray([[4, 4, 1, 8]], np.int64), np.zeros((1, 1), np.int64),
        np.asarray([[-1, 0, 0]], np.int64), none, np.asarray([[0, BY_TABLE, 2, at(table), 0, 0, 0, groups, 0, 2, 8]]),
        np.asarray([[COUNT, -1, 0, 0, 0, 0], [SUM, 3, groups, 0, 0, 1]], np.int64), none, np.zeros(1, np.int64),
        np.zeros(1, np.int64), acc, np.zeros(1, np.int32), np.zeros(1, np.uint64),
    )  # fmt: skip
    for group in range(groups):
        rows = table[codes] == group
        assert acc[group] == rows.sum()
        assert acc[groups + 2 * group] == values[rows].sum()
