"""What does plain SQL over the raw rows answer to the same asks? The engine of segments is tested against it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg import sql as q

from data.database import Transaction, transaction
from data.engine.asks import NULL, Ask, Between, Contains, Group, Inside, OneOf, Predicate, Stat, Table
from data.engine.days import to_ms
from data.engine.hexagons import centres, children_between, read_index, resolution_of
from data.engine.shapes import scale_of
from data.engine.splits import text_columns
from data.engine.zones import is_zones, key_of_cells
from data.model import Dataset, Model
from data.types import Scope


def read_sql(scope: Scope, model: Model, asks: Sequence[Ask]) -> list[Table]:
    """A Table for each ask, from the raw rows; percentiles are exact whether asked so or not."""
    with transaction(scope) as tx:
        return [_answer(tx, scope, model.datasets()[ask.dataset], ask) for ask in asks]


def _answer(tx: Transaction, scope: Scope, dataset: Dataset, ask: Ask) -> Table:
    statement = _statement(tx, scope, dataset, ask)
    found = tx.execute(statement).fetchall()
    pooled = [*ask.keep, ()] if ask.keep is not None else None
    groups = pooled if pooled is not None else sorted({_group(ask, row) for row in found}, key=repr)
    groups = groups if ask.by else [()]
    places = {g: i for i, g in enumerate(groups)}
    cells = {s: np.full((ask.frame.size, len(groups)), _empty(s), np.int64) for s in ask.stats}
    for row in found:
        place = row[1] if pooled is not None and ask.by else places[_group(ask, row)]
        for stat, value in zip(ask.stats, row[-len(ask.stats) :], strict=True):
            if value is not None:
                cells[stat][row[0], place] = int(value)
    return Table(list(groups), cells, "plain SQL over the rows")


def _group(ask: Ask, row: Sequence[Any]) -> Group:
    return tuple(row[1 : 1 + len(ask.by)])


def _empty(stat: Stat) -> int:
    return NULL if stat.kind in ("min", "max", "percentile") else 0


def _statement(tx: Transaction, scope: Scope, dataset: Dataset, ask: Ask) -> q.Composed:
    at, edges = q.Identifier(ask.at), ask.frame.edges
    thresholds = q.SQL("{}::timestamptz[]").format(q.Literal(list(edges[:-1])))
    bucket = q.SQL("width_bucket({}, {})").format(at, thresholds)
    if not ask.frame.opening:
        bucket += q.SQL(" - 1")
    where = [q.SQL("workspace_id = {}").format(q.Literal(scope.workspace.id))]
    where.append(q.SQL("{} < {}").format(at, q.Literal(edges[-1])))
    if not ask.frame.opening:
        where.append(q.SQL("{} >= {}").format(at, q.Literal(edges[0])))
    where += [condition(tx, dataset, p) for p in ask.predicates]
    names = [_text(tx, dataset, name) for name in ask.by]
    source = q.Identifier(dataset.pack, dataset.name)
    keys = names
    joined: q.Composable = source
    if ask.keep is not None and ask.by:
        other = q.Literal(len(ask.keep))
        joined, keys = source + _kept(ask, names), [q.SQL("coalesce(kept.place - 1, {})").format(other)]
    values = [_value(dataset, ask, s) for s in ask.stats]
    return q.SQL("SELECT {} FROM {} WHERE {} GROUP BY {}").format(
        q.SQL(", ").join([bucket, *keys, *values]), joined, q.SQL(" AND ").join(where),
        q.SQL(", ").join(q.SQL(str(i + 1)) for i in range(1 + len(keys))),
    )  # fmt: skip


def _kept(ask: Ask, texts: Sequence[q.Composable]) -> q.Composed:
    assert ask.keep is not None
    names = [f"kept_{i}" for i in range(len(ask.by))]
    arrays = [q.SQL("{}::text[]").format(q.Literal([group[i] for group in ask.keep])) for i in range(len(ask.by))]
    same = q.SQL("kept.{} IS NOT DISTINCT FROM {}")
    match = [same.format(q.Identifier(n), text) for n, text in zip(names, texts, strict=True)]
    return q.SQL(" LEFT JOIN unnest({}) WITH ORDINALITY AS kept ({}, place) ON {}").format(
        q.SQL(", ").join(arrays), q.SQL(", ").join(map(q.Identifier, names)), q.SQL(" AND ").join(match)
    )


def _text(tx: Transaction, dataset: Dataset, name: str) -> q.Composable:
    """The text by which rows are split: a column, the area or the hexagon of a resolution around the row's cell."""
    if is_zones(name):
        areas = key_of_cells(name, _cells(tx, dataset))
        return q.SQL("({}::jsonb ->> cell::text)").format(q.Literal(json.dumps(areas)))
    resolution = resolution_of(name)
    return q.Identifier(name) if resolution is None else _hexagon(resolution)


def _hexagon(resolution: int) -> q.Composed:
    text = "to_hex((nullif(cell, 0) & ~(15::bigint << 52)) | ({}::bigint << 52) | {}::bigint)"
    return q.SQL(text).format(q.Literal(resolution), q.Literal((1 << 3 * (15 - resolution)) - 1))


def number(dataset: Dataset, column: str) -> q.Composed:
    """A measure or duration as the integer that segments hold."""
    for span in dataset.durations:
        if span.name == column:
            start, end = q.Identifier(span.from_time), q.Identifier(span.to_time)
            text = "(CASE WHEN {1} >= {0} THEN (extract(epoch from {1} - {0}) * 1000)::bigint END)"
            return q.SQL(text).format(start, end)
    return q.SQL("({} * {})::bigint").format(q.Identifier(column), q.Literal(scale_of(dataset, column)))


def condition(tx: Transaction, dataset: Dataset, found: Predicate) -> q.Composed:
    """A predicate as SQL over the dataset's table."""
    if isinstance(found, Between):
        return q.SQL("{} BETWEEN {} AND {}").format(
            number(dataset, found.column), q.Literal(found.low), q.Literal(found.high)
        )
    if isinstance(found, Inside):
        return q.SQL("coalesce(cell = ANY({}::bigint[]), false)").format(q.Literal(_inside(tx, dataset, found)))
    if resolution_of(found.column) is not None:
        return _in_hexagons(found)
    column = q.Identifier(found.column)
    if isinstance(found, Contains):
        return q.SQL("{} = ANY({}::text[])").format(column, q.Literal(_containing(tx, dataset, found)))
    values = [v for v in found.values if v is not None]
    inside = q.SQL("coalesce({} = ANY({}::text[]), false)").format(column, q.Literal(values))
    if None in found.values:
        inside = q.SQL("({} OR {} IS NULL)").format(inside, column)
    return q.SQL("NOT {}").format(inside) if found.negate else inside


def _in_hexagons(found: OneOf | Contains) -> q.Composed:
    """Rows in hexagons: the cells inside one follow each other, so that each is a range of indexes."""
    if isinstance(found, Contains):
        text = _hexagon(resolution_of(found.column) or 0)
        texts = [q.SQL("{} LIKE {}").format(text, q.Literal(f"%{part}%")) for part in found.parts]
        return q.SQL("coalesce({}, false)").format(q.SQL(" OR ").join(texts))
    indexes = [index for value in found.values if value is not None and (index := read_index(value)) is not None]
    mine = [index for index in indexes if index >> 52 & 15 == resolution_of(found.column)]
    ranges = [q.SQL("cell BETWEEN {} AND {}").format(*map(q.Literal, children_between(index))) for index in mine]
    inside = q.SQL("coalesce({}, false)").format(q.SQL(" OR ").join([q.SQL("false"), *ranges]))
    if None in found.values:
        inside = q.SQL("({} OR nullif(cell, 0) IS NULL)").format(inside)
    return q.SQL("NOT {}").format(inside) if found.negate else inside


def _inside(tx: Transaction, dataset: Dataset, found: Inside) -> list[int]:
    """The cells of the dataset's rows that have their centre in the area."""
    cells = np.asarray(_cells(tx, dataset), np.int64)
    inside: list[int] = cells[found.area.holds(*centres(cells))].tolist()
    return inside


def _cells(tx: Transaction, dataset: Dataset) -> list[int]:
    """The cells of the dataset's rows."""
    statement = q.SQL("SELECT DISTINCT cell FROM {} WHERE nullif(cell, 0) IS NOT NULL")
    return [cell for (cell,) in tx.execute(statement.format(q.Identifier(dataset.pack, dataset.name)))]


def _containing(tx: Transaction, dataset: Dataset, found: Contains) -> list[str]:
    """Case is folded here, not in SQL: what lower() does there depends on the database's locale."""
    statement = q.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL")
    rows = tx.execute(statement.format(q.Identifier(found.column), q.Identifier(dataset.pack, dataset.name)))
    return [value for (value,) in rows if any(part in value.casefold() for part in found.parts)]


def _value(dataset: Dataset, ask: Ask, stat: Stat) -> q.Composable:
    if stat.kind == "n":
        return q.SQL("count(*)")
    if stat.kind == "distinct":
        if stat.column in text_columns(dataset):
            return q.SQL("count(DISTINCT {})").format(q.Identifier(stat.column))
        return q.SQL("count(DISTINCT {})").format(number(dataset, stat.column))
    if stat.kind == "elapsed":
        start = q.Literal(to_ms(ask.frame.edges[0]))
        age = q.SQL("{} - (extract(epoch from {}) * 1000)::bigint").format(start, q.Identifier(ask.at))
        span = q.SQL(" + coalesce({}, 0)").format(number(dataset, stat.column)) if stat.column else q.SQL("")
        return q.SQL("sum({}{})").format(age, span)
    column = number(dataset, stat.column)
    if stat.kind == "percentile":
        return q.SQL("percentile_disc({}) WITHIN GROUP (ORDER BY {})").format(q.Literal(stat.q), column)
    function = {"sum": "sum", "filled": "count", "min": "min", "max": "max"}[stat.kind]
    return q.SQL("{}({})").format(q.Identifier(function), column)
