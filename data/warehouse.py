"""Which views does the schema `warehouse` have, and which login role sees which workspace through them?

Views run with the rights of whoever reads them (security_invoker), so row-level security on the tables decides. Columns
with personal data are not in the views, and their readers have no right to them in the tables either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql as q

from data.database import Transaction, transaction
from data.model import Dataset
from data.statements import run, sql
from data.tables import column_types, table_of
from data.types import Scope

READER = "belvedere_reader"
_HIDDEN = ("cell",)
_VISIBLE = "workspace_id = ANY ((SELECT belvedere.reader_workspaces())::int[])"


@dataclass(frozen=True, slots=True)
class Reader:
    """A login role and the short names of the workspaces it sees."""

    role: str
    workspaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What a dataset holds of one month (UTC): a month is the same as before when all of this is."""

    starts_at: datetime
    rows: int
    received_at: datetime


def view_columns(dataset: Dataset, personal: frozenset[str]) -> tuple[str, ...]:
    """The columns that readers see."""
    return tuple(name for name in column_types(dataset) if name not in personal and name not in _HIDDEN)


def make_views(tx: Transaction, dataset: Dataset, personal: frozenset[str]) -> None:
    """Make the views of a dataset anew, as the owner: its rows, and counts and sums by local day."""
    table, reader = table_of(dataset), q.Identifier(READER)
    columns = view_columns(dataset, personal)
    listed = q.SQL(", ").join(map(q.Identifier, columns))
    rows, daily = (q.Identifier("warehouse", f"{dataset.pack}_{dataset.name}{end}") for end in ("", "_daily"))
    tx.execute(sql("lock_definitions"))
    tx.execute(q.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(q.Identifier(dataset.pack), reader))
    tx.execute(q.SQL("REVOKE ALL ON {} FROM {}").format(table, reader))
    tx.execute(q.SQL("GRANT SELECT ({}) ON {} TO {}").format(listed, table, reader))
    tx.execute(q.SQL("DROP POLICY IF EXISTS of_reader ON {}").format(table))
    policy = q.SQL("CREATE POLICY of_reader ON {} FOR SELECT TO {} USING ({})")
    tx.execute(policy.format(table, reader, q.SQL(_VISIBLE)))
    for view, statement in ((daily, _daily(dataset)), (rows, q.SQL("SELECT {} FROM {}").format(listed, table))):
        tx.execute(q.SQL("DROP VIEW IF EXISTS {}").format(view))
        tx.execute(q.SQL("CREATE VIEW {} WITH (security_invoker = true) AS {}").format(view, statement))
        tx.execute(q.SQL("GRANT SELECT ON {} TO {}").format(view, reader))


def _daily(dataset: Dataset) -> q.Composed:
    sums = [
        q.SQL("count(t.{m}) AS {n}, sum(t.{m}) AS {s}, min(t.{m}) AS {lo}, max(t.{m}) AS {hi}").format(
            m=q.Identifier(m.name), n=q.Identifier(f"{m.name}_n"), s=q.Identifier(f"{m.name}_sum"),
            lo=q.Identifier(f"{m.name}_min"), hi=q.Identifier(f"{m.name}_max"),
        )
        for m in dataset.measures
    ]  # fmt: skip
    listed = q.SQL(", ").join([q.SQL("count(*) AS rows"), *sums])
    statement = (
        "SELECT t.workspace_id, (t.{} AT TIME ZONE w.timezone)::date AS day, {} FROM {} t"
        " JOIN warehouse.workspaces w USING (workspace_id) GROUP BY 1, 2"
    )
    return q.SQL(statement).format(q.Identifier(dataset.time), listed, table_of(dataset))


def views(tx: Transaction) -> list[str]:
    """Names of all views."""
    return [row[0] for row in run(tx, "warehouse_views", {})]


def readers(tx: Transaction) -> list[Reader]:
    """Every login role with its workspaces, as the owner."""
    return [Reader(role, tuple(slugs)) for role, slugs in run(tx, "readers", {})]


def role_exists(tx: Transaction, role: str) -> bool:
    """Whether the server has a role of that name."""
    return bool(run(tx, "role_exists", {"role": role})[0][0])


def make_reader(tx: Transaction, role: str, password: str) -> None:
    """A login role that reads views and nothing else, in read-only transactions of at most five minutes."""
    name = q.Identifier(role)
    verb = "ALTER" if role_exists(tx, role) else "CREATE"
    tx.execute(q.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(name, q.Literal(password)))
    tx.execute(q.SQL("GRANT {} TO {}").format(q.Identifier(READER), name))
    for setting, value in (("default_transaction_read_only", "on"), ("statement_timeout", "5min")):
        tx.execute(q.SQL("ALTER ROLE {} SET {} = {}").format(name, q.Identifier(setting), q.Literal(value)))


def let_read(tx: Transaction, role: str, workspace_ids: Sequence[int]) -> None:
    """The role sees these workspaces and no others."""
    run(tx, "let_read", {"role": role, "workspaces": list(workspace_ids)})


def drop_reader(tx: Transaction, role: str) -> None:
    """Take a login role away."""
    run(tx, "forget_reader", {"role": role})
    tx.execute(q.SQL("DROP ROLE IF EXISTS {}").format(q.Identifier(role)))


def months(scope: Scope, dataset: Dataset) -> list[Month]:
    """The months of which a dataset of the active workspace has rows, oldest first."""
    statement = (
        "SELECT date_trunc('month', {at}, 'UTC'), count(*), max(received_at) FROM {table}"
        " WHERE workspace_id = {workspace} GROUP BY 1 ORDER BY 1"
    )
    query = q.SQL(statement).format(
        at=q.Identifier(dataset.time), table=table_of(dataset), workspace=q.Literal(scope.workspace.id)
    )
    with transaction(scope) as tx:
        return [Month(*row) for row in tx.execute(query).fetchall()]
