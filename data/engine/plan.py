"""Which asks answer a query, over which buckets, and how is that said to a reader?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from data.engine.asks import COUNT, Ask, Group, Key, frame_of
from data.engine.buckets import Buckets, Compared, buckets, compared
from data.engine.catalogue import catalogue_of
from data.engine.pooling import can_pool
from data.engine.shapes import Formula, Leaf, Question, find_dataset, find_metric, formula_of
from data.errors import BadInput
from data.model import Model
from data.types import CannotTell, MetricQuery

MOST_DIMENSIONS = 2
_MOST_REMEMBERED = 400  # buckets of a plan that is kept


@dataclass(frozen=True, slots=True)
class EdgeSet:
    """What is asked about the buckets between some edges: each ask once, and which one holds a leaf's statistic."""

    edges: tuple[datetime, ...]
    asks: tuple[Ask, ...]
    holds: dict[Leaf, Key]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query made ready: a formula for each metric that has an answer, the buckets, and those compared with.

    `datasets` are the qualified names of those it reads, `asked` is the query in canonical form. `sets` are the buckets
    and then those compared with; `ranking` tells which groups a `top` keeps, `pools` whether what those make and the
    rest can be added up from `sets`. `heads` names the buckets in rows, `incomplete` is the one that is not over or -1.
    """

    query: MetricQuery
    formulas: dict[str, Formula]
    cannot_tell: dict[str, str]
    buckets: Buckets
    compared: Compared | None
    now: datetime
    datasets: tuple[str, ...]
    asked: str
    sets: tuple[EdgeSet, ...]
    ranking: EdgeSet | None
    pools: bool
    heads: tuple[str, ...]
    incomplete: int
    notes: dict[str, Any]

    @property
    def asks(self) -> list[Ask]:
        """Every ask of the sets."""
        return [ask for found in self.sets for ask in found.asks]


def make_plan(query: MetricQuery, model: Model, tz: str, now: datetime) -> Plan:
    """The plan of a query, worked out once a minute; do not change what it holds.

    Raises UnknownName for a metric that is not there, BadInput for an impossible question.
    """
    catalogue = catalogue_of(model)
    key = "plan", query, tz, now
    found: Plan | None = catalogue.kept.get(key)
    if found is None:
        found = _make_plan(query, model, tz, now)
        if len(found.buckets.labels) <= _MOST_REMEMBERED:
            catalogue.keep(key, found)
    return found


def _make_plan(query: MetricQuery, model: Model, tz: str, now: datetime) -> Plan:
    _check(query, model)
    question = Question(model, query.where, query.by, query.exact)
    formulas: dict[str, Formula] = {}
    cannot_tell: dict[str, str] = {}
    for name in query.metrics:
        found = formula_of(question, find_metric(model, name))
        if isinstance(found, CannotTell):
            cannot_tell[name] = found.reason
        else:
            formulas[name] = found
    cut = buckets(query.range, query.grain, tz)
    against = compared(query.range, cut.edges, query.compare, tz, now) if query.compare else None
    leaves = dict.fromkeys(leaf for formula in formulas.values() for leaf in formula.all_leaves())
    sets = tuple(edge_set(leaves, query.by, found.edges, None) for found in (cut, against) if found)
    first = next(iter(formulas.values()), None)
    whole = cut.edges[0], cut.edges[-1]
    ranking = edge_set(first.all_leaves(), query.by, whole, None) if first and query.top is not None else None
    return Plan(
        query, formulas, cannot_tell, cut, against, now, tuple(sorted({leaf.dataset for leaf in leaves})),
        _canonical(query), sets, ranking, query.grain is None and can_pool([a for s in sets for a in s.asks]),
        tuple(label.isoformat() for label in cut.labels) if query.grain else (),
        _incomplete(cut, now) if query.grain else -1, _describe(query, cut, against),
    )  # fmt: skip


def _incomplete(cut: Buckets, now: datetime) -> int:
    return next((i for i, (a, b) in enumerate(pairwise(cut.edges)) if a <= now < b), -1)


def _canonical(query: MetricQuery) -> str:
    where = [(found.dimension, found.op, found.values) for found in query.where]
    span = query.range
    asked = [
        query.metrics, span.from_at, span.to_at, query.grain, query.by, where, query.compare, query.top, query.exact
    ]  # fmt: skip
    return json.dumps(asked, default=str, separators=(",", ":"))


def _check(query: MetricQuery, model: Model) -> None:
    if not query.metrics:
        raise BadInput("Field `metrics`: found none; expected at least one metric.")
    if query.range.from_at >= query.range.to_at:
        raise BadInput(
            f"Field `range`: found from {query.range.from_at} to {query.range.to_at}; expected from before to."
        )
    if len(query.by) > MOST_DIMENSIONS or len(set(query.by)) < len(query.by):
        raise BadInput(f"Field `by`: found {', '.join(query.by)}; expected at most two different dimensions.")
    if query.top is not None and (query.top < 1 or not query.by):
        raise BadInput(f"Field `top`: found {query.top}; expected a number from 1 up, together with `by`.")
    for name in query.metrics:
        metric = find_metric(model, name)
        if metric.dataset:
            find_dataset(model, metric.dataset if "." in metric.dataset else f"{metric.pack}.{metric.dataset}")


def _describe(query: MetricQuery, cut: Buckets, against: Compared | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "from": cut.edges[0].isoformat(), "to": cut.edges[-1].isoformat(), "buckets": len(cut.labels)
    }  # fmt: skip
    if query.where:
        found["where"] = [f.sentence() for f in query.where]
    if against:
        found["compared_with"] = against.words
        found["compared_from"], found["compared_to"] = against.edges[0].isoformat(), against.edges[-1].isoformat()
        if against.cut_at:
            found["compared_cut_at"] = against.cut_at.isoformat()
            found["like_with_like"] = "The range is unfinished, so the compared one ends at the same elapsed point."
    return found


def edge_set(
    leaves: Iterable[Leaf], by: tuple[str, ...], edges: tuple[datetime, ...], keep: tuple[Group, ...] | None
) -> EdgeSet:
    """The asks that hold the statistics of some leaves; each counts rows too."""
    alike: dict[tuple[Any, ...], list[Leaf]] = {}
    for leaf in leaves:
        alike.setdefault((leaf.dataset, leaf.at, leaf.predicates, leaf.running), []).append(leaf)
    asks: list[Ask] = []
    holds: dict[Leaf, Key] = {}
    for (dataset, at, predicates, running), mine in alike.items():
        stats = tuple(sorted({COUNT, *(leaf.stat for leaf in mine)}))
        asks.append(Ask(dataset, at, predicates, by, frame_of(edges, running), stats, keep))
        holds |= dict.fromkeys(mine, asks[-1].without_stats)
    return EdgeSet(edges, tuple(asks), holds)


def kept_sets(plan: Plan, keep: tuple[Group, ...]) -> tuple[EdgeSet, ...]:
    """The sets of a plan for some groups and all others together."""
    return tuple(edge_set(found.holds, plan.query.by, found.edges, keep) for found in plan.sets)
