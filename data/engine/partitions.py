"""How do the rows of an append dataset reach the table: as COPY straight into the partitions of their months?

COPY writes pages of rows at once, which INSERT does not, but is not allowed where policies are. So it runs as a role
that can name no workspace: the database itself puts the active one of the transaction in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from psycopg import sql as q

from data.database import APP_ROLE, Transaction
from data.engine.days import from_ms
from data.engine.incoming import Ints, Rows
from data.engine.stage import copy_rows, stage
from data.model import Dataset
from data.statements import sql
from data.tables import WRITER_ROLE, column_names, ensure_partitions, open_partition, sequence_name, table_of
from data.types import Scope

_IDS_EACH = 1_000_000
"""Ids that one number of the sequence stands for: a number for each row costs as much as its entry in an index."""
_LEAST_ROWS = 100  # in each month on average; for fewer one INSERT costs less than a COPY a month


def add_rows(
    tx: Transaction, scope: Scope, dataset: Dataset, rows: Rows, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Add rows to an append dataset, as rows of the active workspace.

    `meanwhile` is called while the server is busy with them, any number of times, and must leave the connection alone.
    """
    times = rows.times[dataset.time]
    ensure_partitions(dataset, from_ms(int(times.min())).date(), from_ms(int(times.max())).date())
    if rows.n <= _IDS_EACH:
        _add(tx, scope, dataset, rows, meanwhile)
        return
    for start in range(0, rows.n, _IDS_EACH):
        _add(tx, scope, dataset, rows.take(np.arange(start, min(start + _IDS_EACH, rows.n))), meanwhile)


def _add(tx: Transaction, scope: Scope, dataset: Dataset, rows: Rows, meanwhile: Callable[[], object]) -> None:
    months = _by_month(rows.times[dataset.time])
    parts = [open_partition(dataset, month) for month, _ in months]
    few = len(months) > 1 and rows.n < _LEAST_ROWS * len(months)
    around = few or None in parts or scope.workspace.id not in scope.workspace_ids
    with tx.pipeline():
        numbered = tx.execute(sql("next_number"), {"sequence": sequence_name(dataset)})
        if not around:
            _become(tx, WRITER_ROLE)
        first = numbered.fetchone()
    assert first is not None
    ids = np.arange(rows.n, dtype=np.int64) + first[0] * _IDS_EACH
    if around:
        _insert(tx, scope, dataset, rows, int(ids[0]))
        return
    for part, (_, which) in zip(parts, months, strict=True):
        into = q.SQL("COPY {} (id, {}) FROM STDIN (FORMAT binary)").format(part, _listed(dataset))
        some, numbers = (rows, ids) if which is None else (rows.take(which), ids[which])
        copy_rows(tx, into, dataset, some, numbers.astype(">i8"), meanwhile)
    _become(tx, APP_ROLE)


def _by_month(ms: Ints) -> list[tuple[date, Ints | None]]:
    """The first day of each UTC month that occurs, with the positions of its rows; None is all of them."""
    months = ms.view("datetime64[ms]").astype("datetime64[M]")
    found = [months[0]] if months.min() == months.max() else np.unique(months)
    return [(month.astype(object), None if len(found) == 1 else np.flatnonzero(months == month)) for month in found]


def _insert(tx: Transaction, scope: Scope, dataset: Dataset, rows: Rows, first_id: int) -> None:
    """By way of a temporary table, so that policies decide."""
    values = {
        "table": table_of(dataset), "columns": _listed(dataset), "stage": stage(tx, dataset, rows),
        "workspace": q.Literal(scope.workspace.id), "first": q.Literal(first_id),
    }  # fmt: skip
    insert = "INSERT INTO {table} (workspace_id, id, {columns}) SELECT {workspace}, {first} + n, {columns} FROM {stage}"
    tx.execute(q.SQL(insert).format(**values))


def _listed(dataset: Dataset) -> q.Composed:
    return q.SQL(", ").join(map(q.Identifier, column_names(dataset)))


def _become(tx: Transaction, role: str) -> None:
    tx.execute(q.SQL("SET LOCAL ROLE {}").format(q.Identifier(role)))
