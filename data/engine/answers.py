"""What are the answers to all queries of a page?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from data.engine.asks import COUNT, Ask, Frame, Predicate, Reader, merge
from data.engine.oracle import read_sql
from data.engine.plan import Plan, asks_of, make_plan, ranking_asks
from data.engine.pooling import can_pool, pooled
from data.engine.rows import Tables, largest, rows_of
from data.engine.segments import read_segments
from data.engine.versions import Version, versions
from data.model import Dataset, Model
from data.types import EngineName, MetricQuery, MetricResult, Scope, TimeRange


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
    tables = _read_all(plans, _reader(scope, model, engine, found))
    return [_result(plan, model, tables, found, engine, began) for plan in plans]


def _read_all(plans: Sequence[Plan], reader: Reader) -> Tables:
    """Every table the plans need: first those that rank the groups of a `top`, then all others."""
    tables: Tables = {}
    ranked = [plan for plan in plans if plan.query.top is not None]
    whole = {id(plan) for plan in plans if plan.query.grain is None and can_pool(asks_of(plan))}
    first = [ask for plan in ranked for ask in (asks_of(plan) if id(plan) in whole else ranking_asks(plan))]
    if first:
        first += [ask for plan in plans if plan.query.top is None for ask in asks_of(plan)]
    _read(tables, first, reader)
    for plan in ranked:
        asks = asks_of(plan)
        largest(plan, tables)
        if id(plan) in whole and plan.keep is not None:
            for ask, kept in zip(asks, asks_of(plan), strict=True):
                tables[kept.without_stats] = pooled(tables[ask.without_stats], plan.keep)
    _read(tables, [ask for plan in plans for ask in asks_of(plan)], reader)
    return tables


def _read(tables: Tables, asks: Sequence[Ask], reader: Reader) -> None:
    missing = merge([ask for ask in asks if ask.without_stats not in tables])
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


_ALWAYS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def count(
    scope: Scope, model: Model, dataset: Dataset, at: str, range: TimeRange, predicates: tuple[Predicate, ...]
) -> int:
    """How many rows have their time `at` in the range and meet the predicates."""
    ask = Ask(dataset.qualified, at, predicates, (), Frame((range.from_at, range.to_at)), (COUNT,))
    return int(_reader(scope, model, _engine_for(dataset, at), {})([ask])[0].cells[COUNT].sum())


def value_counts(scope: Scope, model: Model, dataset: Dataset, column: str) -> list[tuple[str | None, int]]:
    """Every value of a text column with its number of rows, the most frequent first."""
    ask = Ask(dataset.qualified, dataset.time, (), (column,), Frame(_ALWAYS), (COUNT,))
    table = _reader(scope, model, "segments", {})([ask])[0]
    found = zip((group[0] for group in table.groups), table.cells[COUNT][0].tolist(), strict=True)
    return sorted(found, key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))


def _engine_for(dataset: Dataset, at: str) -> EngineName:
    """Segments are kept by the time columns that metrics use; others are read from the rows."""
    return "segments" if at in dataset.streams else "sql"


def _reader(scope: Scope, model: Model, engine: EngineName, found: Mapping[int, Version]) -> Reader:
    if engine == "sql":
        return partial(read_sql, scope, model)
    return partial(read_segments, scope, model, changes={id: version.change for id, version in found.items()})
