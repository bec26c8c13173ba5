"""Which rows does a query give, once the sufficient statistics are there?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import COUNT, NULL, Group, Ints, Key, Stat, Table
from data.engine.evaluate import Cells, Values, evaluate
from data.engine.plan import EdgeSet, Plan
from data.engine.shapes import Formula, Leaf
from data.errors import BadInput

Tables = dict[Key, Table]
Order = Sequence[int]
OTHER: Group = ("__other__",)
MOST_ROWS = 200_000
_FEW_GROUPS = 500


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for a plan; with `keep` its groups are those and then the `others` (so many) together."""

    plan: Plan
    sets: tuple[EdgeSet, ...]
    tables: Tables
    keep: tuple[Group, ...] | None = None
    others: int = 0

    @property
    def other(self) -> int:
        """The place of all others together, -1 when none are."""
        return -1 if self.keep is None else len(self.keep)


class Reading:
    """The statistics of one edge set of a plan, aligned on one list of groups."""

    def __init__(self, found: Found, edges: EdgeSet, groups: Sequence[Group]) -> None:
        self.found, self.set, self.groups = found, edges, groups
        self._cached: dict[Leaf, Ints] = {}
        self._places: dict[Key, list[int] | None] = {}

    def __call__(self, leaf: Leaf) -> Ints:
        if leaf not in self._cached:
            self._cached[leaf] = self._read(self.set.holds[leaf], leaf.stat, leaf.running)
        return self._cached[leaf]

    def _read(self, key: Key, stat: Stat, running: bool) -> Ints:
        found = self.found.tables[key].cells[stat]
        if running:
            found = np.cumsum(found, axis=0)[1:]
        places = self._places_in(key)
        if places is None:
            return found
        empty = NULL if stat.kind in ("min", "max", "percentile") else 0
        aligned = np.full((found.shape[0], len(self.groups)), empty, np.int64)
        aligned[:, places] = found
        return aligned

    def _places_in(self, key: Key) -> list[int] | None:
        """Where the groups of a table belong; None where they are these already."""
        if key not in self._places:
            groups, mine = self.found.tables[key].groups, self.groups
            there = not self.found.plan.query.by or self.found.keep is not None or groups == mine
            places = {} if there else {group: i for i, group in enumerate(mine)}
            self._places[key] = None if there else [places[group] for group in groups]
        return self._places[key]

    def cells(self) -> Cells:
        """What `evaluate` needs."""
        plan = self.found.plan
        return Cells(self, plan.query.by, self.groups, self.found.keep is not None, self.set.edges, plan.now)

    def present(self) -> NDArray[np.bool_]:
        """Where there is any row that a metric counts, [buckets, groups]."""
        running = {key: leaf.running for leaf, key in self.set.holds.items()}
        counts = [self._read(key, COUNT, before) != 0 for key, before in running.items()]
        found: NDArray[np.bool_] = counts[0] if len(counts) == 1 else np.logical_or.reduce(counts)
        return found


def groups_of(edges: Sequence[EdgeSet], tables: Tables) -> list[Group]:
    """Every group that one of the asks found, in alphabetical order, missing last."""
    found = tuple(tuple(tables[ask.without_stats].groups) for edge in edges for ask in edge.asks)
    few = sum(map(len, found)) <= _FEW_GROUPS
    return list(_in_order_once(found) if few else _in_order(found))


def _in_order(found: Iterable[tuple[Group, ...]]) -> tuple[Group, ...]:
    every = {group for groups in found for group in groups}
    if any(None in group for group in every):
        return tuple(sorted(every, key=group_order))
    return tuple(sorted(cast(set[tuple[str, ...]], every)))


_in_order_once = lru_cache(maxsize=256)(_in_order)


def group_order(group: Group) -> tuple[tuple[bool, str], ...]:
    """Sorts groups by their values, missing last."""
    return tuple((value is None, value or "") for value in group)


def largest(plan: Plan, tables: Tables) -> tuple[tuple[Group, ...], int] | None:
    """The groups that `top` keeps and how many there are besides; None when there are no more than that."""
    top, ranking = plan.query.top, plan.ranking
    if top is None or ranking is None or sum(len(tables[ask.without_stats].groups) for ask in ranking.asks) <= top:
        return None
    groups = groups_of([ranking], tables)
    if len(groups) <= top:
        return None
    reading = Reading(Found(plan, (ranking,), tables), ranking, groups)
    first = next(iter(plan.formulas.values()))
    ranks = _rank(evaluate(first, reading.cells()), None)[0]
    return tuple(groups[i] for i in ranks[:top]), len(groups) - top


def _by_name(found: Found, groups: Sequence[Group]) -> Ints | None:
    """The places of the groups in the order of their names; None where they are in it."""
    if found.keep is None:
        return None
    return np.asarray(sorted(range(len(groups)), key=lambda i: group_order(groups[i])), np.int64)


def _rank(values: Values, by_name: Ints | None) -> list[list[int]]:
    """For each bucket the groups by descending value, unknown last, then by name."""
    numbers, known = values.numbers, values.known
    if by_name is not None:
        numbers, known = numbers[:, by_name], None if known is None else known[:, by_name]
    if known is None or known.all():
        order = np.argsort(-numbers, axis=1, kind="stable")
    else:
        order = np.lexsort((np.where(known, -numbers, 0), ~known))
    ranked: list[list[int]] = (order if by_name is None else by_name[order]).tolist()
    return ranked


def rows_of(found: Found) -> list[dict[str, Any]]:
    """The rows of the answer, in the order and with the keys that MetricResult describes."""
    plan, by = found.plan, found.plan.query.by
    if not plan.formulas:
        return []
    groups: list[Group] = [()]
    if by:
        groups = [*found.keep, OTHER * len(by)] if found.keep is not None else groups_of(found.sets, found.tables)
    readings = [Reading(found, edges, groups) for edges in found.sets]
    columns, ranks = _columns(found, readings)
    shown = np.logical_or.reduce([reading.present() for reading in readings]) if by else None
    count = 0 if shown is None else int(shown.sum())
    if count > MOST_ROWS:
        raise BadInput(f"The answer has {count:,} rows; expected at most {MOST_ROWS:,}: take `top` or a filter.")
    return _rows(found, columns, ranks, groups, None if shown is None else shown.tolist())


def _rows(
    found: Found, columns: dict[str, list[list[Any]]], ranks: list[list[int]], groups: Sequence[Group],
    shown: list[list[bool]] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    plan, other, names = found.plan, found.other, _names(found, groups)
    rows = []
    for bucket, order in enumerate(ranks if shown else [[0]] * len(plan.buckets.labels)):
        head = {"bucket": plan.heads[bucket]} if plan.heads else {}
        values = [(name, numbers[bucket]) for name, numbers in columns.items()]
        for place in _last(order, other):
            if shown is not None and not shown[bucket][place]:
                continue
            row = head | names[place]
            for name, numbers in values:
                row[name] = numbers[place]
            if bucket == plan.incomplete:
                row["__incomplete"] = True
            if place == other:
                row["__kind"], row["__members"] = "other", found.others
            rows.append(row)
    return rows


def _last(order: Order, other: int) -> Order:
    """The order with the pooled group at its end."""
    return order if other < 0 else [*(i for i in order if i != other), other]


def _columns(found: Found, readings: Sequence[Reading]) -> tuple[dict[str, list[list[Any]]], list[list[int]]]:
    plan, groups = found.plan, readings[0].groups
    columns: dict[str, list[list[Any]]] = {}
    ranks: list[list[int]] = []
    cells, past = readings[0].cells(), readings[1].cells() if plan.compared else None
    for name in plan.query.metrics:
        formula = plan.formulas.get(name)
        if formula is None:
            nothing = [[None] * len(groups) for _ in plan.buckets.labels]
            columns |= {name: nothing, **({f"{name}__previous": nothing} if past else {})}
            continue
        values = evaluate(formula, cells)
        columns[name] = values.listed()
        if not ranks:
            ranks = _rank(values, _by_name(found, groups)) if plan.query.by else [[0]]
        if past:
            columns[f"{name}__previous"] = _past(formula, past)
    return columns, ranks


def _past(formula: Formula, cells: Cells) -> list[list[Any]]:
    """Values of the compared buckets; an empty one (cut off, or a day that year lacks) has nothing to say."""
    values, edges = evaluate(formula, cells), cells.edges
    empty = [i for i, (a, b) in enumerate(pairwise(edges)) if a >= b]
    if empty:
        values.known = np.ones(values.numbers.shape, np.bool_) if values.known is None else values.known.copy()
        values.known[empty] = False
    return values.listed()


def _names(found: Found, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """By what the rows of each group are named."""
    by = found.plan.query.by
    if found.keep is None:
        return [dict(zip(by, group, strict=True)) for group in groups]
    return [*(dict(zip(by, group, strict=True)) for group in found.keep), dict.fromkeys(by)]
