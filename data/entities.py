"""Which things have a row of their own, and what does it say?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from psycopg import sql as q

from data.database import Transaction
from data.model import Dataset
from data.rows import columns_of
from data.tables import table_of
from data.types import Scope


def things(
    tx: Transaction, scope: Scope, dataset: Dataset, by: str, shown: Sequence[str], search: str, limit: int,
    offset: int, newest_first: bool,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Name and `shown` columns of the rows in which any of these contains `search`, by their time or their name."""
    columns = [q.Identifier(name) for name in (by, *shown)]
    where = [_of_workspace(scope), q.SQL("{} IS NOT NULL").format(q.Identifier(by))]
    if search:
        contains = q.SQL("strpos(lower({}), lower({})) > 0")
        where.append(
            q.SQL("({})").format(q.SQL(" OR ").join(contains.format(column, q.Literal(search)) for column in columns))
        )
    order = q.SQL("{} DESC, {}").format(q.Identifier(dataset.time), columns[0]) if newest_first else columns[0]
    statement = q.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {} OFFSET {}").format(
        q.SQL(", ").join(columns), table_of(dataset), q.SQL(" AND ").join(where), order, q.Literal(limit),
        q.Literal(offset),
    )  # fmt: skip
    return tx.execute(statement).fetchall()


def thing(tx: Transaction, scope: Scope, dataset: Dataset, by: str, name: str) -> dict[str, Any] | None:
    """The row of one thing, or None; of several with that name the one that began last."""
    names = columns_of(dataset)
    statement = q.SQL("SELECT {} FROM {} WHERE {} AND {} = {} ORDER BY {} DESC LIMIT 1").format(
        q.SQL(", ").join(map(q.Identifier, names)), table_of(dataset), _of_workspace(scope), q.Identifier(by),
        q.Literal(name), q.Identifier(dataset.time),
    )  # fmt: skip
    row = tx.execute(statement).fetchone()
    return None if row is None else dict(zip(names, map(_plain, row), strict=True))


def _of_workspace(scope: Scope) -> q.Composed:
    return q.SQL("workspace_id = {}").format(q.Literal(scope.workspace.id))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
