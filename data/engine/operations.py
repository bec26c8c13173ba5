"""Which operations do the statistics of an ask need, and how are they kept within a budget of memory?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Ints, Stat
from data.engine.groups import Groups
from data.engine.logbins import bins, place_of, representatives
from data.engine.program import COUNT, DISTINCT, ELAPSED, EXTRACT, HISTOGRAM, LIMITS, SUM, Operation, Task
from data.engine.running import Material, Results
from data.engine.sources import Source, stored_name
from data.errors import BadInput

MOST_EXTRACTED = 40_000_000
KINDS = {
    "n": COUNT, "sum": SUM, "filled": SUM, "min": LIMITS, "max": LIMITS, "percentile": HISTOGRAM, "distinct": DISTINCT,
    "elapsed": ELAPSED,
}  # fmt: skip
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Elsewhere(Protocol):
    """What was counted elsewhere: the bins and codes it has, so that there is room for them."""

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin."""

    @property
    def top(self) -> int:
        """The highest code of a set."""


def wanted_of(ask: Ask) -> list[tuple[int, str]]:
    """Kind and column of every operation of an ask, each once, whatever number of statistics read it."""
    return list(_wanted(ask.stats))


@lru_cache(maxsize=256)
def _wanted(stats: tuple[Stat, ...]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted({(KINDS[stat.kind], stat.column) for stat in stats}))


def operation(
    source: Source, material: Material, kind: int, column: str, negatives: Ints, since_ms: int = 0,
    elsewhere: Elsewhere | None = None,
) -> Operation:  # fmt: skip
    """An operation over the gathered columns."""
    if kind == ELAPSED:
        return Operation(kind, column, 1, since_ms=since_ms)
    if kind == COUNT:
        return Operation(kind, column, 1)
    stored = stored_name(source.dataset, column)
    low, high, missing = _limits(material, stored)
    if kind == SUM:
        return Operation(kind, column, 2, full=not missing and elsewhere is None)
    if kind == HISTOGRAM:
        first, last = bins(np.asarray([low, high], np.int64)).tolist()
        if elsewhere:
            first, last = min(first, elsewhere.bins(column)[0]), max(last, elsewhere.bins(column)[1])
        return Operation(kind, column, last - first + 1, first_bin=first)
    if kind == DISTINCT and elsewhere:
        high = max(high, elsewhere.top)
    cancelled = _cancelled(material, stored, negatives)
    if kind == LIMITS:
        return Operation(kind, column, 2, table=None if cancelled is None else _hashed(cancelled))
    return Operation(kind, column, high // 64 + 1, table=None if cancelled is None else _marked(cancelled, high))


def _limits(material: Material, stored: str) -> tuple[int, int, bool]:
    if stored not in material.limits:
        material.limits[stored] = _limits_of([column.limits for column in material.columns.get(stored, {}).values()])
    return material.limits[stored]


def _limits_of(found: Sequence[tuple[int, int, bool]]) -> tuple[int, int, bool]:
    low, high = min((low for low, _, _ in found), default=0), max((high for _, high, _ in found), default=0)
    return low, high, any(missing for _, _, missing in found)


def _cancelled(material: Material, stored: str, negatives: Ints) -> NDArray[np.generic] | None:
    """Values that rows with a negative weight have; None when there are no such rows."""
    found = []
    for line in np.flatnonzero(negatives).tolist():
        weights = material.columns["w"][line].values
        column = material.columns.get(stored, {}).get(line)
        if weights is not None and column is not None and column.values is not None:
            found.append(column.values[weights < 0].astype(np.int64))
    return np.unique(np.concatenate(found)) if found else None


def _hashed(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    table = np.zeros(1 << 16, np.uint8)
    table[((values.astype(np.uint64) * _GOLDEN) >> np.uint64(48)).astype(np.int64)] = 1
    return table


def _marked(values: NDArray[np.generic], high: int) -> NDArray[np.uint8]:
    table = np.zeros(high + 1, np.uint8)
    table[values] = 1
    table[0] = 0  # a missing value is never counted
    return table


def split(ask: Ask, groups: Groups, operations: Sequence[Operation], budget: int, rows: int) -> list[Task]:
    """Tasks of as many buckets as fit the budget; where one bucket does not, its rows are handed out instead.

    Raises BadInput when those would be too many.
    """
    line = groups.size * sum(op.bytes for op in operations)
    if line > budget:
        operations = [_handed_out(op, rows) if op.bytes * groups.size > budget // 4 else op for op in operations]
        line = groups.size * sum(op.bytes for op in operations)
    step = max(1, budget // max(line, 1))
    size = ask.frame.size
    if step >= size:
        return [Task(ask, groups, 0, size, list(operations))]
    return [
        Task(ask, groups, first, last, [_cut(op, first * groups.size, last * groups.size) for op in operations])
        for first in range(0, size, step)
        if (last := min(first + step, size))
    ]


def _cut(found: Operation, first: int, last: int) -> Operation:
    return replace(found, known=None if found.known is None else found.known[first:last])


def _handed_out(found: Operation, rows: int) -> Operation:
    if found.kind not in (HISTOGRAM, DISTINCT) or found.known is not None:  # what is known has no rows to hand out
        return found
    if rows > MOST_EXTRACTED:
        raise BadInput(f"Field `by`: too many groups for {found.column} over {rows:,} rows; filter first or use `top`.")
    return Operation(EXTRACT, found.column, first_bin=found.kind)


def exact_operations(tasks: Iterable[Task], results: Mapping[int, Results]) -> dict[int, Task]:
    """For each task with exact percentiles, by its id, one that hands out the values of the bins they fall into."""
    found: dict[int, Task] = {}
    for task in tasks:
        operations = []
        for stat in task.ask.stats:
            histogram = next((o for o in task.operations if o.kind == HISTOGRAM and o.column == stat.column), None)
            if stat.kind == "percentile" and stat.exact and histogram is not None:
                operations.append(_narrow(histogram, results[id(task)].of(histogram), stat.q))
        if operations:
            found[id(task)] = replace(task, operations=operations)
    return found


def _narrow(histogram: Operation, numbers: Ints, q: float) -> Operation:
    place, _, totals = place_of(numbers, q)
    bin = place + histogram.first_bin
    nothing = (totals <= 0) | (np.abs(representatives(bin)) < 128)
    targets = np.where(nothing, 1 << 30, bin).astype(np.int32)
    return Operation(EXTRACT, histogram.column, table=targets)
