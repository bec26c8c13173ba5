"""What are count, sum, mean and median of each group, all groups at once?"""

from __future__ import annotations

import numpy as np

from services.assessment.trials import Bools, Floats, Ints


def counts(group: Ints, n: int, kept: Bools | None = None) -> Floats:
    """How many rows of each of n groups (of those kept)."""
    return np.bincount(group if kept is None else group[kept], minlength=n).astype(np.float64)


def sums(group: Ints, n: int, values: Floats, kept: Bools | None = None) -> Floats:
    """The sum of each group."""
    if kept is not None:
        group, values = group[kept], values[kept]
    return np.bincount(group, values, n).astype(np.float64)


def parts(above: Floats, below: Floats) -> Floats:
    """One divided by the other, NaN where nothing is below."""
    found: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return found


def means(group: Ints, n: int, values: Floats, kept: Bools) -> Floats:
    """The mean of each group, NaN where there is none."""
    return parts(sums(group, n, values, kept), counts(group, n, kept))


def medians(group: Ints, n: int, values: Floats, kept: Bools) -> Floats:
    """The median of each group, NaN where there is none; of an even number the mean of the two in the middle."""
    group, values = group[kept], values[kept]
    order = np.lexsort((values, group))
    values, size = values[order], np.bincount(group, minlength=n)
    start = np.cumsum(size) - size
    found = np.full(n, np.nan)
    some = size > 0
    low, high = start + np.maximum(size - 1, 0) // 2, start + size // 2
    found[some] = (values[low[some]] + values[high[some]]) / 2
    return found


def longest_runs(group: Ints, n: int, answers: Ints) -> Floats:
    """The longest run of equal answers in each group; groups are contiguous and their rows in order."""
    if not group.size:
        return np.zeros(n)
    begins = np.concatenate([[True], (group[1:] != group[:-1]) | (answers[1:] != answers[:-1])])
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.concatenate([starts, [group.size]]))
    found = np.zeros(n)
    np.maximum.at(found, group[starts], lengths)
    return found


def commonest_shares(group: Ints, n: int, answers: Ints) -> Floats:
    """Which part of a group gave its commonest answer?"""
    pairs, times = np.unique(np.stack([group, answers]), axis=1, return_counts=True)
    most = np.zeros(n)
    np.maximum.at(most, pairs[0], times)
    return parts(most, counts(group, n))
