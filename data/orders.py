"""In which order do the rows behind a number come, and which of them come after a certain one?

By any column, rows without a value last in both directions, and among equal ones the newest first. Only the primary key
has an index, so that rows are sorted anew for each page; that is why there may be only so many of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import sql as q

from data.engine.days import from_ms, to_ms
from data.errors import BadInput, unknown
from data.model import Dataset
from data.tables import column_types
from data.types import Order

MOST_SORTED = 2_000_000
Cursor = tuple[datetime, Any, Any]
"""Time and key of the last row of a page, and its value in the column by which rows are sorted, as JSON holds it."""


def require_sortable(dataset: Dataset, order: Order, columns: Sequence[str], rows: int) -> None:
    """Raise UnknownName for a column that is not among these, BadInput for more rows than can be sorted."""
    if order.column not in columns:
        raise unknown("column", order.column, columns, dataset.qualified)
    if rows > MOST_SORTED:
        raise BadInput(
            f"Field `sort`: found {rows:,} rows; expected at most {MOST_SORTED:,}: take a shorter range, or filter."
        )


def ordered(dataset: Dataset, at: str, order: Order | None) -> q.Composed:
    """What follows ORDER BY; without an order of their own rows come newest first."""
    last = q.SQL("{} DESC, {} DESC").format(q.Identifier(at), _key(dataset))
    if order is None:
        return last
    way = q.SQL("ASC" if order.is_ascending else "DESC")
    return q.SQL("{} {} NULLS LAST, {}").format(_sorted_by(dataset, order.column), way, last)


def after(dataset: Dataset, at: str, order: Order | None, cursor: Cursor) -> q.Composed:
    """The condition that a row comes after another in this order."""
    moment, key, value = cursor
    older = q.SQL("({}, {}) < ({}, {})").format(q.Identifier(at), _key(dataset), q.Literal(moment), q.Literal(key))
    if order is None:
        return older
    column = _sorted_by(dataset, order.column)
    if value is None:
        return q.SQL("({} IS NULL AND {})").format(column, older)
    further = q.SQL(">" if order.is_ascending else "<")
    return q.SQL("({column} {further} {value} OR ({column} = {value} AND {older}) OR {column} IS NULL)").format(
        column=column, further=further, value=_literal(dataset, order.column, value), older=older
    )


def cursor_of(dataset: Dataset, at: str, order: Order | None, row: dict[str, Any]) -> str:
    """The place of a row, as it was read from the database, in this order; a page goes on after it."""
    place = [to_ms(row[at]), row[dataset.key or "id"]]
    return json.dumps(place if order is None else [*place, str(order), _held(row[order.column])])


def read_cursor(dataset: Dataset, order: Order | None, text: str) -> Cursor:
    """The place that `cursor_of` wrote. Raises BadInput for another text, or one of another dataset or order."""
    try:
        ms, key, *own = json.loads(text)
        if own[:1] != ([] if order is None else [str(order)]) or type(key) is not (str if dataset.key else int):
            raise ValueError("of other rows")
        value = own[1] if order else None
        if order and value is not None:
            _literal(dataset, order.column, value)
        return from_ms(ms), key, value
    except (ValueError, TypeError, OverflowError, ArithmeticError, IndexError) as error:
        raise BadInput(f"Field `after`: found {text!r}; expected the `next` of the page before.") from error


def _key(dataset: Dataset) -> q.Identifier:
    return q.Identifier(dataset.key or "id")


def _sorted_by(dataset: Dataset, column: str) -> q.Composable:
    """A column as it is compared: texts without regard to case and by their letters' codes, lists as they are shown."""
    kind, name = column_types(dataset)[column], q.Identifier(column)
    if kind == "text":
        return q.SQL('lower({}) COLLATE "C"').format(name)
    if kind == "text[]":
        return q.SQL("""nullif(array_to_string({}, ', '), '') COLLATE "C" """).format(name)
    return name


def _literal(dataset: Dataset, column: str, value: Any) -> q.Composable:
    """The value of a cursor as SQL, in the form that the column is compared in; ValueError for one of another type."""
    kind = column_types(dataset)[column]
    if kind.startswith("timestamp"):
        return q.Literal(from_ms(value))
    if kind.startswith("numeric"):
        return q.Literal(Decimal(value))
    wanted = {"double precision": (int, float), "bigint": (int,)}.get(kind, (str,))
    if type(value) not in wanted:
        raise ValueError(f"{value!r} is not of the column's type")
    if kind == "text":
        return q.SQL('lower({}) COLLATE "C"').format(q.Literal(value))
    return q.Literal(value)


def _held(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, list):
        return ", ".join(value) or None
    return str(value) if isinstance(value, Decimal) else value
