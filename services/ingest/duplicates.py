"""Which rows of a file carry a key that the file had before?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
# LIMIT: a key is known by 64 bits, with its content and line in 24 bytes: 240 MB for 10 million rows, and at that size
# about one chance in 370,000 that two keys are taken for one.


def hash_texts(values: pa.Array) -> Hashes:
    """A number for each text; equal texts have equal numbers in every process."""
    coded = pc.dictionary_encode(pc.fill_null(values, "\x00"))
    distinct = np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), object)
    hashes = pd.util.hash_array(distinct, categorize=False)
    found: Hashes = hashes[coded.indices.to_numpy(zero_copy_only=False)]
    return found


def hash_rows(columns: dict[str, Any], size: int) -> Hashes:
    """A number for the content of each row; flags of quality are no content."""
    total = np.zeros(size, np.uint64)
    for name, values in columns.items():
        if name == "quality":
            continue
        if isinstance(values, pa.Array):
            part = hash_texts(values)
        elif values.dtype.kind == "M":
            part = values.view(np.uint64)
        else:
            part = np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)  # one NaN, and no -0.0
        total = total * _SPREAD + (part ^ (part >> np.uint64(29)))
    return total


class Seen:
    """The keys of a file so far: sorted runs that are merged when they are alike in size."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, Hashes, NDArray[np.int64]]] = []

    def add(
        self, keys: Hashes, contents: Hashes, lines: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], Hashes, NDArray[np.int64]]:
        """Take the next rows. For each: whether its key is new, and content and line of the first row with that key."""
        distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        known = np.zeros(len(distinct), np.bool_)
        content, line = contents[first], lines[first]
        for run_keys, run_contents, run_lines in self._runs:
            at = np.minimum(np.searchsorted(run_keys, distinct), len(run_keys) - 1)
            hit = run_keys[at] == distinct
            known |= hit
            content = np.where(hit, run_contents[at], content)
            line = np.where(hit, run_lines[at], line)
        self._push(distinct[~known], content[~known], line[~known])
        new = np.zeros(len(keys), np.bool_)
        new[first[~known]] = True
        return new, content[inverse], line[inverse]

    def _push(self, keys: Hashes, contents: Hashes, lines: NDArray[np.int64]) -> None:
        if not len(keys):
            return
        self._runs.append((keys, contents, lines))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            right, left = self._runs.pop(), self._runs.pop()
            order = np.argsort(np.concatenate([left[0], right[0]]), kind="stable")
            joined = [np.concatenate(pair)[order] for pair in zip(left, right, strict=True)]
            self._runs.append((joined[0], joined[1], joined[2]))


def superseded(keys: list[Hashes]) -> NDArray[np.bool_]:
    """For the rows of a whole file, given as batches of keys: is there a later row with the same key?"""
    joined = np.concatenate(keys) if keys else np.empty(0, np.uint64)
    _, last = np.unique(joined[::-1], return_index=True)
    found = np.ones(len(joined), np.bool_)
    found[len(joined) - 1 - last] = False
    return found
