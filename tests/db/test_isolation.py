"""Can anybody see or change rows of a workspace that is not theirs, in any table that there is?

The tables come from the database's catalogue, so a new one fails here until it is protected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql as q

from data import database as opening
from data.database import owner_transaction, pool, transaction
from data.tables import ensure_partitions
from data.types import Scope, Workspace
from services import model
from tests.support import fresh_database, make_scope, make_workspace

SECRET = ("accounts", "sessions", "sign_in_links", "api_tokens", "memberships", "sign_in_attempts")
# Tables without rows of a workspace that the application may read, and why; everything else must be out of its reach.
SHARED = {"belvedere.datasets": "definitions, the same for everybody"}
TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname),
      EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'workspace_id' AND NOT attisdropped),
      c.relrowsecurity, c.relispartition,
      ARRAY(SELECT r FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) r
            WHERE has_table_privilege('belvedere_app', c.oid, r)
               OR (r NOT IN ('DELETE', 'TRUNCATE', 'TRIGGER') AND has_any_column_privilege('belvedere_app', c.oid, r)))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1
"""
COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
      AND a.attidentity = '' AND a.attgenerated = ''
"""
# Values for columns with a check or a reference; the others are filled by type.
GIVEN = {"role": "viewer", "status": "done", "period": "day", "kind": "department"}
BY_TYPE: dict[str, Any] = {
    "integer": 1, "bigint": 1, "smallint": 1, "numeric": 1, "double precision": 1.0, "boolean": True, "text": "x",
    "jsonb": "{}", "date": date(2026, 3, 1), "timestamp with time zone": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "text[]": [], "uuid": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table of the catalogue and what the application's role may do to it."""

    name: str
    of_workspace: bool
    has_policies: bool
    is_partition: bool
    rights: frozenset[str]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class World:
    """Every table with one row of each of two workspaces."""

    tables: list[Table]
    own: Workspace
    other: Workspace
    ids: dict[str, int]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with fresh_database():
        installed = model.install(model.load_model())
        for dataset in installed.datasets().values():
            if dataset.kind == "append":
                ensure_partitions(dataset, date(2026, 3, 1), date(2026, 3, 31))
        own, other = make_workspace("own"), make_workspace("other")
        with owner_transaction() as tx:
            row = tx.execute(
                "INSERT INTO belvedere.accounts (name, display_name) VALUES ('x', 'x') RETURNING id"
            ).fetchone()
            assert row is not None
            ids = {"account_id": row[0], "dataset_id": next(iter(installed.datasets().values())).id}
            tables = [Table(n, w, s, p, frozenset(r)) for n, w, s, p, r in tx.execute(TABLES).fetchall()]
            # A row may come before the one that it belongs to.
            tx.execute("SET LOCAL session_replication_role = replica")
            for table in tables:
                if table.of_workspace and not table.is_partition:
                    for workspace in (own, other):
                        insert(tx, table, values_for(tx, table, workspace, ids))
        yield World(tables, own, other, ids)


def values_for(tx: Any, table: Table, workspace: Workspace, ids: dict[str, int]) -> dict[str, Any]:
    """A row of a workspace: what the table insists on, filled by type."""
    by_type = BY_TYPE | {"bytea": workspace.slug.encode()}
    columns = tx.execute(COLUMNS, (table.name,)).fetchall()
    found = {name: (GIVEN | ids).get(name, by_type[kind]) for name, kind in columns}
    found["workspace_id"] = workspace.id
    return found


def insert(tx: Any, table: Table, values: dict[str, Any]) -> None:
    names = q.SQL(", ").join(q.Identifier(name) for name in values)
    marks = q.SQL(", ").join(q.Placeholder() for _ in values)
    where = q.Identifier(*table.name.replace('"', "").split("."))
    tx.execute(q.SQL("INSERT INTO {} ({}) VALUES ({})").format(where, names, marks), list(values.values()))


def outcome(scope: Scope, statement: str, values: Any = ()) -> int | str:
    """How many rows a statement gave or changed for a viewer, or `refused`."""
    try:
        with transaction(scope) as tx:
            return tx.execute(statement, values).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return "refused"


def protected(world: World) -> list[Table]:
    return [t for t in world.tables if t.of_workspace and not t.is_partition]


def test_every_table_is_protected_by_policies_or_out_of_reach(world: World) -> None:
    reachable = [t for t in world.tables if t.rights]
    assert [t.name for t in reachable if t.of_workspace and not t.has_policies] == []
    shared = {t.name: t.rights for t in reachable if not t.of_workspace and not t.has_policies}
    assert shared == {name: frozenset({"SELECT"}) for name in SHARED}
    assert [t.name for t in reachable if "TRUNCATE" in t.rights or "TRIGGER" in t.rights] == []
    assert len(protected(world)) >= 15


def test_partitions_are_out_of_reach_because_policies_of_the_parent_do_not_cover_them(world: World) -> None:
    partitions = [t for t in world.tables if t.is_partition]
    assert partitions, "the packs have partitioned tables"
    assert [t.name for t in partitions if t.rights] == []


def test_a_stranger_sees_and_changes_nothing(world: World) -> None:
    stranger = Scope(None, "stranger", "administrator", world.own, ())
    for table in protected(world):
        assert outcome(stranger, f"SELECT 1 FROM {table}") in (0, "refused"), table
        assert outcome(stranger, f"DELETE FROM {table}") in (0, "refused"), table
        assert outcome(stranger, f"UPDATE {table} SET workspace_id = workspace_id") in (0, "refused"), table


def test_a_neighbour_sees_and_changes_only_own_rows(world: World) -> None:
    neighbour = make_scope(world.own)
    for table in protected(world):
        seen = outcome(neighbour, f"SELECT 1 FROM {table} WHERE workspace_id = %s", (world.own.id,))
        assert seen == (1 if "SELECT" in table.rights else "refused"), table
        for statement in ("SELECT 1 FROM {}", "DELETE FROM {}", "UPDATE {} SET workspace_id = workspace_id"):
            text = statement.format(table) + " WHERE workspace_id = %s"
            assert outcome(neighbour, text, (world.other.id,)) in (0, "refused"), (table, statement)


def test_nobody_moves_or_adds_a_row_to_another_workspace(world: World) -> None:
    neighbour = make_scope(world.own)
    for table in protected(world):
        assert outcome(neighbour, f"UPDATE {table} SET workspace_id = %s", (world.other.id,)) == "refused", table
        with owner_transaction() as tx:
            values = values_for(tx, table, world.other, world.ids)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(neighbour) as tx:
            insert(tx, table, values)


@pytest.mark.parametrize("name", SECRET)
def test_secrets_cannot_even_be_read(world: World, name: str) -> None:
    assert outcome(make_scope(world.own), f"SELECT 1 FROM belvedere.{name}") == "refused"


def test_the_audit_cannot_be_changed_or_emptied(world: World) -> None:
    viewer = make_scope(world.own)
    for statement in (
        "UPDATE belvedere.audit SET account = 'x'",
        "DELETE FROM belvedere.audit",
        "TRUNCATE belvedere.audit",
    ):
        assert outcome(viewer, statement) == "refused"


def test_workspaces_show_only_those_in_scope(world: World) -> None:
    with transaction(make_scope(world.own)) as tx:
        assert tx.execute("SELECT slug FROM belvedere.workspaces").fetchall() == [("own",)]


def test_no_view_or_function_lends_its_owners_rights_to_the_application(world: World) -> None:
    views = """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
          AND has_table_privilege('belvedere_app', c.oid, 'SELECT')
          AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
    """
    functions = """
        SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege('belvedere_app', n.oid, 'USAGE')
          AND has_function_privilege('belvedere_app', p.oid, 'EXECUTE')
    """
    with owner_transaction() as tx:
        assert tx.execute(views).fetchall() == []
        assert tx.execute(functions).fetchall() == []


def test_a_connection_that_was_left_without_transactions_has_them_again(world: World) -> None:
    with pool().connection() as connection:
        connection.autocommit = True
    for _ in range(20):
        with transaction(make_scope(world.own, "viewer")) as tx:
            assert tx.execute("SELECT current_user").fetchone() == ("belvedere_app",)


def test_nothing_is_asked_on_a_connection_without_transactions(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be asked as the owner, without row-level security."""
    with psycopg.connect(database, autocommit=True) as connection:
        monkeypatch.setattr(opening, "_connection", lambda: nullcontext(connection))
        with (
            pytest.raises(RuntimeError, match="outside of transactions"),
            transaction(make_scope(world.own, "viewer")) as tx,
        ):
            tx.execute("SELECT 1")
