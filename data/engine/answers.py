"""What are the answers to all queries of a page?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from data.engine.asks import Ask, Reader, merge
from data.engine.oracle import read_sql
from data.engine.plan import Plan, asks_of, make_plan, ranking_asks
from data.engine.rows import Tables, largest, rows_of
from data.engine.versions import Version, versions
from data.model import Model
from data.types import EngineName, MetricQuery, MetricResult, Scope


def answer(
    scope: Scope, model: Model, queries: Sequence[MetricQuery], now: datetime, engine: EngineName = "segments"
) -> list[MetricResult]:
    """One MetricResult for each query, in order, read in one pass.

    Raises UnknownName for a metric that is not there and BadInput for a question that cannot be asked; a metric that
    has no answer is named in `cannot_tell`.
    """
    began = time.perf_counter()
    now = now.replace(second=0, microsecond=0)
    plans = [make_plan(query, model, scope.workspace.timezone, now) for query in queries]
    found = versions(scope, [d.id for d in model.datasets().values()])
    tables = _read_all(plans, partial(read_sql, scope, model))
    return [_result(plan, model, tables, found, engine, began) for plan in plans]


def _read_all(plans: Sequence[Plan], reader: Reader) -> Tables:
    """Every table the plans need: first those that rank the groups of a `top`, then all others."""
    tables: Tables = {}
    ranked = [plan for plan in plans if plan.query.top is not None]
    _read(tables, [ask for plan in ranked for ask in ranking_asks(plan)], reader)
    for plan in ranked:
        largest(plan, tables)
    _read(tables, [ask for plan in plans for ask in asks_of(plan)], reader)
    return tables


def _read(tables: Tables, asks: Sequence[Ask], reader: Reader) -> None:
    missing = merge(asks)
    if missing:
        for ask, table in zip(missing, reader(missing), strict=True):
            tables[ask.without_stats] = table


def _result(
    plan: Plan, model: Model, tables: Tables, found: dict[int, Version], engine: EngineName, began: float
) -> MetricResult:
    datasets = {name: found[model.datasets()[name].id] for name in plan.datasets}
    newest = [min(v.newest_at, plan.now) for v in datasets.values() if v.newest_at]
    received = [v.received_at for v in datasets.values() if v.received_at]
    rows = rows_of(plan, tables)
    return MetricResult(
        rows=rows, as_of=max(newest, default=None), received_at=max(received, default=None), engine=engine,
        elapsed_ms=(time.perf_counter() - began) * 1000, versions={n: v.version for n, v in datasets.items()},
        plan=plan.notes, cannot_tell=plan.cannot_tell,
    )  # fmt: skip
