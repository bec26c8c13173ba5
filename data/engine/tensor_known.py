"""What do the tensors of some days say, as the operations of an ask count it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import NULL, Ask, Between, Ints, Stat
from data.engine.groups import Groups
from data.engine.logbins import percentiles
from data.engine.program import COUNT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation, table_of
from data.engine.sources import Source
from data.engine.tensor_index import Month
from data.engine.tensor_panels import Panels

_LARGEST = 2**63 - 1
_NOTHING = np.empty(0, np.int64)
Mask = NDArray[np.bool_]
_Placed = tuple[tuple[int, ...], list[tuple[int, Mask]], Ints]
"""The order of the axes, which codes pass along an axis in that order, and the slots of those that do."""
_ADDED = {"n": "n", "sum": "s:", "filled": "f:"}
"""How parts name what is added up for a statistic, before its column."""


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


def passing(source: Source, ask: Ask, dimension: str) -> Mask | None:
    """Which codes of a dimension meet the ask's predicates, None where all do; do not change it."""
    found: Mask | None = None
    for predicate in ask.predicates:
        if not isinstance(predicate, Between) and predicate.column == dimension:
            passed = table_of(source, predicate).view(np.bool_)
            found = passed if found is None else found & passed
    return found


def codes_of(source: Source, dimension: str, passed: Mask | None) -> list[int]:
    """The codes that pass."""
    if passed is None:
        return list(range(source.dictionary(dimension).size + 1))
    return passed.nonzero()[0].tolist()


def slots_of(groups: Groups, shape: Sequence[int]) -> Ints:
    """The slot of every combination of codes, an array of that shape (a code for each dimension of the groups)."""
    if not groups.columns:
        return np.zeros((), np.int64)
    tables = [_padded(table, size) for table, size in zip(groups.tables, shape, strict=True)]
    keys = tables[0] if len(tables) == 1 else tables[0][:, None] + tables[1][None, :]
    return groups.pairs[keys].astype(np.int64) if groups.pairs is not None else keys


def _into_buckets(runs: Runs, numbers: Ints, size: int) -> Ints:
    """Numbers [stretches, ...] added up in their buckets, [size, ...]."""
    if runs.are_single and len(numbers) == size:
        return numbers
    out = np.zeros((size, *numbers.shape[1:]), np.int64)
    if runs.are_single:
        out[runs.buckets] = numbers
    else:
        np.add.at(out, runs.buckets, numbers)
    return out


def _padded(table: NDArray[np.int32] | None, size: int) -> Ints:
    assert table is not None
    return table[:size].astype(np.int64)


def _names_of(kind: int, column: str) -> tuple[str, ...]:
    """What of a part an operation adds up."""
    if kind == COUNT:
        return ("n",)
    if kind == SUM:
        return f"s:{column}", f"f:{column}"
    return ("n", *([f"s:{column}"] if column else [])) if kind == ELAPSED else ()


class Known:
    """Statistics of days, for an ask that uses at most two dimensions (`dimensions`, in the order of the model)."""

    def __init__(
        self, source: Source, ask: Ask, wanted: Sequence[tuple[int, str]], dimensions: Sequence[str], part: str,
        days: Chosen, panels: Panels,
    ) -> None:  # fmt: skip
        self._ask, self._dimensions, self._part, self._panels = ask, dimensions, part, panels
        self._passing = [passing(source, ask, name) for name in dimensions]
        self._runs = days.runs
        self._bins = self._read_bins(source, wanted)
        names = tuple(dict.fromkeys(name for pair in wanted for name in _names_of(*pair)))
        self._places = {name: i for i, name in enumerate(names)}
        self._added = self._runs.of(panels.sums(part, names)) if names else _NOTHING
        waits = any(kind == ELAPSED for kind, _ in wanted)
        self._waited = self._runs.of(panels.elapsed(part, days.starts)) if waits else _NOTHING
        self._limits = {column: self._read_limits(column) for kind, column in wanted if kind == LIMITS}
        self.is_plain = not (waits or self._limits)
        self.top = 0
        self._last: tuple[Groups, Ints] | None = None

    def _read_limits(self, column: str) -> tuple[Ints, Ints]:
        return self._least(f"lo:{column}", np.minimum, _LARGEST), self._least(f"hi:{column}", np.maximum, NULL)

    def _least(self, name: str, pick: np.ufunc, empty: int) -> Ints:
        values = self._panels.stacked(self._part, name, empty)
        values = np.concatenate([values, np.full((1, *values.shape[1:]), empty, np.int64)])  # so that ends are places
        edges = np.column_stack([self._runs.first, self._runs.last]).reshape(-1)
        found: Ints = pick.reduceat(values, edges, axis=0)[::2]
        return found

    def _read_bins(
        self, source: Source, wanted: Sequence[tuple[int, str]]
    ) -> dict[str, list[tuple[int, int, Ints]]]:  # fmt: skip
        """By column the code, first bin and histograms of stretches; those to be taken away as negative numbers."""
        columns = [column for kind, column in wanted if kind == HISTOGRAM]
        if not columns:
            return {}
        parts: list[tuple[int, str, int]] = [(-1, "h", 1)]
        if self._dimensions:
            name, passed = self._dimensions[0], self._passing[0]
            codes = codes_of(source, name, passed)
            parts = [(code, f"h:{name}:{code}", 1) for code in codes]
            if not self._ask.by and passed is not None and len(codes) * 2 > len(passed):  # all but those that do not
                parts = [(-1, "h", 1), *((code, f"h:{name}:{code}", -1) for code in (~passed).nonzero()[0].tolist())]
        return {column: [self._histogram(*part, column) for part in parts] for column in columns}

    def _histogram(self, code: int, part: str, sign: int, column: str) -> tuple[int, int, Ints]:
        first, sums = self._panels.histograms(part, column)
        return code, first, sign * self._runs.of(sums)

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin of a column."""
        found = self._bins.get(column, [])
        last = max((first + counts.shape[1] - 1 for _, first, counts in found), default=0)
        return min((first for _, first, _ in found), default=0), last

    def cells(self, groups: Groups) -> dict[Stat, Ints]:
        """The ask's statistics but for distinct people, [buckets, groups], where `is_plain`; do not change them."""
        added = self._laid(groups)
        found = {
            stat: added[:, self._places[_ADDED[stat.kind] + stat.column]]
            for stat in self._ask.stats
            if stat.kind in _ADDED
        }
        for column in self._bins:
            first, last = self.bins(column)
            counts = self._histograms(column, first, last - first + 1, groups)
            upto = np.cumsum(counts, axis=1)
            for stat in self._ask.stats:
                if stat.kind == "percentile" and stat.column == column:
                    found[stat] = percentiles(counts, first, stat.q, upto).reshape(len(added), -1)
        return found

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """What an operation would have counted: [slots, width]."""
        if op.kind == HISTOGRAM:
            return self._histograms(op.column, op.first_bin, op.width, groups)
        if op.kind == LIMITS:
            return self._extremes(op, groups)
        if op.kind == ELAPSED:
            rows, spans = (self._added[:, self._places[name]] for name in ("n", f"s:{op.column}" if op.column else "n"))
            times = self._waited - spans if op.column else self._waited
            found = self._lay((rows * op.since_ms - times)[:, None], groups)
        else:
            first = self._places[_names_of(op.kind, op.column)[0]]
            found = self._laid(groups)[:, first : first + op.width]
        return found.transpose(0, 2, 1).reshape(-1, op.width)

    def _histograms(self, column: str, first_bin: int, width: int, groups: Groups) -> Ints:
        out = np.zeros((self._ask.frame.size, groups.size, width), np.int64)
        slots = slots_of(groups, [len(table) for table in groups.tables if table is not None])
        for code, first, counts in self._bins[column]:
            at = first - first_bin
            slot = int(slots[code]) if groups.columns else 0
            out[:, slot, at : at + counts.shape[1]] += _into_buckets(self._runs, counts, len(out))
        return out.reshape(-1, width)

    def _extremes(self, op: Operation, groups: Groups) -> Ints:
        out = np.empty((self._ask.frame.size, groups.size, 2), np.int64)
        out[:] = _LARGEST, NULL
        buckets = self._runs.buckets[:, None]
        for place, (values, pick) in enumerate(zip(self._limits[op.column], (np.minimum, np.maximum), strict=True)):
            flat, slots = self._by_slot(values[:, None], groups)
            if flat.size:
                pick.at(out[:, :, place], (buckets, slots), pick.reduce(flat[:, 0], axis=2))
        return out.reshape(-1, 2)

    def _laid(self, groups: Groups) -> Ints:
        """Rows and sums, [buckets, as many as are added up, groups]; do not change them."""
        if self._last is None or self._last[0] is not groups:
            self._last = groups, self._lay(self._added, groups)
        return self._last[1]

    def _lay(self, values: Ints, groups: Groups) -> Ints:
        """Numbers [stretches, width, codes...] added up by bucket and group, [buckets, width, groups]."""
        flat, slots = self._by_slot(values, groups)
        size = self._ask.frame.size
        if groups.size == 1:
            return _into_buckets(self._runs, flat.sum(axis=(2, 3))[:, :, None], size)
        summed = flat[:, :, :, 0] if flat.shape[3] == 1 else flat.sum(axis=3)
        lines = np.zeros((*flat.shape[:2], groups.size), np.int64)
        if groups.kept is None:
            lines[:, :, slots] = summed  # each place once
        else:
            np.add.at(np.moveaxis(lines, 2, 0), slots, np.moveaxis(summed, 2, 0))
        return _into_buckets(self._runs, lines, size)

    def _by_slot(self, values: Ints, groups: Groups) -> tuple[Ints, Ints]:
        """Those of the numbers whose codes pass, [stretches, width, slots, what is added up], and those slots."""
        order, masks, slots = self._placed(groups, values.shape[2:])
        values = np.transpose(values, order)
        for axis, passed in masks:
            values = values.compress(passed, axis)
        rest = values.shape[2 + len(groups.columns) :]
        return values.reshape(*values.shape[:2], slots.size, prod(rest)), slots

    def _placed(self, groups: Groups, shape: tuple[int, ...]) -> _Placed:
        """How numbers of that many codes are laid into the groups."""
        grouped = tuple(self._dimensions.index(name) for name in groups.columns)
        rest = tuple(axis for axis in range(len(shape)) if axis not in grouped)
        slots = slots_of(groups, [shape[axis] for axis in grouped])
        masks: list[tuple[int, Mask]] = []
        for place, axis in enumerate((*grouped, *rest)):
            mask = self._passing[axis]
            if mask is not None:
                passed = mask[: shape[axis]]
                masks.append((2 + place, passed))
                slots = slots.compress(passed, place) if place < len(grouped) else slots
        return (0, 1, *(2 + axis for axis in (*grouped, *rest))), masks, slots.reshape(-1)
