"""Which rows does a query give, once the sufficient statistics are there?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Group, Ints, Key, Table, edge_ms
from data.engine.days import to_ms
from data.engine.evaluate import Cells, Values, evaluate
from data.engine.plan import Plan, ask_of, asks_of, first_formula, ranking_asks
from data.engine.shapes import Formula, Leaf, counted
from data.errors import BadInput

Tables = dict[Key, Table]
OTHER: Group = ("__other__",)
MOST_ROWS = 200_000
MINUTE_MS = 60_000


class Reading:
    """The statistics of one edge set of a plan, aligned on one list of groups."""

    def __init__(self, plan: Plan, edges: tuple[datetime, ...], tables: Tables, groups: Sequence[Group]) -> None:
        self.plan, self.edges, self.tables = plan, edges, tables
        self.groups = groups
        self.places = {group: i for i, group in enumerate(groups)}
        self.cached: dict[Leaf, Ints] = {}

    def __call__(self, leaf: Leaf) -> Ints:
        if leaf not in self.cached:
            self.cached[leaf] = self._read(leaf)
        return self.cached[leaf]

    def _read(self, leaf: Leaf) -> Ints:
        ask = ask_of(leaf, self.plan.query.by, self.edges, self.plan.keep)
        table = self.tables[ask.without_stats]
        found = table.cells[leaf.stat]
        if leaf.running:
            found = np.cumsum(found, axis=0)[1:]
        if not self.plan.query.by or self.plan.keep is not None:
            return found
        empty = np.iinfo(np.int64).min if leaf.stat.kind in ("min", "max", "percentile") else 0
        aligned = np.full((found.shape[0], len(self.groups)), empty, np.int64)
        aligned[:, [self.places[g] for g in table.groups]] = found
        return aligned

    def cells(self) -> Cells:
        """What `evaluate` needs."""
        ended, begun, spans = _ended(self.edges, self.plan.now)
        return Cells(self, self.plan.query.by, self.groups, self.plan.keep is not None, ended, begun, spans)

    def present(self) -> NDArray[np.bool_]:
        """Where there is any row that a metric counts, [buckets, groups]."""
        shape = (len(self.edges) - 1, len(self.groups))
        found = np.zeros(shape, np.bool_)
        for formula in self.plan.formulas.values():
            for leaf in formula.all_leaves():
                found |= self(counted(leaf)) != 0
        return found


@lru_cache(maxsize=256)
def _ended(edges: tuple[datetime, ...], now_at: datetime) -> tuple[Ints, NDArray[np.bool_], Ints]:
    """When each bucket ends (now, in an unfinished one), in milliseconds after the first begins; which have begun; how
    long each has been."""
    ms, now = edge_ms(edges), to_ms(now_at)
    ends, begun = ms[1:], ms[:-1] < now
    # `now` is the beginning of the running minute, whose rows are counted.
    spans = np.maximum(np.minimum(ends, now + MINUTE_MS) - ms[:-1], 0)
    return np.where((ends > now) & begun, now, ends) - ms[0], begun | (ends <= now), spans


def groups_of(asks: Sequence[Ask], tables: Tables) -> list[Group]:
    """Every group that one of the asks found, in alphabetical order, missing last."""
    found = {group for ask in asks for group in tables[ask.without_stats].groups}
    return sorted(found, key=group_order)


def group_order(group: Group) -> tuple[tuple[bool, str], ...]:
    """Sorts groups by their values, missing last."""
    return tuple((value is None, value or "") for value in group)


def largest(plan: Plan, tables: Tables) -> None:
    """Sets the groups that `top` keeps; leaves the plan alone when there are no more than that."""
    formula, top = first_formula(plan), plan.query.top
    asks = ranking_asks(plan)
    if formula is None or top is None or sum(len(tables[a.without_stats].groups) for a in asks) <= top:
        return
    groups = groups_of(asks, tables)
    if len(groups) <= top:
        return
    edges = (plan.buckets.edges[0], plan.buckets.edges[-1])
    reading = Reading(plan, edges, tables, groups)
    ranks = _rank(evaluate(formula, reading.cells()), np.arange(len(groups)))[0]
    plan.keep = tuple(groups[i] for i in ranks[:top])
    plan.pooled = len(groups) - top


def _places_by_name(plan: Plan, groups: Sequence[Group]) -> Ints:
    """Where each group comes in the order of their names."""
    names = np.arange(len(groups))
    if plan.keep is not None:  # else they are in that order
        names[sorted(range(len(groups)), key=lambda i: group_order(groups[i]))] = np.arange(len(groups))
    return names


def _rank(values: Values, names: Ints) -> list[list[int]]:
    """For each bucket the groups by descending value, unknown last, then by name."""
    falling = np.where(values.known, -values.numbers, 0)
    order: list[list[int]] = np.lexsort((np.broadcast_to(names, falling.shape), falling, ~values.known)).tolist()
    return order


def rows_of(plan: Plan, tables: Tables) -> list[dict[str, Any]]:
    """The rows of the answer, in the order and with the keys that MetricResult describes."""
    if not plan.formulas:
        return []
    groups = [*plan.keep, OTHER * len(plan.query.by)] if plan.keep is not None else groups_of(asks_of(plan), tables)
    groups = groups if plan.query.by else [()]
    now_reading = Reading(plan, plan.buckets.edges, tables, groups)
    then = Reading(plan, plan.compared.edges, tables, groups) if plan.compared else None
    columns, ranks = _columns(plan, now_reading, then)
    shown = now_reading.present() | (then.present() if then else False) if plan.query.by else None
    if shown is not None and int(shown.sum()) > MOST_ROWS:
        raise BadInput(
            f"The answer has {int(shown.sum()):,} rows; expected at most {MOST_ROWS:,}: take `top` or a filter."
        )
    return _rows(plan, columns, ranks, groups, None if shown is None else shown.tolist())


def _rows(
    plan: Plan, columns: dict[str, list[list[Any]]], ranks: list[list[int]], groups: Sequence[Group],
    shown: list[list[bool]] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    heads, names, incomplete = _heads(plan), _names(plan, groups), _incomplete(plan)
    other = len(plan.keep) if plan.keep is not None else -1
    rows = []
    for bucket, order in enumerate(ranks if plan.query.by else [[0]] * len(heads)):
        for place in _last(order, other):
            if shown is not None and not shown[bucket][place]:
                continue
            row = heads[bucket] | names[place]
            for name, values in columns.items():
                row[name] = values[bucket][place]
            if bucket == incomplete:
                row["__incomplete"] = True
            if place == other:
                row["__kind"], row["__members"] = "other", plan.pooled
            rows.append(row)
    return rows


def _last(order: list[int], other: int) -> list[int]:
    """The order with the pooled group at its end."""
    return order if other < 0 else [*(i for i in order if i != other), other]


def _columns(
    plan: Plan, now_reading: Reading, then: Reading | None
) -> tuple[dict[str, list[list[Any]]], list[list[int]]]:
    columns: dict[str, list[list[Any]]] = {}
    ranks: list[list[int]] = []
    shape = (len(plan.buckets.labels), len(now_reading.groups))
    nothing = Values(np.zeros(shape), np.zeros(shape, np.bool_)).listed()
    cells, past = now_reading.cells(), then.cells() if then else None
    for name in plan.query.metrics:
        formula = plan.formulas.get(name)
        values = evaluate(formula, cells) if formula else None
        columns[name] = values.listed() if values else nothing
        if values and not ranks:
            ranks = _rank(values, _places_by_name(plan, now_reading.groups)) if plan.query.by else [[0]]
        if past:
            columns[f"{name}__previous"] = _past(formula, past, then) if formula and then else nothing
    return columns, ranks


def _past(formula: Formula, cells: Cells, then: Reading) -> list[list[Any]]:
    """Values of the compared buckets; an empty one (cut off, or a day that year lacks) has nothing to say."""
    values = evaluate(formula, cells)
    empty = np.asarray([a >= b for a, b in zip(then.edges, then.edges[1:], strict=False)], np.bool_)
    values.known = values.known & ~empty[:, None]
    return values.listed()


def _heads(plan: Plan) -> list[dict[str, Any]]:
    """What the rows of each bucket begin with."""
    if not plan.query.grain:
        return [{} for _ in plan.buckets.labels]
    return [{"bucket": label.isoformat()} for label in plan.buckets.labels]


def _incomplete(plan: Plan) -> int:
    """The bucket that is not over, -1 without one."""
    edges = plan.buckets.edges if plan.query.grain else ()
    return next((i for i, (a, b) in enumerate(pairwise(edges)) if a <= plan.now < b), -1)


def _names(plan: Plan, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """By what the rows of each group are named."""
    by = plan.query.by
    named = [dict(zip(by, group, strict=True)) for group in (groups if plan.keep is None else plan.keep)]
    return named if plan.keep is None else [*named, dict.fromkeys(by)]
