"""What program do the kernels run for some asks?

Tasks are asks (or, where memory asks for it, a run of buckets of one); predicates shared by several are evaluated once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Between, Contains, Inside, Ints, OneOf, Predicate
from data.engine.groups import Groups
from data.engine.sources import Source, stored_name

COUNT, SUM, HISTOGRAM, LIMITS, DISTINCT, ELAPSED, EXTRACT = 0, 1, 2, 3, 4, 5, 6
IN_TABLE, IN_RANGE = 0, 1
FIXED = ("w", "t")


@dataclass(slots=True)
class Operation:
    """One operation of a task over a column: `width` numbers a slot, from `offset` in its array.

    `full` says that no value of the column is missing; `table` holds suspects or targets (see counting). `known` is
    what was counted elsewhere, [slots, width], and is added; with `keep_bits` DISTINCT gives bits, not their number.
    """

    kind: int
    column: str = ""
    width: int = 0
    first_bin: int = 0
    since_ms: int = 0
    channel: int = -1
    table: NDArray[np.generic] | None = None
    full: bool = False
    known: NDArray[Any] | None = None
    keep_bits: bool = False
    offset: int = 0

    @property
    def bytes(self) -> int:
        """The memory of one slot."""
        return self.width * (4 if self.kind == HISTOGRAM else 8)


@dataclass(slots=True)
class Task:
    """Buckets [first, last) of an ask, with its groups and operations."""

    ask: Ask
    groups: Groups
    first: int
    last: int
    operations: list[Operation] = field(default_factory=list)

    @property
    def slots(self) -> int:
        """Buckets times groups."""
        return (self.last - self.first) * self.groups.size

    @property
    def bytes(self) -> int:
        """The memory its operations add to, in one thread."""
        return self.slots * sum(op.bytes for op in self.operations)


def columns_of_predicate(source: Source, found: Predicate) -> str:
    """The stored column a predicate reads."""
    return stored_name(source.dataset, found.column)


def columns_of(source: Source, ask: Ask, wanted: Sequence[tuple[int, str]]) -> set[str]:
    """The stored columns that operations (kind, column) of an ask read, but for the weight."""
    dataset = source.dataset
    found = {columns_of_predicate(source, p) for p in ask.predicates}
    found |= {stored_name(dataset, name) for name in ask.by}
    found |= {"t"} if any(kind == ELAPSED for kind, _ in wanted) else set()
    return found | {stored_name(dataset, column) for _, column in wanted if column}


def table_of(source: Source, found: OneOf | Contains | Inside) -> NDArray[np.uint8]:
    """1 for each code that passes; do not change it."""
    if found not in source.tables:
        source.tables[found] = _table_of(source, found)
    return source.tables[found]


def _table_of(source: Source, found: OneOf | Contains | Inside) -> NDArray[np.uint8]:
    if isinstance(found, Inside):
        return source.cells.inside(found.area)
    table, recoded = _named(source, found), source.recoded(found.column)
    return table if recoded is None else table[recoded]


def _named(source: Source, found: OneOf | Contains) -> NDArray[np.uint8]:
    dictionary = source.dictionary(found.column)
    table = np.zeros(dictionary.size + 1, np.uint8)
    if isinstance(found, Contains):
        table[dictionary.matching(found.parts)] = 1
        return table
    table[dictionary.codes([v for v in found.values if v is not None])] = 1
    table[0] = None in found.values
    return 1 - table if found.negate else table


def is_hopeless(source: Source, predicates: Sequence[Predicate]) -> bool:
    """Whether no row can meet the predicates."""
    return any(not table_of(source, p).any() for p in predicates if not isinstance(p, Between))


@dataclass(slots=True)
class Conditions:
    """The tables of predicates; `tables` keeps what they point to alive."""

    preds: Ints
    conds: Ints
    place: dict[tuple[Predicate, ...], int]
    tables: list[NDArray[np.generic]]


def conditions(source: Source, asks: Sequence[Ask], places: dict[str, int]) -> Conditions:
    """Predicates as a tree: what most asks have in common is evaluated first, and once."""
    common = Counter(p for ask in asks for p in set(ask.predicates))
    chains = {predicates: _chain(predicates, common) for predicates in {ask.predicates for ask in asks}}
    nodes = sorted({(), *chains.values()}, key=len)
    place = {chain: i for i, chain in enumerate(nodes)}
    preds, conds, tables = list[list[int]](), list[list[int]](), list[NDArray[np.generic]]()
    for chain in nodes:
        known = [n for n in range(len(chain)) if chain[:n] in place]
        parent = place[chain[: known[-1]]] if chain else -1
        rest = chain[known[-1] :] if chain else ()
        preds.append([parent, len(conds), len(rest)])
        for found in rest:
            column = places[columns_of_predicate(source, found)]
            if isinstance(found, Between):
                conds.append([IN_RANGE, column, found.low, found.high])
            else:
                tables.append(table_of(source, found))
                conds.append([IN_TABLE, column, address(tables[-1]), 0])
    by_ask = {predicates: place[chain] for predicates, chain in chains.items()}
    return Conditions(_lines(preds, 3), _lines(conds, 4), by_ask, tables)


def _chain(predicates: tuple[Predicate, ...], common: Counter[Predicate]) -> tuple[Predicate, ...]:
    """The commonest first; the order does not depend on that in which they were asked."""
    if len(predicates) < 2:
        return predicates
    return tuple(sorted(predicates, key=lambda p: (-common[p], repr(p))))


def address(array: NDArray[np.generic]) -> int:
    """Where an array's values are in memory."""
    return int(array.__array_interface__["data"][0])


def _lines(found: Sequence[Sequence[int]], width: int) -> Ints:
    return np.asarray(found, np.int64).reshape(-1, width)


def task_line(source: Source, task: Task, pred: int, places: dict[str, int], first: int) -> list[int]:
    """A task as the kernels read it."""
    groups = task.groups
    kind = len(groups.columns)
    line = [pred, 0, 0, 0, 0, 0, 0, groups.size, first, len(task.operations)]
    for i, (name, table) in enumerate(zip(groups.columns, groups.tables, strict=True)):
        line[2 + 2 * i] = places[stored_name(source.dataset, name)]
        line[3 + 2 * i] = 0 if table is None else address(table)
    line[1] = 0 if kind == 0 else kind + 1
    line[6] = 0 if groups.pairs is None else address(groups.pairs)
    return [*line, _codes_in_a_byte(task)]


def _codes_in_a_byte(task: Task) -> int:
    """How many codes a task's one dimension has, if at most 256 and only rows and full sums are counted; else 0."""
    tables = task.groups.tables
    simple = all(op.kind == COUNT or (op.kind == SUM and op.full) for op in task.operations)
    if len(tables) != 1 or tables[0] is None or len(tables[0]) > 256 or not simple:
        return 0
    return len(tables[0])


def operation_line(source: Source, found: Operation, places: dict[str, int]) -> list[int]:
    """An operation as the kernels read it."""
    column = places[stored_name(source.dataset, found.column)] if found.column else -1
    table = 0 if found.table is None else address(found.table)
    if found.kind == HISTOGRAM:
        return [found.kind, column, found.offset, found.first_bin, found.width, 0]
    if found.kind == SUM:
        return [found.kind, column, found.offset, 0, 0, int(found.full)]
    if found.kind == ELAPSED:
        return [found.kind, column, found.offset, found.since_ms, 0, 0]
    return [found.kind, column, found.offset, table, found.channel, found.width]
