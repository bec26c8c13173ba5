"""Do two collections of rows have the same content, whatever their order, without holding either in memory?

For each stream and day the rows are counted and two independent 64-bit hashes of each row are summed; sums subtract, so
taken back rows cancel out. Equal sums mean equal content, but for a chance of 1 in 2**128.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.engine.days import local_days
from data.engine.encode import MISSING
from data.engine.incoming import Ints
from data.engine.merge import Columns, row_hashes

_SEEDS = (1, 2)
Key = tuple[int, date]


@dataclass(slots=True)
class Sums:
    """Rows and summed hashes by stream and day."""

    found: dict[Key, tuple[int, int, int]] = field(default_factory=dict)

    def add_segment(self, stream: int, day: date, columns: Columns) -> None:
        """Count the content of a segment, by its weights."""
        weights = columns.get("w")
        signed = None if weights is None else weights.astype(np.int64)
        n = int(columns["t"].size if signed is None else signed.sum())
        self._add((stream, day), n, [_total(row_hashes(columns, seed), signed) for seed in _SEEDS])

    def add_rows(self, stream: int, tz: str, ms: Ints, columns: Columns) -> None:
        """Count rows with the columns of segments but `t`, by their times in a stream; missing ones are not in it."""
        there = ms != MISSING
        if not there.any():
            return
        ordinals, t = local_days(ms[there], tz)
        hashes = [row_hashes({"t": t, **{n: v[there] for n, v in columns.items()}}, seed) for seed in _SEEDS]
        order = np.argsort(ordinals, kind="stable")
        days, starts, counts = np.unique(ordinals[order], return_index=True, return_counts=True)
        sums = [np.add.reduceat(h[order], starts) for h in hashes]
        for i, day in enumerate(days):
            self._add((stream, date.fromordinal(int(day))), int(counts[i]), [int(s[i]) for s in sums])

    def _add(self, key: Key, n: int, hashes: list[int]) -> None:
        before = self.found.get(key, (0, 0, 0))
        self.found[key] = (before[0] + n, (before[1] + hashes[0]) % 2**64, (before[2] + hashes[1]) % 2**64)


def _total(hashes: NDArray[np.uint64], weights: Ints | None) -> int:
    return int((hashes if weights is None else hashes * weights.view(np.uint64)).sum(dtype=np.uint64))


def differences(segments: Sums, rows: Sums) -> Mapping[Key, tuple[int, int]]:
    """The streams and days that differ, with the number of rows in the segments and in the table."""
    nothing = (0, 0, 0)
    keys = sorted(segments.found.keys() | rows.found.keys())
    pairs = {key: (segments.found.get(key, nothing), rows.found.get(key, nothing)) for key in keys}
    return {key: (left[0], right[0]) for key, (left, right) in pairs.items() if left != right}
