"""What do the tensors of some days say, as the operations of an ask count it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import NULL, Ask, Between, Ints
from data.engine.groups import Groups
from data.engine.operations import wanted_of
from data.engine.program import COUNT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation, table_of
from data.engine.sources import Source
from data.engine.tensor_index import Month, TensorGone, read_parts
from data.engine.tensor_parts import Arrays, add_set, top_of

_LARGEST = 2**63 - 1
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DayTable:
    """Days of a month: their places in its arrays, the bucket each falls into, and when it began (UTC ms)."""

    month: Month
    places: Ints
    buckets: Ints
    starts: Ints


def passing(source: Source, ask: Ask, dimension: str) -> Mask:
    """Which codes of a dimension meet the ask's predicates."""
    found = np.ones(source.dictionary(dimension).size + 1, np.bool_)
    for predicate in ask.predicates:
        if not isinstance(predicate, Between) and predicate.column == dimension:
            found &= table_of(source, predicate) != 0
    return found


def slots_of(groups: Groups, shape: Sequence[int]) -> Ints:
    """The slot of every combination of codes, an array of that shape (a code for each dimension of the groups)."""
    if not groups.columns:
        return np.zeros((), np.int64)
    tables = [_padded(table, size) for table, size in zip(groups.tables, shape, strict=True)]
    keys = tables[0] if len(tables) == 1 else tables[0][:, None] + tables[1][None, :]
    return groups.pairs[keys].astype(np.int64) if groups.pairs is not None else keys


def _padded(table: NDArray[np.int32] | None, size: int) -> Ints:
    assert table is not None
    return table[:size].astype(np.int64)


class Known:
    """Statistics of days, for an ask that uses at most two dimensions (`dimensions`, in the order of the model)."""

    def __init__(
        self, source: Source, number: int, ask: Ask, dimensions: Sequence[str], part: str, tables: Sequence[DayTable]
    ) -> None:
        self._ask, self._dimensions, self._tables = ask, dimensions, tables
        self._passing = [passing(source, ask, name) for name in dimensions]
        months = [table.month for table in tables]
        self._parts = read_parts(source, number, [(part, month) for month in months])
        if len(self._parts) < len(months):
            raise TensorGone
        self._arrays = [self._parts[part, month.starts_on] for month in months]
        self._bins = self._read_bins(source, number, months) if _has_bins(ask) else {}
        self.top = 0

    def _read_bins(self, source: Source, number: int, months: Sequence[Month]) -> dict[tuple[int, int], Arrays]:
        """Histograms by place of the month and code; a code without rows in a month has none."""
        codes = np.flatnonzero(self._passing[0]).tolist() if self._dimensions else [-1]
        names = {code: f"h:{self._dimensions[0]}:{code}" if self._dimensions else "h" for code in codes}
        found = read_parts(source, number, [(name, m) for name in names.values() for m in months])
        return {
            (i, code): found[name, month.starts_on]
            for i, month in enumerate(months)
            for code, name in names.items()
            if (name, month.starts_on) in found
        }

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin of a column."""
        ranges = [arrays.meta["bins"].get(column, [0, 0]) for arrays in self._arrays]
        return min((first for first, _ in ranges), default=0), max((last for _, last in ranges), default=0)

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """What an operation would have counted: [slots, width]."""
        shape = (self._ask.frame.size, groups.size, op.width)
        out = np.zeros(shape, np.int64)
        if op.kind == HISTOGRAM:
            return self._histograms(op, groups, out).reshape(-1, op.width)
        if op.kind == LIMITS:
            out[:, :, 0], out[:, :, 1] = _LARGEST, NULL
        for table, arrays in zip(self._tables, self._arrays, strict=True):
            for place, values in enumerate(_numbers(op, table, arrays)):
                self._add(op, groups, table, arrays, values, out[:, :, place], place)
        return out.reshape(-1, op.width)

    def _add(
        self, op: Operation, groups: Groups, table: DayTable, arrays: Arrays, values: Ints, out: Ints, place: int
    ) -> None:
        """Adds numbers [days, codes...] to [buckets, groups]."""
        grouped = tuple(1 + self._dimensions.index(name) for name in groups.columns)
        rest = tuple(axis for axis in range(1, values.ndim) if axis not in grouped)
        values = np.transpose(values, (0, *grouped, *rest))
        for axis, dimension in enumerate((*groups.columns, *(self._dimensions[i - 1] for i in rest)), 1):
            values = np.compress(self._passing_in(dimension, values.shape[axis]), values, axis)
        shape = [arrays["n"].shape[axis] for axis in grouped]
        slots = slots_of(groups, shape)
        for axis, dimension in enumerate(groups.columns):
            slots = np.compress(self._passing_in(dimension, shape[axis]), slots, axis)
        if not values.size:  # no value of a dimension passes
            return
        where = (table.buckets[:, None], slots.reshape(1, -1))
        flat = values.reshape(len(values), slots.size, -1)
        if op.kind == LIMITS:
            least, most = flat.min(axis=2, initial=_LARGEST), flat.max(axis=2, initial=NULL)
            (np.minimum if place == 0 else np.maximum).at(out, where, least if place == 0 else most)
        else:
            np.add.at(out, where, flat.sum(axis=2, dtype=np.int64))

    def _passing_in(self, dimension: str, size: int) -> Mask:
        return self._passing[self._dimensions.index(dimension)][:size]

    def _histograms(self, op: Operation, groups: Groups, out: Ints) -> Ints:
        slots = slots_of(groups, [len(self._passing[0])] if groups.columns else [])
        flat = out.reshape(-1)
        for (i, code), arrays in self._bins.items():
            table = self._tables[i]
            if f"{op.column}:n" in arrays:
                bucket = np.full(int(arrays.meta["days"]), -1, np.int64)
                bucket[table.places] = table.buckets
                mine = bucket[arrays[f"{op.column}:day"]]
                kept = mine >= 0
                slot = int(slots[code]) if groups.columns else 0
                bins = arrays[f"{op.column}:bin"].astype(np.int64) - op.first_bin
                place = (mine * groups.size + slot) * op.width + bins
                np.add.at(flat, place[kept], arrays[f"{op.column}:n"][kept].astype(np.int64))
        return out


def _has_bins(ask: Ask) -> bool:
    return any(kind == HISTOGRAM for kind, _ in wanted_of(ask))


def _numbers(op: Operation, table: DayTable, arrays: Arrays) -> list[Ints]:
    """The numbers of an operation by day and code, one array for each of its width."""

    def of(name: str) -> Ints:
        found: Ints = arrays[name][table.places].astype(np.int64)
        return found

    if op.kind == COUNT:
        return [of("n")]
    if op.kind == SUM:
        return [of(f"s:{op.column}"), of(f"f:{op.column}")]
    if op.kind == LIMITS:
        return [of(f"lo:{op.column}"), of(f"hi:{op.column}")]
    assert op.kind == ELAPSED
    counted = of("n")
    starts = table.starts.reshape(-1, *([1] * (counted.ndim - 1)))
    waited = counted * (op.since_ms - starts) - of("t")
    return [waited + of(f"s:{op.column}") if op.column else waited]


class MonthSets:
    """Sets of people of whole months, for an ask that uses at most one dimension (`name`, or "")."""

    def __init__(self, source: Source, number: int, ask: Ask, name: str, months: Sequence[tuple[Month, int]]) -> None:
        codes = np.flatnonzero(passing(source, ask, name)).tolist() if name else [-1]
        parts = {code: f"a:{name}:{code}" if name else "a" for code in codes}
        self._ask = ask
        found = read_parts(source, number, [(part, m) for part in parts.values() for m, _ in months])
        self._sets = [
            (bucket, code, found[part, month.starts_on])
            for month, bucket in months
            for code, part in parts.items()
            if (part, month.starts_on) in found
        ]
        self._sizes = [source.dictionary(name).size + 1] if name else []
        self.top = max((top_of(arrays) for _, _, arrays in self._sets), default=0)

    def bins(self, _column: str) -> tuple[int, int]:
        """Sets have no histograms."""
        return 0, 0

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """One bit for each person: [slots, words]."""
        out = np.zeros((self._ask.frame.size, groups.size, op.width), np.uint64)
        slots = slots_of(groups, self._sizes if groups.columns else [])
        for bucket, code, arrays in self._sets:
            add_set(arrays, out[bucket, int(slots[code]) if groups.columns else 0])
        return out.reshape(-1, op.width)
