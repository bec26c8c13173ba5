"""Do rows that are copied straight into partitions stay within the workspace whose they are?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from data import tables
from data.database import owner_transaction, transaction
from data.engine.verify import verify
from data.model import Dataset
from data.tables import WRITER_ROLE, ensure_dataset, ensure_partitions, open_partition
from data.types import Scope
from tests.db.ledger import event, installed, stored, write
from tests.support import make_scope, make_workspace

MAY = datetime(2033, 5, 3, tzinfo=UTC)


@pytest.fixture
def events(database: str) -> Dataset:
    found = installed(database)[1]
    ensure_partitions(found, MAY.date(), MAY.date())
    return found


def as_writer(scope: Scope, events: Dataset, columns: str, values: str) -> None:
    part = f"{events.qualified}_2033_05"
    with transaction(scope) as tx:
        tx.execute(f"SET LOCAL ROLE {WRITER_ROLE}")
        tx.execute(f"INSERT INTO {part} ({columns}) VALUES ({values})")


def is_open(events: Dataset) -> bool:
    return open_partition(events, date(2033, 5, 1)) is not None


def close(events: Dataset) -> None:
    """The partition as older versions made it."""
    with owner_transaction() as tx:
        tx.execute(f"ALTER TABLE {events.qualified}_2033_05 ALTER workspace_id DROP DEFAULT")
        tx.execute(f"REVOKE ALL ON {events.qualified}_2033_05 FROM {WRITER_ROLE}")
    tables._known_months.clear()


def test_the_writer_adds_rows_to_the_active_workspace_only(scope: Scope, events: Dataset) -> None:
    two = Scope(None, "x", "administrator", scope.workspace, (make_workspace().id, scope.workspace.id))
    as_writer(two, events, "id, at", "1, '2033-05-03'")
    assert len(stored(scope, events, "id")) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_writer(scope, events, "workspace_id, id, at", f"{make_workspace().id}, 1, '2033-05-03'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_writer(scope, events, "workspace_id, id, at", f"{scope.workspace.id}, 1, '2033-05-03'")


def test_a_viewer_of_nothing_adds_nothing(scope: Scope, events: Dataset) -> None:
    stranger = Scope(None, "stranger", "administrator", scope.workspace, ())
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        as_writer(stranger, events, "id, at", "1, '2033-05-03'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        write(stranger, events, "1", [event(at=MAY)])


def test_rows_for_a_workspace_out_of_sight_are_refused(scope: Scope, events: Dataset) -> None:
    other = make_workspace()
    elsewhere = Scope(None, "x", "administrator", other, (scope.workspace.id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        write(elsewhere, events, "1", [event(at=MAY)])
    assert stored(scope, events, "id") == stored(make_scope(other), events, "id") == []


def test_the_writer_can_do_nothing_else_anywhere(scope: Scope, events: Dataset) -> None:
    part, other = f"{events.qualified}_2033_05", make_scope(make_workspace())
    write(scope, events, "1", [event(at=MAY)])
    for text in (f"SELECT 1 FROM {part}", f"DELETE FROM {part}", f"UPDATE {part} SET id = 2", f"TRUNCATE {part}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(other) as tx:
            tx.execute(f"SET LOCAL ROLE {WRITER_ROLE}; {text}")
    rights = """
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
          AND (has_any_column_privilege(%(role)s, c.oid, 'SELECT, UPDATE, REFERENCES')
               OR has_table_privilege(%(role)s, c.oid, 'INSERT, DELETE, TRUNCATE, TRIGGER')
               OR (NOT c.relispartition AND has_any_column_privilege(%(role)s, c.oid, 'INSERT')))
    """
    with owner_transaction() as tx:
        assert tx.execute(rights, {"role": WRITER_ROLE}).fetchall() == []


@pytest.mark.parametrize("rows", [3, 400])
def test_a_batch_of_several_months_is_all_there(scope: Scope, events: Dataset, rows: int) -> None:
    batch = [event(at=MAY + timedelta(days=40 * (n % 3)), amount=float(n)) for n in range(rows)]
    assert write(scope, events, "1", batch).inserted == rows
    found = [int(amount) for (amount,) in stored(scope, events, "amount")]
    assert sorted(found) == list(range(rows)) and verify(scope, events).mismatches == []


def test_ids_grow_from_batch_to_batch_whichever_way_they_come(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(at=MAY, amount=1.0), event(at=MAY, amount=2.0)])
    write(scope, events, "2", [event(at=MAY + timedelta(days=40 * n), amount=3.0) for n in range(2)])
    write(scope, events, "3", [event(at=MAY, amount=4.0)])
    found = sorted(stored(scope, events, "id, amount::int"))
    assert [amount for _, amount in found] == [1, 2, 3, 3, 4]
    assert len({id for id, _ in found}) == 5


def test_partitions_of_older_versions_are_opened_at_the_next_start(scope: Scope, events: Dataset) -> None:
    close(events)
    assert write(scope, events, "1", [event(at=MAY)]).inserted == 1
    assert not is_open(events)
    ensure_dataset(events)
    tables._known_months.clear()
    assert write(scope, events, "2", [event(at=MAY)]).inserted == 1
    assert is_open(events) and len(stored(scope, events, "id")) == 2


def test_a_server_without_the_writer_takes_rows_the_longer_way(
    scope: Scope, events: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with owner_transaction() as tx:
        tx.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(events.pack, f"{events.name}_2033_05")))
    tables._known_months.clear()
    monkeypatch.setattr(tables, "WRITER_ROLE", "nobody_has_this_role")
    ensure_dataset(events)
    assert write(scope, events, "1", [event(at=MAY)]).inserted == 1
    assert not is_open(events) and verify(scope, events).mismatches == []
    tables._known_months.clear()
