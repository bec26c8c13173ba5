"""What do the tensors of some days say, as the operations of an ask count it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import NULL, Ask, Between, Ints
from data.engine.groups import Groups
from data.engine.program import COUNT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation, table_of
from data.engine.sources import Source
from data.engine.tensor_index import Month
from data.engine.tensor_panels import Panels

_LARGEST = 2**63 - 1
Mask = NDArray[np.bool_]
_Placed = tuple[tuple[int, ...], list[tuple[int, Mask]], Ints]
"""The order of the axes, which codes pass along an axis in that order, and the slots of those that do."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of days without a gap in one bucket: lines [first, last) of the panels."""

    first: Ints
    last: Ints
    buckets: Ints
    are_single: bool  # one stretch a bucket

    def of(self, sums: Ints) -> Ints:
        """What each stretch adds up to."""
        if len(self.first) == 1:
            first, last = int(self.first[0]), int(self.last[0])
            one: Ints = sums[last : last + 1] - sums[first : first + 1]
            return one
        found: Ints = sums[self.last] - sums[self.first]
        return found


def runs_of(lines: Ints, buckets: Ints) -> Runs:
    """The stretches of some days: their lines, in order, and the bucket each falls into."""
    cut = np.flatnonzero((lines[1:] - lines[:-1] != 1) | (buckets[1:] != buckets[:-1]))
    first, last = np.append(0, cut + 1), np.append(cut, len(lines) - 1)
    found = buckets[first]
    return Runs(lines[first], lines[last] + 1, found, bool((found[1:] > found[:-1]).all()))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Counted days in the panels of their months; `starts` are when the day of every line began."""

    months: tuple[Month, ...]
    runs: Runs
    count: int
    starts: Ints


def passing(source: Source, ask: Ask, dimension: str) -> Mask:
    """Which codes of a dimension meet the ask's predicates; do not change it."""
    key = ask.predicates, dimension
    if key not in source.passing:
        found = np.ones(source.dictionary(dimension).size + 1, np.bool_)
        for predicate in ask.predicates:
            if not isinstance(predicate, Between) and predicate.column == dimension:
                found &= table_of(source, predicate) != 0
        source.passing[key] = found
    return source.passing[key]


def slots_of(groups: Groups, shape: Sequence[int]) -> Ints:
    """The slot of every combination of codes, an array of that shape (a code for each dimension of the groups)."""
    if not groups.columns:
        return np.zeros((), np.int64)
    tables = [_padded(table, size) for table, size in zip(groups.tables, shape, strict=True)]
    keys = tables[0] if len(tables) == 1 else tables[0][:, None] + tables[1][None, :]
    return groups.pairs[keys].astype(np.int64) if groups.pairs is not None else keys


def _add_lines(out: Ints, runs: Runs, numbers: Ints) -> None:
    if runs.are_single:
        out[runs.buckets] += numbers
    else:
        np.add.at(out, runs.buckets, numbers)


def _padded(table: NDArray[np.int32] | None, size: int) -> Ints:
    assert table is not None
    return table[:size].astype(np.int64)


class Known:
    """Statistics of days, for an ask that uses at most two dimensions (`dimensions`, in the order of the model)."""

    def __init__(
        self, source: Source, ask: Ask, wanted: Sequence[tuple[int, str]], dimensions: Sequence[str], part: str,
        days: Chosen, panels: Panels,
    ) -> None:  # fmt: skip
        self._ask, self._dimensions, self._part, self._days, self._panels = ask, dimensions, part, days, panels
        self._passing = [passing(source, ask, name) for name in dimensions]
        self._runs = days.runs
        self._bins = self._read_bins(wanted)
        self._numbers = {pair: self._read(*pair) for pair in wanted if pair[0] not in (HISTOGRAM, ELAPSED)}
        self._waited = {pair: self._read_elapsed(pair[1]) for pair in wanted if pair[0] == ELAPSED}
        self.top = 0
        self._last: tuple[Groups, tuple[int, ...], _Placed] | None = None

    def _sums(self, name: str) -> Ints:
        return self._runs.of(self._panels.sums(self._part, name))

    def _read(self, kind: int, column: str) -> list[Ints]:
        """The numbers of an operation by stretch of days and code, one array for each of its width."""
        if kind == COUNT:
            return [self._sums("n")]
        if kind == SUM:
            return [self._sums(f"s:{column}"), self._sums(f"f:{column}")]
        assert kind == LIMITS
        return [
            self._least(f"lo:{column}", np.minimum, _LARGEST), self._least(f"hi:{column}", np.maximum, NULL)
        ]  # fmt: skip

    def _least(self, name: str, pick: np.ufunc, empty: int) -> Ints:
        values = self._panels.stacked(self._part, name, empty)
        values = np.concatenate([values, np.full((1, *values.shape[1:]), empty, np.int64)])  # so that ends are places
        edges = np.column_stack([self._runs.first, self._runs.last]).reshape(-1)
        found: Ints = pick.reduceat(values, edges, axis=0)[::2]
        return found

    def _read_elapsed(self, column: str) -> tuple[Ints, Ints]:
        """Rows, and the sum of their times less that of their spans."""
        times = self._runs.of(self._panels.elapsed(self._part, self._days.starts))
        return self._sums("n"), times - self._sums(f"s:{column}") if column else times

    def _read_bins(self, wanted: Sequence[tuple[int, str]]) -> dict[str, list[tuple[int, int, Ints]]]:
        """By column the code, first bin and histograms of stretches; those to be taken away as negative numbers."""
        columns = [column for kind, column in wanted if kind == HISTOGRAM]
        if not columns:
            return {}
        parts: list[tuple[int, str, int]] = [(-1, "h", 1)]
        if self._dimensions:
            name, passed = self._dimensions[0], self._passing[0]
            parts = [(code, f"h:{name}:{code}", 1) for code in np.flatnonzero(passed).tolist()]
            if not self._ask.by and len(parts) * 2 > len(passed):  # all but those that do not pass
                rest = np.flatnonzero(~passed).tolist()
                parts = [(-1, "h", 1), *((code, f"h:{name}:{code}", -1) for code in rest)]
        return {column: [self._histogram(*part, column) for part in parts] for column in columns}

    def _histogram(self, code: int, part: str, sign: int, column: str) -> tuple[int, int, Ints]:
        first, sums = self._panels.histograms(part, column)
        return code, first, sign * self._runs.of(sums)

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin of a column."""
        found = self._bins.get(column, [])
        last = max((first + counts.shape[1] - 1 for _, first, counts in found), default=0)
        return min((first for _, first, _ in found), default=0), last

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """What an operation would have counted: [slots, width]."""
        out = np.zeros((self._ask.frame.size, groups.size, op.width), np.int64)
        if op.kind == HISTOGRAM:
            slots = slots_of(groups, [len(self._passing[0])] if groups.columns else [])
            for code, first, counts in self._bins[op.column]:
                at = first - op.first_bin
                slot = int(slots[code]) if groups.columns else 0
                _add_lines(out[:, slot, at : at + counts.shape[1]], self._runs, counts)
            return out.reshape(-1, op.width)
        if op.kind == ELAPSED:
            rows, times = self._waited[op.kind, op.column]
            numbers = [rows * op.since_ms - times]
        else:
            numbers = self._numbers[op.kind, op.column]
        if op.kind == LIMITS:
            out[:, :, 0], out[:, :, 1] = _LARGEST, NULL
        for place, values in enumerate(numbers):
            self._add(op, groups, values, out[:, :, place], place)
        return out.reshape(-1, op.width)

    def _add(self, op: Operation, groups: Groups, values: Ints, out: Ints, place: int) -> None:
        """Adds numbers [stretches, codes...] to [buckets, groups]."""
        if values.ndim == 1 and op.kind != LIMITS:
            _add_lines(out, self._runs, values[:, None])
            return
        order, masks, slots = self._placed(groups, values.shape)
        if order != tuple(range(values.ndim)):
            values = np.transpose(values, order)
        for axis, passed in masks:
            values = np.compress(passed, values, axis)
        if not values.size:  # no value of a dimension passes
            return
        flat = values.reshape(len(values), slots.size, -1)
        if groups.size == 1 and op.kind != LIMITS:
            _add_lines(out, self._runs, flat.sum(axis=(1, 2))[:, None])
            return
        buckets = self._runs.buckets[:, None]
        if op.kind == LIMITS:
            least, most = flat.min(axis=2, initial=_LARGEST), flat.max(axis=2, initial=NULL)
            (np.minimum if place == 0 else np.maximum).at(out, (buckets, slots), least if place == 0 else most)
        elif groups.kept is None and self._runs.are_single:
            out[buckets, slots] = flat.sum(axis=2)  # each place once
        else:
            np.add.at(out, (buckets, slots), flat.sum(axis=2))

    def _placed(self, groups: Groups, shape: tuple[int, ...]) -> _Placed:
        """How numbers of that shape are laid into the groups; the same for all numbers of a part."""
        if self._last is not None and self._last[0] is groups and self._last[1] == shape:
            return self._last[2]
        grouped = tuple(1 + self._dimensions.index(name) for name in groups.columns)
        rest = tuple(axis for axis in range(1, len(shape)) if axis not in grouped)
        slots = slots_of(groups, [shape[axis] for axis in grouped])
        masks: list[tuple[int, Mask]] = []
        for place, axis in enumerate((*grouped, *rest), 1):
            passed = self._passing_in(self._dimensions[axis - 1], shape[axis])
            if not passed.all():
                masks.append((place, passed))
                slots = np.compress(passed, slots, place - 1) if place <= len(grouped) else slots
        found = (0, *grouped, *rest), masks, slots.reshape(1, -1)
        self._last = groups, shape, found
        return found

    def _passing_in(self, dimension: str, size: int) -> Mask:
        return self._passing[self._dimensions.index(dimension)][:size]


class Sets:
    """Sets of people of whole months, for an ask that uses at most one dimension (`name`, or ""); without one, `days`
    are bits of everyone in some days more, by bucket."""

    def __init__(
        self, source: Source, ask: Ask, name: str, months: Sequence[tuple[int, Panels]],
        days: Sequence[tuple[int, NDArray[np.uint64]]],
    ) -> None:  # fmt: skip
        codes = np.flatnonzero(passing(source, ask, name)).tolist() if name else [-1]
        together = [codes] if not ask.by else [[code] for code in codes]
        self._ask, self._sizes = ask, [source.dictionary(name).size + 1] if name else []
        self._sets = [
            (bucket, some[0] if some else -1, panels.sets([f"a:{name}:{code}" if name else "a" for code in some]))
            for bucket, panels in months
            for some in together
        ]
        self._sets += [(bucket, -1, bits) for bucket, bits in days]
        self.top = max((len(bits) * 64 - 1 for _, _, bits in self._sets), default=0)

    def bins(self, _column: str) -> tuple[int, int]:
        """Sets have no histograms."""
        return 0, 0

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """One bit for each person: [slots, words]."""
        out = np.zeros((self._ask.frame.size, groups.size, op.width), np.uint64)
        slots = slots_of(groups, self._sizes if groups.columns else [])
        for bucket, code, bits in self._sets:
            out[bucket, int(slots[code]) if groups.columns else 0, : len(bits)] |= bits
        return out.reshape(-1, op.width)
