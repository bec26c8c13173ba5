"""Which statistics do the results of the operations make?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.engine.asks import COUNT as COUNTED
from data.engine.asks import NULL, Ask, Group, Ints, Stat, Table
from data.engine.extracts import at_ranks
from data.engine.groups import Groups
from data.engine.logbins import percentiles, place_of, ranks
from data.engine.operations import KINDS
from data.engine.program import COUNT, DISTINCT, ELAPSED, EXTRACT, HISTOGRAM, LIMITS, SUM, Operation, Task
from data.engine.running import Results
from data.engine.sources import Source

_LARGEST = 2**63 - 1


class Ran:
    """Tasks with their results, and with those of the second pass that exact percentiles take."""

    def __init__(
        self, tasks: Sequence[Task], results: Mapping[int, Results], again: Mapping[int, Task],
        second: Mapping[int, Results],
    ) -> None:  # fmt: skip
        self.results, self.again, self.second = results, again, second
        self._upto: dict[int, Ints] = {}
        self._tasks: dict[tuple[int, int, str], list[Task]] = {}
        for task in tasks:
            for op in task.operations:
                kind = op.first_bin if op.kind == EXTRACT else op.kind
                self._tasks.setdefault((id(task.ask), kind, op.column), []).append(task)

    def upto(self, op: Operation, results: Results) -> Ints:
        """The sums up to each bin of a histogram, the same for all percentiles."""
        if id(op) not in self._upto:
            self._upto[id(op)] = np.cumsum(results.of(op), axis=1)
        return self._upto[id(op)]

    def of(self, ask: Ask, stat: Stat) -> list[Task]:
        """The tasks that counted a statistic of an ask: runs of buckets, in order."""
        return self._tasks[id(ask), KINDS[stat.kind], stat.column]


def collect(ask: Ask, groups: Groups, ran: Ran, source: Source, how: str) -> Table:
    """The table of an ask."""
    return table_of(ask, groups, {s: _all_cells(s, ran.of(ask, s), ran) for s in ask.stats}, source, how)


def table_of(ask: Ask, groups: Groups, cells: Mapping[Stat, Ints], source: Source, how: str) -> Table:
    """The table of statistics [buckets, groups], with the groups that there are."""
    if ask.keep is not None:
        return Table([*ask.keep, ()], dict(cells), how)
    if not ask.by:
        return Table([()], dict(cells), how)
    there = np.flatnonzero(cells[COUNTED].any(axis=0))
    if ask.most is not None and len(there) > ask.most:
        there = there[np.argsort(-cells[COUNTED][:, there].sum(axis=0), kind="stable")[: ask.most]]
    if ask.leading:
        there = _leading(there, cells[COUNTED][:, there].sum(axis=0), len(groups.codes[1]))
    return Table(groups.names(source, there.tolist()), {stat: found[:, there] for stat, found in cells.items()}, how)


def _leading(slots: Ints, counts: Ints, width: int) -> Ints:
    """Of the slots of pairs with the same first code the one with the most rows, of equals the first."""
    firsts = slots // width
    order = np.lexsort((slots, -counts, firsts))
    found: Ints = slots[order[np.diff(firsts[order], prepend=-1) != 0]]
    return found


def empty_table(ask: Ask) -> Table:
    """What an ask is answered when no row meets it."""
    groups: list[Group] = [*ask.keep, ()] if ask.keep is not None else [] if ask.by else [()]
    shape = (ask.frame.size, len(groups))
    nothing = {s: NULL if s.kind in ("min", "max", "percentile") else 0 for s in ask.stats}
    return Table(groups, {stat: np.full(shape, empty, np.int64) for stat, empty in nothing.items()}, "no such value")


def _all_cells(stat: Stat, tasks: Sequence[Task], ran: Ran) -> Ints:
    found = [_cells(stat, task, ran) for task in tasks]
    return found[0] if len(found) == 1 else np.concatenate(found)


def _cells(stat: Stat, task: Task, ran: Ran) -> Ints:
    """One statistic of the buckets and groups of a task."""
    found = _VALUES[stat.kind](stat, task, ran)
    return found.reshape(task.last - task.first, task.groups.size)


def _operation(task: Task, kind: int, column: str) -> Operation | None:
    return next((op for op in task.operations if op.kind == kind and op.column == column), None)


def _handed(task: Task, kind: int, column: str) -> Operation:
    """The operation that hands out rows in place of one of that kind."""
    return next(op for op in task.operations if op.kind == EXTRACT and op.column == column and op.first_bin == kind)


def _plain(kind: int, stat: Stat, task: Task, ran: Ran) -> Ints:
    op = _operation(task, kind, stat.column)
    assert op is not None
    return ran.results[id(task)].of(op)[:, 0]


def _filled(stat: Stat, task: Task, ran: Ran) -> Ints:
    op = _operation(task, SUM, stat.column)
    assert op is not None
    return _plain(COUNT, COUNTED, task, ran) if op.full else ran.results[id(task)].of(op)[:, 1]


def _limit(stat: Stat, task: Task, ran: Ran) -> Ints:
    op = _operation(task, LIMITS, stat.column)
    assert op is not None
    found = ran.results[id(task)].of(op)[:, 0 if stat.kind == "min" else 1]
    return np.where(found == _LARGEST, NULL, found) if stat.kind == "min" else found


def _distinct(stat: Stat, task: Task, ran: Ran) -> Ints:
    op, results = _operation(task, DISTINCT, stat.column), ran.results[id(task)]
    if op is not None:
        return results.of(op)[:, 0]
    slots, _, _ = results.extract(_handed(task, DISTINCT, stat.column)).net()
    return np.bincount(slots, minlength=task.slots).astype(np.int64)


def _percentile(stat: Stat, task: Task, ran: Ran) -> Ints:
    op, results = _operation(task, HISTOGRAM, stat.column), ran.results[id(task)]
    if op is None:
        return _ranked(stat, task, results)
    found = percentiles(results.of(op), op.first_bin, stat.q, ran.upto(op, results))
    again = ran.again.get(id(task))
    if stat.exact and again is not None:
        _, rank, _ = place_of(results.of(op), stat.q)
        mine = [s for s in task.ask.stats if s.kind == "percentile" and s.exact]
        at_ranks(ran.second[id(again)].extract(again.operations[mine.index(stat)]), rank, found)
    return found


def _ranked(stat: Stat, task: Task, results: Results) -> Ints:
    """The exact percentile of rows that were handed out."""
    handed = results.extract(_handed(task, HISTOGRAM, stat.column))
    slots, _, weights = handed.net()
    totals = np.bincount(slots, weights, task.slots).astype(np.int64)
    found = np.full(task.slots, NULL, np.int64)
    at_ranks(handed, ranks(totals, stat.q), found)
    return found


_VALUES = {
    "n": lambda s, t, r: _plain(COUNT, s, t, r), "sum": lambda s, t, r: _plain(SUM, s, t, r), "filled": _filled,
    "elapsed": lambda s, t, r: _plain(ELAPSED, s, t, r), "min": _limit, "max": _limit, "distinct": _distinct,
    "percentile": _percentile,
}  # fmt: skip
