"""Which raw rows are behind a number, a page at a time?

Pages are found by key, not by offset, and every ORDER BY time LIMIT has a lower bound of time: without one Postgres
sorts the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import sql as q

from data.database import Transaction, transaction
from data.engine.asks import Predicate
from data.engine.oracle import condition
from data.errors import BadInput, unknown
from data.model import Dataset
from data.orders import Cursor, after, cursor_of, ordered, read_cursor
from data.tables import column_types, table_of
from data.types import Order, Scope, TimeRange

MOST_ROWS = 10_000
_HIDDEN = ("workspace_id", "cell")
_WINDOWS_DAYS = (1, 8, 64)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of a dataset whose time `at` lies in the range and that meet the predicates, newest first unless ordered."""

    dataset: Dataset
    at: str
    range: TimeRange
    predicates: tuple[Predicate, ...]
    limit: int
    after: str | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as tuples in the order of `columns`; `next` continues after the last, None at the end."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    next: str | None


def columns_of(dataset: Dataset) -> tuple[str, ...]:
    """The columns shown of a row: its key or id, times, dimensions, actor, measures, place, quality, received_at."""
    return tuple(name for name in column_types(dataset) if name not in _HIDDEN)


def page(scope: Scope, wanted: Wanted) -> Page:
    """One page of rows. Raises BadInput for a time column, limit or cursor that cannot be, DatabaseDown."""
    if wanted.at not in {t.name for t in wanted.dataset.times}:
        raise unknown("time column", wanted.at, [t.name for t in wanted.dataset.times], wanted.dataset.qualified)
    if not 1 <= wanted.limit <= MOST_ROWS:
        raise BadInput(f"Field `limit`: found {wanted.limit}; expected a number from 1 to {MOST_ROWS:,}.")
    cursor = read_cursor(wanted.dataset, wanted.order, wanted.after) if wanted.after else None
    with transaction(scope) as tx:
        if wanted.order is None:
            found = _by_windows(tx, scope, wanted, cursor)
        else:
            whole = wanted.range.from_at, wanted.range.to_at
            found = tx.execute(_statement(scope, wanted, cursor, *whole, tx)).fetchall()
    columns = columns_of(wanted.dataset)
    rows = found[: wanted.limit]
    last = dict(zip(columns, rows[-1], strict=True)) if len(found) > wanted.limit else None
    return Page(
        columns, [tuple(map(_plain, row)) for row in rows],
        cursor_of(wanted.dataset, wanted.at, wanted.order, last) if last else None,
    )  # fmt: skip


def _by_windows(tx: Transaction, scope: Scope, wanted: Wanted, cursor: Cursor | None) -> list[Any]:
    """Looks back in growing windows, so that the newest rows cost the same whatever the length of the range."""
    last = wanted.range.to_at if cursor is None else min(wanted.range.to_at, cursor[0] + timedelta(milliseconds=1))
    found: list[Any] = []
    for days in (*_WINDOWS_DAYS, None):
        first = wanted.range.from_at if days is None else max(wanted.range.from_at, last - timedelta(days=days))
        found = tx.execute(_statement(scope, wanted, cursor, first, last, tx)).fetchall()
        if len(found) > wanted.limit or first == wanted.range.from_at:
            break
    return found


def _statement(
    scope: Scope, wanted: Wanted, cursor: Cursor | None, first: datetime, last: datetime, tx: Transaction
) -> q.Composed:
    dataset, at = wanted.dataset, wanted.at
    where = [
        q.SQL("workspace_id = {}").format(q.Literal(scope.workspace.id)),
        q.SQL("{0} >= {1} AND {0} < {2}").format(q.Identifier(at), q.Literal(first), q.Literal(last)),
        *(condition(tx, dataset, p) for p in wanted.predicates),
    ]
    if cursor:
        where.append(after(dataset, at, wanted.order, cursor))
    columns = q.SQL(", ").join(map(q.Identifier, columns_of(dataset)))
    return q.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        columns, table_of(dataset), q.SQL(" AND ").join(where), ordered(dataset, at, wanted.order),
        q.Literal(wanted.limit + 1),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def recent(scope: Scope, dataset: Dataset, limit: int, after_id: Any = None) -> list[dict[str, Any]]:
    """The newest rows by received_at, newest first; after the row with that id (append) or received_at (keyed)."""
    with transaction(scope) as tx:
        newest = tx.execute(_newest(scope, dataset)).fetchone()
        if newest is None or newest[0] is None:
            return []
        rows: list[Any] = []
        for days in (*_WINDOWS_DAYS, 36_600):
            first = newest[0] - timedelta(days=days)
            rows = tx.execute(_recent(scope, dataset, first, limit, after_id)).fetchall()
            if len(rows) >= limit or after_id is not None:
                break
    return [dict(zip(columns_of(dataset), map(_plain, row), strict=True)) for row in rows]


def _newest(scope: Scope, dataset: Dataset) -> q.Composed:
    statement = "SELECT newest_at FROM belvedere.dataset_state WHERE workspace_id = {} AND dataset_id = {}"
    return q.SQL(statement).format(q.Literal(scope.workspace.id), q.Literal(dataset.id))


def _recent(scope: Scope, dataset: Dataset, first: datetime, limit: int, after_id: Any) -> q.Composed:
    at, key = q.Identifier(dataset.time), q.Identifier(dataset.key or "id")
    columns = q.SQL(", ").join(map(q.Identifier, columns_of(dataset)))
    newer: q.Composable = q.SQL("")
    if after_id is not None:
        column = q.Identifier("received_at" if dataset.key else "id")
        newer = q.SQL("AND {} > {}").format(column, q.Literal(after_id))
    statement = "SELECT {} FROM {} WHERE workspace_id = {} AND {} >= {} {} ORDER BY {} DESC, {} DESC LIMIT {}"
    return q.SQL(statement).format(
        columns,
        table_of(dataset),
        q.Literal(scope.workspace.id),
        at,
        q.Literal(first),
        newer,
        at,
        key,
        q.Literal(limit),
    )
