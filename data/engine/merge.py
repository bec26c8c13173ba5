"""What do several segments of a day make together, once what was taken back is gone?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.engine.encode import MISSING, Array

Columns = dict[str, Array]


def empty_value(name: str) -> int:
    """What stands in a column for rows that were written before the column was there."""
    return MISSING if name.startswith("m:") else 1 if name == "w" else 0


def rows_in(columns: Columns) -> int:
    """How many rows the columns have, whatever their weights."""
    return int(columns["t"].size)


def negatives_in(columns: Columns) -> int:
    """How many rows take another one back."""
    return int((columns["w"] < 0).sum()) if "w" in columns else 0


def merge(parts: Sequence[Columns]) -> Columns:
    """The rows of all parts, sorted by time, with every pair of a row and its taking back removed.

    `w` is left out when nothing negative remains. Equal input gives equal output.
    """
    return sort(cancel(concatenate(parts)))


def concatenate(parts: Sequence[Columns]) -> Columns:
    """The rows of all parts, one after the other; a column that a part lacks is filled up."""
    names = list(dict.fromkeys(name for part in parts for name in part))
    joined = {}
    for name in names:
        like = next(part[name].dtype for part in parts if name in part)
        pieces = [part[name] if name in part else np.full(rows_in(part), empty_value(name), like) for part in parts]
        joined[name] = np.concatenate(pieces)
    return joined


def take(columns: Columns, rows: NDArray[np.generic]) -> Columns:
    """Some rows: by position, or by a mask."""
    return {name: values[rows] for name, values in columns.items()}


def split(columns: Columns) -> tuple[Columns, list[Columns]]:
    """The positive rows without `w`, and the negative ones, if there are any."""
    if not negatives_in(columns):
        return {name: values for name, values in columns.items() if name != "w"}, []
    positive = take(columns, columns["w"] > 0)
    del positive["w"]
    return positive, [take(columns, columns["w"] < 0)]


def sort(columns: Columns) -> Columns:
    """The rows in order of time."""
    t = columns["t"]
    if bool((t[1:] >= t[:-1]).all()):
        return columns
    return take(columns, np.argsort(t, kind="stable"))


def cancel(columns: Columns) -> Columns:
    """Remove each negative row together with an equal positive one. What has no counterpart here stays."""
    if "w" not in columns:
        return columns
    weights = columns["w"]
    if not (weights < 0).any():
        return {name: values for name, values in columns.items() if name != "w"}
    touched = np.flatnonzero(within(columns["t"], columns["t"][weights < 0]))
    kept = np.ones(weights.size, bool)
    kept[touched] = False
    kept[_remaining(columns, touched)] = True
    left = take(columns, kept)
    return left if (left["w"] < 0).any() else {name: values for name, values in left.items() if name != "w"}


def within(values: Array, some: Array) -> NDArray[np.bool_]:
    """Which of the values are among some others."""
    known = np.unique(some)
    at = np.minimum(np.searchsorted(known, values), known.size - 1)
    found: NDArray[np.bool_] = known[at] == values
    return found


def _remaining(columns: Columns, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the rows, those that stay: of equal rows as many as their weights leave over, of that sign."""
    compared = [columns[name][rows] for name in columns if name != "w"]
    order = np.lexsort(compared)
    rows = rows[order]
    first = np.ones(rows.size, bool)
    first[1:] = np.any([values[order][1:] != values[order][:-1] for values in compared], axis=0)
    starts = np.flatnonzero(first)
    weights = columns["w"][rows]
    net = np.repeat(np.add.reduceat(weights, starts), np.diff([*starts, rows.size]))
    candidates = np.sign(weights) == np.sign(net)
    counted = np.cumsum(candidates)
    rank = counted - np.repeat(counted[starts] - candidates[starts], np.diff([*starts, rows.size]))
    stays: NDArray[np.int64] = rows[candidates & (rank <= np.abs(net))]
    return stays


def row_hashes(columns: Columns, seed: int = 0) -> NDArray[np.uint64]:
    """64 bits from all columns of each row but its weight; a missing value counts like a column that is not there."""
    total = np.full(rows_in(columns), seed, np.uint64)
    for name, values in columns.items():
        if name != "w":
            total += _mixed(values, empty_value(name) if name != "t" else -1, _salt(name, seed))
    return _scrambled(total)


def _salt(name: str, seed: int) -> np.uint64:
    salt = 0xCBF29CE484222325 ^ seed
    for byte in name.encode():
        salt = (salt ^ byte) * 0x100000001B3 % 2**64
    return np.uint64(salt | 1)


def _mixed(values: Array, missing: int, salt: np.uint64) -> NDArray[np.uint64]:
    mixed = _scrambled(values.astype(np.int64).view(np.uint64) * salt + salt)
    mixed[values == missing] = 0
    return mixed


def _scrambled(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
