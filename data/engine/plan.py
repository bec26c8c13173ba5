"""Which asks answer a query, over which buckets, and how is that said to a reader?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from data.engine.asks import COUNT, Ask, Group, frame_of
from data.engine.buckets import Buckets, Compared, buckets, compared
from data.engine.catalogue import catalogue_of
from data.engine.shapes import Formula, Leaf, Question, find_dataset, find_metric, formula_of
from data.errors import BadInput
from data.model import Model
from data.types import CannotTell, MetricQuery

MOST_DIMENSIONS = 2
_MOST_REMEMBERED = 400  # buckets of a plan that is kept


@dataclass(slots=True)
class Plan:
    """A query made ready: a formula for each metric that has an answer, the buckets, and those compared with.

    `datasets` are the qualified names of those it reads, `asked` is the query in canonical form.
    """

    query: MetricQuery
    formulas: dict[str, Formula]
    cannot_tell: dict[str, str]
    buckets: Buckets
    compared: Compared | None
    now: datetime
    datasets: tuple[str, ...]
    asked: str
    keep: tuple[Group, ...] | None = None
    pooled: int = 0
    notes: dict[str, Any] = field(default_factory=dict)
    asks: dict[tuple[Group, ...] | None, list[Ask]] = field(default_factory=dict)

    @property
    def edge_sets(self) -> list[tuple[datetime, ...]]:
        """The edges of the current buckets, then of those compared with."""
        return [self.buckets.edges, *([self.compared.edges] if self.compared else [])]


def make_plan(query: MetricQuery, model: Model, tz: str, now: datetime) -> Plan:
    """The plan of a query, worked out once a minute; `keep`, `pooled` and `asks` are the caller's own.

    Raises UnknownName for a metric that is not there, BadInput for an impossible question.
    """
    catalogue = catalogue_of(model)
    key = "plan", query, tz, now
    found: Plan | None = catalogue.kept.get(key)
    if found is None:
        found = _make_plan(query, model, tz, now)
        if len(found.buckets.labels) <= _MOST_REMEMBERED:
            catalogue.keep(key, found)
    return replace(found, asks=dict(found.asks))


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
    datasets = tuple(sorted({leaf.dataset for f in formulas.values() for leaf in f.all_leaves()}))
    plan = Plan(query, formulas, cannot_tell, cut, against, now, datasets, _canonical(query))
    plan.notes = _describe(plan)
    asks_of(plan)
    return plan


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


def _describe(plan: Plan) -> dict[str, Any]:
    query = plan.query
    found: dict[str, Any] = {
        "from": plan.buckets.edges[0].isoformat(), "to": plan.buckets.edges[-1].isoformat(),
        "buckets": len(plan.buckets.labels),
    }  # fmt: skip
    if query.where:
        found["where"] = [f.sentence() for f in query.where]
    against = plan.compared
    if against:
        found["compared_with"] = against.words
        found["compared_from"], found["compared_to"] = against.edges[0].isoformat(), against.edges[-1].isoformat()
        if against.cut_at:
            found["compared_cut_at"] = against.cut_at.isoformat()
            found["like_with_like"] = "The range is unfinished, so the compared one ends at the same elapsed point."
    return found


@lru_cache(maxsize=1024)
def ask_of(leaf: Leaf, by: tuple[str, ...], edges: tuple[datetime, ...], keep: tuple[Group, ...] | None) -> Ask:
    """The ask that holds a leaf's statistic, the same object each time."""
    stats = (leaf.stat,) if leaf.stat == COUNT else (COUNT, leaf.stat)
    return Ask(leaf.dataset, leaf.at, leaf.predicates, by, frame_of(edges, leaf.running), stats, keep)


def asks_of(plan: Plan) -> list[Ask]:
    """Every ask of the plan, for the current range and the one compared with."""
    if plan.keep not in plan.asks:
        leaves = dict.fromkeys(leaf for formula in plan.formulas.values() for leaf in formula.all_leaves())
        by, keep = plan.query.by, plan.keep
        plan.asks[keep] = [ask_of(leaf, by, edges, keep) for edges in plan.edge_sets for leaf in leaves]
    return plan.asks[plan.keep]


def ranking_asks(plan: Plan) -> list[Ask]:
    """What must be known to tell which groups are the largest: the first metric over the whole range."""
    formula = first_formula(plan)
    edges = (plan.buckets.edges[0], plan.buckets.edges[-1])
    return [ask_of(leaf, plan.query.by, edges, None) for leaf in formula.all_leaves()] if formula else []


def first_formula(plan: Plan) -> Formula | None:
    """The formula by which groups are ordered: that of the first metric that has an answer."""
    return next(iter(plan.formulas.values()), None)
