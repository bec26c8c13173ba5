"""What do the counted days of some months add up to, from any day to any other?

A panel is one array of a part for all days of several months, in order. Kept as sums from the first day on, so that a
stretch of days is one subtraction, however long it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ints, Key
from data.engine.sources import Source
from data.engine.tensor_index import Month, TensorGone, place_of, read_parts
from data.engine.tensor_parts import Arrays, joined_sets
from data.settings import settings

T = TypeVar("T")
_SHARE = 8  # panels may take one part in so many of the column cache's budget
_panels: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_held = 0
_lock = threading.Lock()


class Panels:
    """The panels of a stream over some months."""

    def __init__(self, source: Source, number: int, months: Sequence[Month]) -> None:
        self._source, self._number, self.months = source, number, months
        self._key = Key((place_of(source, number), tuple(month.token for month in months)))

    def parts(self, part: str) -> list[Arrays | None]:
        """The part of each month, None where a month has none; raises TensorGone."""
        found = read_parts(self._source, self._number, [(part, month) for month in self.months])
        return [found.get((part, month.starts_on)) for month in self.months]

    def stacked(self, part: str, name: str, empty: int) -> Ints:
        """The array of all days, [days, codes...], `empty` for codes that a month did not know; raises TensorGone."""
        return self._kept(part, name, "stacked", lambda: _stacked(self._all(part, name), name, empty))

    def sums(self, part: str, names: tuple[str, ...]) -> Ints:
        """The sums before each day and after the last, [days + 1, names, codes...]; raises TensorGone."""

        def make() -> Ints:
            return _summed(np.stack([_stacked(self._all(part, name), name) for name in names], axis=1))

        return self._kept(part, names, "sums", make)

    def elapsed(self, part: str, starts: Ints) -> Ints:
        """Sums of the rows' times since 1970; `starts` are when the days began.

        TRICKY: these wrap around 2**64 where there are very many rows; differences of them do not.
        """

        def make() -> Ints:
            rows, since = (_stacked(self._all(part, name), name) for name in ("n", "t"))
            return _summed(rows * starts.reshape(-1, *([1] * (rows.ndim - 1))) + since)

        return self._kept(part, "", "elapsed", make)

    def histograms(self, part: str, column: str) -> tuple[int, Ints]:
        """The first bin and the sums of histograms, [days + 1, bins]; one empty bin when there are none."""
        return self._kept(part, column, "histograms", lambda: self._histograms(part, column))

    def sets(self, parts: Sequence[str]) -> NDArray[np.uint64]:
        """Everyone who is in a set of one of the parts, as bits; do not change them."""
        return self._kept(" ".join(parts), "", "sets", lambda: self._sets(parts))

    def pairs(self, part: str, make: Callable[[Sequence[Arrays]], Ints]) -> Ints:
        """The pairs of all months together, as `make` joins them; raises TensorGone."""
        return self._kept(part, "", "pairs", lambda: make(self._all(part, "n")))

    def _sets(self, parts: Sequence[str]) -> NDArray[np.uint64]:
        found = read_parts(self._source, self._number, [(part, month) for part in parts for month in self.months])
        return joined_sets(list(found.values()))

    def _all(self, part: str, name: str) -> list[Arrays]:
        found = [arrays for arrays in self.parts(part) if arrays is not None and name in arrays]
        if len(found) < len(self.months):
            raise TensorGone
        return found

    def _histograms(self, part: str, column: str) -> tuple[int, Ints]:
        offsets = list(accumulate((len(month.days) for month in self.months), initial=0))
        there = [(offset, a) for offset, a in zip(offsets, self.parts(part), strict=False) if a]
        mine = [(offset, a) for offset, a in there if f"{column}:n" in a]
        if not mine:
            return 0, np.zeros((offsets[-1] + 1, 1), np.int64)
        days = np.concatenate([a[f"{column}:day"].astype(np.int64) + offset for offset, a in mine])
        bins = np.concatenate([a[f"{column}:bin"].astype(np.int64) for _, a in mine])
        counts = np.concatenate([a[f"{column}:n"].astype(np.int64) for _, a in mine])
        first, last = int(bins.min()), int(bins.max())
        dense = np.zeros((offsets[-1], last - first + 1), np.int64)
        dense[days, bins - first] = counts  # a day has each bin once
        return first, _summed(dense)

    def _kept(self, part: str, name: str | tuple[str, ...], kind: str, make: Callable[[], T]) -> T:
        key = (self._key, part, name, kind)
        kept: T | None = find(key)
        if kept is not None:
            return kept
        found = make()
        keep(key, found)
        return found


def _stacked(parts: Sequence[Arrays], name: str, empty: int = 0) -> Ints:
    arrays = [part[name] for part in parts]
    shape = np.max([a.shape[1:] for a in arrays], axis=0, initial=0) if arrays[0].ndim > 1 else ()
    out = np.full((sum(len(a) for a in arrays), *shape), empty, np.int64)
    at = 0
    for found in arrays:
        out[(slice(at, at + len(found)), *(slice(0, size) for size in found.shape[1:]))] = found
        at += len(found)
    return out


def _summed(values: Ints) -> Ints:
    out = np.zeros((len(values) + 1, *values.shape[1:]), np.int64)
    np.cumsum(values, axis=0, out=out[1:])
    return out


def _bytes(found: Any) -> int:
    return int((found[1] if isinstance(found, tuple) else found).nbytes) + 500


def find(key: tuple[Any, ...]) -> Any:
    """What is kept under a key, or None."""
    with _lock:
        if key in _panels:
            _panels.move_to_end(key)
        return _panels.get(key)


def keep(key: tuple[Any, ...], found: Any) -> None:
    """Keep it, and let go of what was not used for longest."""
    global _held
    budget = settings().cache_mb * 2**20 // _SHARE
    with _lock:
        if key not in _panels:
            _panels[key] = found
            _held += _bytes(found)
        while _held > budget and len(_panels) > 1:
            _held -= _bytes(_panels.popitem(last=False)[1])


def forget() -> None:
    """Forget every panel of this process."""
    global _held
    with _lock:
        _panels.clear()
        _held = 0
