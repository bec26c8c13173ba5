"""What does a batch change in a dataset whose rows have keys, and what was there before?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from psycopg import sql as q

from data.database import Transaction
from data.engine.dictionary import Looked
from data.engine.incoming import Rows
from data.engine.stored import read_rows, stored_columns
from data.model import Dataset
from data.tables import column_names, table_of
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Change:
    """Rows as they are now, and as those of them that existed were before."""

    new: Rows
    old: Rows | None
    updated: int
    looked: Looked | None = None  # what is remembered of the values of the new rows


def upsert(tx: Transaction, scope: Scope, dataset: Dataset, rows: Rows, table: q.Identifier) -> Change:
    """Bring staged rows into a keyed table; rows that are there already and equal are left alone.

    The caller holds the lock of the dataset's state, so nobody changes the rows between these statements.
    """
    assert dataset.key
    names = {
        "stage": table, "table": table_of(dataset), "key": q.Identifier(dataset.key),
        "workspace": q.Literal(scope.workspace.id),
        "old": _listed(dataset, "t"), "new": _listed(dataset, "s"),
    }  # fmt: skip
    # TRICKY: LIMIT 1 makes the planner look each key up, also while a new workspace is unknown to its statistics: a
    # plain join then reads every row of the workspace for each batch.
    source = q.SQL(
        "{stage} s CROSS JOIN LATERAL"
        " (SELECT * FROM {table} x WHERE x.workspace_id = {workspace} AND x.{key} = s.{key} LIMIT 1) t"
    ).format(**names)
    same = tx.execute(q.SQL(
        "DELETE FROM {stage} WHERE n = ANY (ARRAY"
        "(SELECT s.n FROM {source} WHERE ROW({old}) IS NOT DISTINCT FROM ROW({new}))) RETURNING n"
    ).format(**names, source=source)).fetchall()  # fmt: skip
    if same:
        changed = np.ones(rows.n, bool)
        changed[[n for (n,) in same]] = False
        rows = rows.take(np.flatnonzero(changed))
    if not rows.n:
        return Change(rows, None, 0)
    old = read_rows(tx, dataset, q.SQL("SELECT {} FROM {}").format(stored_columns(dataset, "t"), source))
    tx.execute(_insert(dataset, names))
    return Change(rows, old, old.n)


def delete_rows(tx: Transaction, scope: Scope, dataset: Dataset, keys: Sequence[str]) -> Rows:
    """Delete the rows with these keys, and return them."""
    assert dataset.key
    delete = q.SQL("DELETE FROM {} t WHERE workspace_id = {} AND {} = ANY ({}) RETURNING {}").format(
        table_of(dataset), q.Literal(scope.workspace.id), q.Identifier(dataset.key), q.Literal(list(keys)),
        stored_columns(dataset, "t"),
    )  # fmt: skip
    return read_rows(tx, dataset, delete)


def _listed(dataset: Dataset, alias: str) -> q.Composed:
    return q.SQL(", ").join(q.Identifier(alias, name) for name in column_names(dataset))


def _insert(dataset: Dataset, names: dict[str, q.Composable]) -> q.Composed:
    columns = [name for name in column_names(dataset) if name != dataset.key]
    changed = q.SQL(", ").join(
        q.SQL("{0} = excluded.{0}").format(q.Identifier(name)) for name in (*columns, "received_at")
    )
    listed = q.SQL(", ").join(map(q.Identifier, column_names(dataset)))
    return q.SQL(
        "INSERT INTO {table} (workspace_id, {columns}) SELECT {workspace}, {new} FROM {stage} s"
        " ON CONFLICT (workspace_id, {key}) DO UPDATE SET {changed}"
    ).format(**names, columns=listed, changed=changed)
