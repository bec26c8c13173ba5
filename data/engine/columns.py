"""Where are the decoded columns of segments, and how do those that are missing get here?

Segments never change, so a decoded column is right for ever: the cache holds the most recently used, up to a number of
bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction, database_url
from data.engine.asks import NULL
from data.engine.encode import decode_column, unpack
from data.model import Dataset
from data.settings import settings
from data.statements import sql
from data.types import Scope

Key = tuple[str, int, int, str]  # database, workspace, segment, column
_BATCH_ROWS = 300_000
_OVERHEAD = 300  # bytes a cached column costs beside its values

threads = ThreadPoolExecutor(2, "engine")
"""The threads that decode columns and scan blocks."""


class Column:
    """A decoded column, with what the kernels need to know of it; `values` is None for weights that are all +1."""

    __slots__ = ("_limits", "address", "size", "values")

    def __init__(self, values: NDArray[Any] | None) -> None:
        self.values = None if values is None else np.ascontiguousarray(values)
        self.address = 0 if self.values is None else int(self.values.__array_interface__["data"][0])
        self.size = 4 if self.values is None else self.values.itemsize
        self._limits: tuple[int, int, bool] | None = None

    @property
    def limits(self) -> tuple[int, int, bool]:
        """The smallest and largest value, 0 when there are none, and whether any (of a number) is missing."""
        if self._limits is None:
            self._limits = _limits_of(self.values)
        return self._limits

    @property
    def bytes(self) -> int:
        """What it costs to keep."""
        return _OVERHEAD + (0 if self.values is None else self.values.nbytes)


def _limits_of(values: NDArray[Any] | None) -> tuple[int, int, bool]:
    if values is None or not values.size:
        return 0, 0, False
    low, high = int(values.min()), int(values.max())
    if low == NULL:
        present = values[values != NULL]
        return (int(present.min()), high, True) if present.size else (0, 0, True)
    return low, high, False


class Cache:
    """Least recently used columns up to a budget of bytes; safe for several threads."""

    def __init__(self) -> None:
        self._columns: OrderedDict[Key, Column] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def find(self, keys: Sequence[Key]) -> list[Column | None]:
        """The columns that are there."""
        with self._lock:
            found = [self._columns.get(key) for key in keys]
            for key, column in zip(keys, found, strict=True):
                if column is not None:
                    self._columns.move_to_end(key)
            missed = found.count(None)
            self.misses += missed
            self.hits += len(found) - missed
            return found

    def put(self, found: Iterable[tuple[Key, Column]]) -> None:
        """Keep columns, and let go of the ones that were not used for longest."""
        budget = self.budget()
        with self._lock:
            for key, column in found:
                if key not in self._columns:
                    self._columns[key] = column
                    self.bytes += column.bytes
            while self.bytes > budget and len(self._columns) > 1:
                self.bytes -= self._columns.popitem(last=False)[1].bytes

    def budget(self) -> int:
        """Most bytes it may hold."""
        return settings().cache_mb * 2**20

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._columns.clear()
            self.bytes = self.hits = self.misses = 0


cache = Cache()


class SegmentGone(Exception):
    """A segment was merged and deleted after the manifest that names it was read."""


def load(
    tx: Transaction, scope: Scope, dataset: Dataset, wanted: dict[tuple[int, str], int], keep: bool = True
) -> dict[tuple[int, str], Column]:
    """The columns `(segment id, name)`, each with its number of rows, decoded, and others of micro-segments.

    Raises SegmentGone.

    A column that a segment does not have (it was added to the dataset later) is missing in every row; a weight that is
    not there is +1 everywhere.
    """
    names: dict[int, list[str]] = {}
    for id, name in wanted:
        names.setdefault(id, []).append(name)
    counts = {id: n for (id, _), n in wanted.items()}
    sets: dict[tuple[str, ...], list[int]] = {}
    for id, found in names.items():
        sets.setdefault(tuple(sorted(found)), []).append(id)
    jobs: list[Future[dict[tuple[int, str], Column]]] = []
    for columns, ids in sets.items():
        for part in _batches(ids, counts):
            values = {
                "workspace": scope.workspace.id,
                "dataset": dataset.id,
                "segments": part,
                "columns": list(columns),
            }
            with tx.cursor(binary=True) as cursor:
                rows = cursor.execute(sql("segment_data"), values).fetchall()
            jobs.append(threads.submit(_decode, rows, part, columns, counts))
    loaded: dict[tuple[int, str], Column] = {}
    for job in jobs:
        loaded |= job.result()
    place = (database_url(), scope.workspace.id)
    if keep:
        cache.put(((*place, id, name), column) for (id, name), column in loaded.items())
    return loaded


def _batches(ids: list[int], counts: dict[int, int]) -> Iterable[list[int]]:
    """Parts of some rows, so that one is decoded while the next is fetched, and two of them at once."""
    part: list[int] = []
    rows = 0
    for id in ids:
        part.append(id)
        rows += counts[id]
        if rows >= _BATCH_ROWS:
            yield part
            part, rows = [], 0
    if part:
        yield part


def _decode(
    rows: list[Any], ids: list[int], columns: Sequence[str], counts: dict[int, int]
) -> dict[tuple[int, str], Column]:
    found: dict[tuple[int, str], Column] = {}
    there = {id for id, name, _ in rows if name is None}
    if len(there) < len(ids):
        raise SegmentGone
    packed = {id: data for id, name, data in rows if name is None and data is not None}
    for id, data in packed.items():
        found |= {(id, name): Column(values) for name, values in _sorted(unpack(data)).items()}
    found |= {(id, name): Column(decode_column(name, data)) for id, name, data in rows if name is not None}
    for id in ids:
        for name in columns:
            if (id, name) not in found:
                found[(id, name)] = Column(_absent(name, counts[id]))
    return found


def _absent(name: str, n: int) -> NDArray[Any] | None:
    if name == "w":
        return None
    return np.full(n, NULL, np.int64) if name.startswith("m:") else np.zeros(n, np.uint8)


def _sorted(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """A micro-segment in the order of time, as sealed ones are."""
    t = columns["t"]
    if bool(np.all(t[1:] >= t[:-1])):
        return columns
    order = np.argsort(t, kind="stable")
    return {name: values[order] for name, values in columns.items()}
