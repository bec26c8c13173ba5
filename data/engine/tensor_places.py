"""How many rows lay in which cell in whole settled months, so that a map of a year reads kilobytes?

A month's rows by cell, and by cell and each small dimension, are kept as lists of those pairs that occur. Hexagons of
every size, areas and viewports are tables over cells, so that one list answers them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Between, Ints
from data.engine.groups import Groups
from data.engine.hexagons import STORED
from data.engine.operations import wanted_of
from data.engine.program import COUNT, Operation, table_of
from data.engine.sources import Source, stored_name
from data.engine.tensor_panels import Panels
from data.engine.tensor_parts import Array, Arrays, narrowed

MOST_SLOTS = 1 << 20
"""Answers with more groups are counted from segments, which finds first those that occur."""
_ROWS_A_PAIR = 4
"""Where a month has fewer rows for each pair, pairs save nothing."""


def part_of(name: str) -> str:
    """The part that holds the rows by cell, and by a dimension unless that is ""."""
    return f"c:{name}" if name else "c"


def dimension_of(source: Source, ask: Ask) -> str | None:
    """The one dimension beside the place that an ask of places uses, "" without; None when it wants something else."""
    columns = {*ask.by, *(p.column for p in ask.predicates)}
    beside = [name for name in columns if stored_name(source.dataset, name) != STORED]
    is_plain = not any(isinstance(p, Between) for p in ask.predicates) and {k for k, _ in wanted_of(ask)} == {COUNT}
    if not is_plain or len(beside) == len(columns) or len(beside) > 1:
        return None
    return beside[0] if beside else ""


def packed(slots: Ints, counts: Ints, size: int, rows: int) -> dict[str, Array] | None:
    """Pairs (slot = cell * size + code of the dimension, in order) as arrays; None where they save nothing."""
    if slots.size * _ROWS_A_PAIR > rows:
        return None
    cells, codes = np.divmod(slots, size)
    return {"gaps": narrowed(np.diff(cells, prepend=0)), "codes": narrowed(codes), "n": narrowed(counts)}


def added(slots: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Each slot once, in order, with all that was counted for it, without those that come to nothing."""
    if not slots.size:
        return slots, counts
    order = np.argsort(slots, kind="stable")
    slots, counts = slots[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], slots[1:] != slots[:-1]]))
    sums = np.add.reduceat(counts, first)
    return slots[first][sums != 0], sums[sums != 0]


class Places:
    """The rows of whole months, by bucket, for an ask of places; `name` is the dimension beside the place, or ""."""

    def __init__(self, source: Source, ask: Ask, name: str, months: Sequence[tuple[int, Panels]]) -> None:
        self.top = 0
        self._ask, self._source, self._name = ask, source, name
        self._pairs = [(bucket, panels.pairs(part_of(name), _joined)) for bucket, panels in months]

    def bins(self, _column: str) -> tuple[int, int]:
        """Rows have no histograms."""
        return 0, 0

    def of(self, _op: Operation, groups: Groups) -> NDArray[Any]:
        """Rows: [slots, 1]."""
        out = np.zeros((self._ask.frame.size, groups.size), np.int64)
        for bucket, pairs in self._pairs:
            passed = self._passed(pairs)
            slots = self._slots(groups, pairs[:, passed])
            # TRICKY: sums of floats, exact below 2**53, which no number of rows reaches.
            out[bucket] += np.bincount(slots, pairs[2, passed], groups.size).astype(np.int64)
        return out.reshape(-1, 1)

    def _passed(self, pairs: Ints) -> NDArray[np.bool_]:
        found = np.ones(pairs.shape[1], np.bool_)
        for predicate in self._ask.predicates:
            assert not isinstance(predicate, Between), "an ask of places has none"
            found &= table_of(self._source, predicate)[self._codes(predicate.column, pairs)] != 0
        return found

    def _slots(self, groups: Groups, pairs: Ints) -> Ints:
        slots = np.zeros(pairs.shape[1], np.int64)
        for column, table in zip(groups.columns, groups.tables, strict=True):
            codes = self._codes(column, pairs)
            slots += codes if table is None else table[codes]
        return slots if groups.pairs is None else groups.pairs[slots].astype(np.int64)

    def _codes(self, column: str, pairs: Ints) -> Ints:
        """The stored codes of a column: those of cells, or of the dimension beside."""
        codes: Ints = pairs[1 if column == self._name else 0]
        return codes


def _joined(months: Sequence[Arrays]) -> Ints:
    """Cells, codes and rows of some months together, [3, pairs]."""
    size = 1 + max((int(part["codes"].max()) for part in months if part["codes"].size), default=0)
    slots = [np.cumsum(part["gaps"].astype(np.int64)) * size + part["codes"] for part in months]
    counts = [part["n"].astype(np.int64) for part in months]
    keys, sums = added(np.concatenate(slots), np.concatenate(counts))
    return np.stack([*np.divmod(keys, size), sums])
