"""Which statistics do the results of the operations make?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.engine.asks import COUNT as COUNTED
from data.engine.asks import NULL, Ask, Group, Ints, Stat, Table
from data.engine.extracts import at_ranks
from data.engine.groups import Groups
from data.engine.logbins import percentiles, place_of, ranks
from data.engine.program import COUNT, DISTINCT, ELAPSED, EXTRACT, HISTOGRAM, LIMITS, SUM, Operation, Task
from data.engine.running import Results
from data.engine.sources import Source

Ran = tuple[Task, Results]
_LARGEST = 2**63 - 1


def collect(ask: Ask, groups: Groups, ran: Sequence[Ran], again: Sequence[Ran | None], source: Source) -> Table:
    """The table of an ask from its tasks, which are runs of buckets in order."""
    cells = {stat: np.concatenate([_cells(stat, *r, a) for r, a in zip(ran, again, strict=True)]) for stat in ask.stats}
    if ask.keep is not None:
        return Table([*ask.keep, ()], cells)
    counted = next(found for stat, found in cells.items() if stat.kind == "n")
    there = np.flatnonzero((counted != 0).any(axis=0)) if ask.by else np.zeros(1, np.int64)
    return Table(groups.names(source, there.tolist()), {stat: found[:, there] for stat, found in cells.items()})


def empty_table(ask: Ask) -> Table:
    """What an ask is answered when no row meets it."""
    groups: list[Group] = [*ask.keep, ()] if ask.keep is not None else [] if ask.by else [()]
    shape = (ask.frame.size, len(groups))
    nothing = {s: NULL if s.kind in ("min", "max", "percentile") else 0 for s in ask.stats}
    return Table(groups, {stat: np.full(shape, empty, np.int64) for stat, empty in nothing.items()})


def _cells(stat: Stat, task: Task, results: Results, again: Ran | None) -> Ints:
    """One statistic of the buckets and groups of a task."""
    found = _VALUES[stat.kind](stat, task, results, again)
    return found.reshape(task.last - task.first, task.groups.size)


def _operation(task: Task, kind: int, column: str, was: int = 0) -> Operation | None:
    """The operation of that kind on the column; of those that hand out rows the one in place of kind `was`."""
    for op in task.operations:
        if op.kind == kind and op.column == column and (kind != EXTRACT or op.first_bin == was):
            return op
    return None


def _plain(kind: int, stat: Stat, task: Task, results: Results) -> Ints:
    op = _operation(task, kind, stat.column)
    assert op is not None
    return results.of(op)[:, 0]


def _filled(stat: Stat, task: Task, results: Results, _again: Ran | None) -> Ints:
    op = _operation(task, SUM, stat.column)
    assert op is not None
    return _plain(COUNT, COUNTED, task, results) if op.full else results.of(op)[:, 1]


def _limit(stat: Stat, task: Task, results: Results, _again: Ran | None) -> Ints:
    op = _operation(task, LIMITS, stat.column)
    assert op is not None
    place = 0 if stat.kind == "min" else 1
    found = results.of(op)[:, place].copy()
    if op.channel >= 0:
        slots, values, _ = results.extract(op).net()
        (np.minimum if place == 0 else np.maximum).at(found, slots, values)
    return np.where(found == _LARGEST, NULL, found) if place == 0 else found


def _distinct(stat: Stat, task: Task, results: Results, _again: Ran | None) -> Ints:
    op = _operation(task, DISTINCT, stat.column)
    if op is None:
        op = _operation(task, EXTRACT, stat.column, DISTINCT)
        assert op is not None
        found = np.zeros(task.slots, np.int64)
    else:
        found = results.of(op)[:, 0].copy()
    if op.channel >= 0:
        slots, _, _ = results.extract(op).net()
        found += np.bincount(slots, minlength=task.slots)
    return found


def _percentile(stat: Stat, task: Task, results: Results, again: Ran | None) -> Ints:
    op = _operation(task, HISTOGRAM, stat.column)
    if op is None:
        return _ranked(stat, task, results)
    found = percentiles(results.of(op), op.first_bin, stat.q)
    if stat.exact and again is not None:
        _, rank, _ = place_of(results.of(op), stat.q)
        mine = [s for s in task.ask.stats if s.kind == "percentile" and s.exact]
        at_ranks(again[1].extract(again[0].operations[mine.index(stat)]), rank, found)
    return found


def _ranked(stat: Stat, task: Task, results: Results) -> Ints:
    """The exact percentile of rows that were handed out."""
    op = _operation(task, EXTRACT, stat.column, HISTOGRAM)
    assert op is not None
    slots, _, weights = results.extract(op).net()
    totals = np.bincount(slots, weights, task.slots).astype(np.int64)
    found = np.full(task.slots, NULL, np.int64)
    at_ranks(results.extract(op), ranks(totals, stat.q), found)
    return found


_VALUES = {
    "n": lambda s, t, r, _a: _plain(COUNT, s, t, r), "sum": lambda s, t, r, _a: _plain(SUM, s, t, r),
    "filled": _filled, "elapsed": lambda s, t, r, _a: _plain(ELAPSED, s, t, r), "min": _limit, "max": _limit,
    "distinct": _distinct, "percentile": _percentile,
}  # fmt: skip
