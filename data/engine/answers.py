"""What are the answers to all queries of a page?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from data.database import database_url
from data.engine.asks import COUNT, Ask, Contains, Frame, OneOf, Predicate, Reader, Table, merge
from data.engine.catalogue import catalogue_of
from data.engine.exposures import fitting
from data.engine.oracle import read_sql
from data.engine.plan import Plan, kept_sets, make_plan
from data.engine.pooling import pooled
from data.engine.results import cache, key_of
from data.engine.rows import Found, Tables, largest, rows_of
from data.engine.segments import read_segments
from data.engine.shapes import find_metric
from data.engine.versions import Version, versions
from data.model import Dataset, Model
from data.types import EngineName, MetricQuery, MetricResult, Scope, TimeRange

_ALWAYS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def answer(
    scope: Scope, model: Model, queries: Sequence[MetricQuery], now: datetime, engine: EngineName = "segments"
) -> list[MetricResult]:
    """One MetricResult for each query, in order; what is not in the cache is read in one pass. Do not change the rows.

    Raises UnknownName for a metric that is not there and BadInput for a question that cannot be asked; a metric that
    has no answer is named in `cannot_tell`.
    """
    began = time.perf_counter()
    minute = now.replace(second=0, microsecond=0)
    ids = _datasets_of(model, queries)
    found = versions(scope, ids.values()) if ids else {}
    known = {name: found[id] for name, id in ids.items()}
    model, unfit = fitting(scope, model, queries, found)
    plans = [make_plan(query, model, scope.workspace.timezone, minute) for query in queries]
    place = " ".join([database_url(), str(scope.workspace.id), *sorted(unfit)])
    keys = [key_of(plan, place, engine, {name: known[name].version for name in plan.datasets}) for plan in plans]

    def compute(places: list[int]) -> list[MetricResult]:
        missing = [plans[i] for i in places]
        read = _read_all(missing, _reader(scope, model, engine, found))
        return [_result(mine, known, engine) for mine in read]

    answers = cache.get(keys, compute)
    elapsed_ms = (time.perf_counter() - began) * 1000
    return [
        _dated(result, [known[name] for name in plan.datasets], now, elapsed_ms, cached)
        for (result, cached), plan in zip(answers, plans, strict=True)
    ]


def _datasets_of(model: Model, queries: Sequence[MetricQuery]) -> dict[str, int]:
    """Names and ids of the datasets of the packs whose metrics are asked."""
    packs = {find_metric(model, name).pack for query in queries for name in query.metrics}
    return {name: dataset.id for name, dataset in catalogue_of(model).datasets.items() if dataset.pack in packs}


def _read_all(plans: Sequence[Plan], reader: Reader) -> list[Found]:
    """What each plan needs: first the tables that rank the groups of a `top`, then all others."""
    tables: Tables = {}
    ranked = [plan for plan in plans if plan.ranking]
    first = [ask for plan in ranked if plan.ranking for ask in (plan.asks if plan.pools else plan.ranking.asks)]
    if first:
        first += [ask for plan in plans if not plan.ranking for ask in plan.asks]
    _read(tables, first, reader)
    found = [_kept(plan, tables) for plan in plans]
    _read(tables, [ask for mine in found if mine.tables is tables for s in mine.sets for ask in s.asks], reader)
    return found


def _kept(plan: Plan, tables: Tables) -> Found:
    """The plan with the groups that its `top` keeps, where there are more."""
    ranked = largest(plan, tables)
    if ranked is None:
        return Found(plan, plan.sets, tables)
    keep, others = ranked
    if not plan.pools:
        return Found(plan, kept_sets(plan, keep), tables, keep, others)
    mine = {key: pooled(tables[key], keep) for found in plan.sets for key in found.holds.values()}
    return Found(plan, plan.sets, mine, keep, others)


def _read(tables: Tables, asks: Sequence[Ask], reader: Reader) -> None:
    lacking = [ask for ask in asks if not _has(tables.get(ask.without_stats), ask)]
    if lacking:
        missing = merge(lacking)
        tables |= zip((ask.without_stats for ask in missing), reader(missing), strict=True)


def _has(table: Table | None, ask: Ask) -> bool:
    return table is not None and all(stat in table.cells for stat in ask.stats)


def _result(found: Found, known: Mapping[str, Version], engine: EngineName) -> MetricResult:
    plan = found.plan
    how = sorted({found.tables[ask.without_stats].how for s in found.sets for ask in s.asks} - {""})
    return MetricResult(
        rows=rows_of(found), as_of=None, received_at=None, engine=engine, elapsed_ms=0.0,
        versions={name: known[name].version for name in plan.datasets}, plan=plan.notes | {"read": how},
        cannot_tell=plan.cannot_tell,
    )  # fmt: skip


def _dated(
    result: MetricResult, datasets: Sequence[Version], now: datetime, elapsed_ms: float, cached: bool
) -> MetricResult:
    """The answer as it is given now: how old its data is, and how long it took."""
    newest = max((min(v.newest_at, now) for v in datasets if v.newest_at), default=None)
    received = max((v.received_at for v in datasets if v.received_at), default=None)
    notes = result.plan | {"cached": cached}
    return replace(result, as_of=newest, received_at=received, elapsed_ms=elapsed_ms, plan=notes)


def count(
    scope: Scope, model: Model, dataset: Dataset, at: str, range: TimeRange, predicates: tuple[Predicate, ...]
) -> int:
    """How many rows have their time `at` in the range and meet the predicates."""
    ask = Ask(dataset.qualified, at, predicates, (), Frame((range.from_at, range.to_at)), (COUNT,))
    engine: EngineName = "segments" if at in dataset.streams else "sql"  # only the times of metrics have segments
    return int(_reader(scope, model, engine, {})([ask])[0].cells[COUNT].sum())


def value_counts(
    scope: Scope, model: Model, dataset: Dataset, column: str, search: str, limit: int
) -> list[tuple[str | None, int]]:
    """The most frequent values of a text column that contain `search`, with their numbers of rows."""
    predicates = (Contains(column, (search.casefold(),)),) if search else ()
    ask = Ask(dataset.qualified, dataset.time, predicates, (column,), Frame(_ALWAYS), (COUNT,), most=limit)
    table = _reader(scope, model, "segments", {})([ask])[0]
    found = zip((group[0] for group in table.groups), table.cells[COUNT][0].tolist(), strict=True)
    return sorted(found, key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))


def leading(
    scope: Scope, model: Model, dataset: Dataset, at: str, range: TimeRange, predicates: tuple[Predicate, ...],
    by: tuple[str, str],
) -> list[tuple[str | None, str, int]]:  # fmt: skip
    """For each value of the first of two columns that value of the second which most of its rows have, and how many.

    Rows without a value in the second are left out. It is of those whose time `at` lies in the range.
    """
    some = OneOf(by[1], (None,), negate=True)
    frame = Frame((range.from_at, range.to_at))
    ask = Ask(dataset.qualified, at, (*predicates, some), by, frame, (COUNT,), leading=True)
    table = _reader(scope, model, "segments", versions(scope, [dataset.id]))([ask])[0]
    return [
        (one, two, rows)
        for (one, two), rows in zip(table.groups, table.cells[COUNT][0].tolist(), strict=True)
        if two is not None
    ]


def _reader(scope: Scope, model: Model, engine: EngineName, found: Mapping[int, Version]) -> Reader:
    if engine == "sql":
        return partial(read_sql, scope, model)
    return partial(read_segments, scope, model, changes={id: version.change for id, version in found.items()})
