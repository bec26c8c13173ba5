"""Do other tools read exactly the rows that they may, by SQL and as files?"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from pyarrow import parquet

from data.database import database_url, owner_transaction, transaction
from data.engine.batches import delete_keys
from data.errors import BadInput, UnknownName
from data.model import Dataset
from data.types import Scope
from services import model
from services.ingest import ingest_rows
from services.warehouse import Dumped, dump, grant, list_readers, make_all_views, revoke
from tests.support import fresh_database, make_scope, make_workspace

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def url() -> Iterator[str]:
    with fresh_database() as found:
        model.forget_current()
        yield found
    model.forget_current()


@pytest.fixture
def town() -> Scope:
    scope = make_scope(make_workspace())
    send(scope, [complaint(n, f"2026-0{1 + n % 3}-15T03:00:00Z") for n in range(6)])
    return scope


@pytest.fixture
def reader(town: Scope) -> Iterator[psycopg.Connection[Any]]:
    """A tool that signs in with what `grant` gave it."""
    role = f"tool_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(address(role, grant(role, town.workspace.slug)), autocommit=True) as connection:
        yield connection
    revoke(role)


def address(role: str, password: str) -> str:
    found = urlsplit(database_url())
    return urlunsplit(found._replace(netloc=f"{role}:{password}@{found.netloc.rpartition('@')[2]}"))


def complaint(number: int, at: str, **values: Any) -> dict[str, Any]:
    row = {
        "complaint_id": f"c{number}",
        "opened_at": at,
        "category": "Noise",
        "officer": "kim",
        "citizen": f"p{number}",
    }
    return row | {"satisfaction": 1 + number % 5} | values


def send(scope: Scope, rows: list[dict[str, Any]]) -> None:
    result = ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    assert result.rejected == 0, result.rejects


def dataset() -> Dataset:
    return model.find_dataset(model.current(), "grievance.complaints")


def test_a_reader_sees_the_rows_of_its_workspace_and_no_others(town: Scope, reader: psycopg.Connection[Any]) -> None:
    send(make_scope(make_workspace()), [complaint(99, "2026-01-01T00:00:00Z")])
    found = reader.execute(
        "SELECT complaint_id, workspace_id FROM warehouse.grievance_complaints ORDER BY 1"
    ).fetchall()
    assert found == [(f"c{n}", town.workspace.id) for n in range(6)]
    assert reader.execute("SELECT slug FROM warehouse.workspaces").fetchall() == [(town.workspace.slug,)]
    assert reader.execute("SELECT count(*) FROM warehouse.grievance_complaint_events").fetchone() == (0,)


def test_the_daily_view_counts_by_local_day(town: Scope, reader: psycopg.Connection[Any]) -> None:
    query = (
        "SELECT day::text, rows, satisfaction_n, satisfaction_sum, satisfaction_min, satisfaction_max"
        " FROM warehouse.grievance_complaints_daily ORDER BY 1"
    )
    found = [tuple(map(str, row)) for row in reader.execute(query).fetchall()]
    assert [row[0] for row in found] == ["2026-01-14", "2026-02-14", "2026-03-14"], "evening before, in New York"
    assert [row[1:3] for row in found] == [("2", "2")] * 3
    assert [[float(n) for n in row[3:]] for row in found] == [[5, 1, 4], [7, 2, 5], [4, 1, 3]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT citizen FROM grievance.complaints",
        "SELECT citizen FROM warehouse.grievance_complaints",
        "SELECT * FROM grievance.complaints",
        "SELECT * FROM belvedere.accounts",
        "SELECT * FROM belvedere.workspaces",
        "SELECT * FROM belvedere.readers",
        "SELECT * FROM belvedere.rejects",
        "SELECT * FROM belvedere.dictionary",
        "DELETE FROM grievance.complaints",
        "INSERT INTO belvedere.readers VALUES (current_user, 1)",
        "SET ROLE belvedere_app",
        "SET SESSION AUTHORIZATION postgres",
    ],
)
def test_a_reader_can_do_nothing_else(reader: psycopg.Connection[Any], statement: str) -> None:
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn)):
        reader.execute(statement.encode())


def test_a_readers_transactions_are_read_only(reader: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("CREATE TABLE x ()")


def test_setting_the_applications_variable_shows_no_more(town: Scope, reader: psycopg.Connection[Any]) -> None:
    other = make_workspace()
    send(make_scope(other), [complaint(99, "2026-01-01T00:00:00Z")])
    reader.execute("SELECT set_config('belvedere.workspaces', %s, false)", (str(other.id),))
    found = reader.execute("SELECT DISTINCT workspace_id FROM warehouse.grievance_complaints").fetchall()
    assert found == [(town.workspace.id,)]


def test_every_dataset_has_its_views_and_no_personal_column_is_in_them(town: Scope) -> None:
    names = make_all_views()
    wanted = {f"{d.pack}_{d.name}{end}" for d in model.current().datasets().values() for end in ("", "_daily")}
    assert set(names) == wanted | {"workspaces", "summaries"}
    personal = {name for d in dataset().dimensions if d.personal for name in (d.name,)} | {dataset().actor}
    with owner_transaction() as tx:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = 'warehouse.grievance_complaints'::regclass"
        assert personal and not personal & {name for (name,) in tx.execute(query).fetchall()}


def test_a_role_that_was_not_made_here_is_not_taken_over(town: Scope) -> None:
    with pytest.raises(BadInput, match="was not made here"):
        grant("postgres", town.workspace.slug)
    with pytest.raises(BadInput, match="expected lower-case"):
        grant("Robert'); DROP", town.workspace.slug)
    with pytest.raises(UnknownName):
        revoke("nobody_there")


def test_a_role_may_get_another_workspace_and_loses_all_when_revoked(town: Scope) -> None:
    role, other = f"tool_{uuid.uuid4().hex[:8]}", make_workspace()
    grant(role, town.workspace.slug)
    password = grant(role, other.slug)
    assert [r.workspaces for r in list_readers() if r.role == role] == [(other.slug,)]
    with psycopg.connect(address(role, password)) as connection:
        assert connection.execute("SELECT count(*) FROM warehouse.grievance_complaints").fetchone() == (0,)
    revoke(role)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address(role, password))


def files(folder: Path) -> dict[str, list[str]]:
    """Keys in each month's file."""
    found = sorted(folder.glob("month=*/rows.parquet"))
    return {p.parent.name: parquet.read_table(p).column("complaint_id").to_pylist() for p in found}


def test_a_dump_has_a_file_a_month_with_all_rows(town: Scope, tmp_path: Path) -> None:
    found = dump(town, dataset(), tmp_path, NOW)
    assert (found.written, found.unchanged, found.rows) == (3, 0, 6)
    assert found.folder == tmp_path / town.workspace.slug / "grievance.complaints"
    assert files(found.folder) == {
        "month=2026-01": ["c0", "c3"],
        "month=2026-02": ["c1", "c4"],
        "month=2026-03": ["c2", "c5"],
    }
    table = parquet.read_table(found.folder / "month=2026-01" / "rows.parquet")
    assert table.column("opened_at").to_pylist() == [datetime(2026, 1, 15, 3, tzinfo=UTC)] * 2


def test_only_months_that_changed_are_written_again(town: Scope, tmp_path: Path) -> None:
    folder = dump(town, dataset(), tmp_path, NOW).folder
    assert dump(town, dataset(), tmp_path, NOW) == Dumped(folder, 0, 3, 0, 0)
    send(town, [complaint(1, "2026-02-15T03:00:00Z", category="Water"), complaint(7, "2026-04-30T23:59:59Z")])
    assert dump(town, dataset(), tmp_path, NOW) == Dumped(folder, 2, 2, 0, 3)
    with transaction(town) as tx:
        delete_keys(tx, town, dataset(), ["c0", "c7"])
    assert dump(town, dataset(), tmp_path, NOW) == Dumped(folder, 1, 2, 1, 1)
    assert files(folder) == {"month=2026-01": ["c3"], "month=2026-02": ["c1", "c4"], "month=2026-03": ["c2", "c5"]}
    (folder / "month=2026-02" / "rows.parquet").unlink()
    assert dump(town, dataset(), tmp_path, NOW).written == 1
    assert dump(town, dataset(), tmp_path, NOW, full=True).written == 3


def test_a_folder_that_cannot_be_made_is_said(town: Scope, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be made: Not a directory"):
        dump(town, dataset(), tmp_path / "file", NOW)


def test_a_dump_that_was_killed_goes_on(town: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, left = Path.replace, [3]

    def dying(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying)
        with pytest.raises(KeyboardInterrupt):
            dump(town, dataset(), tmp_path, NOW)
    folder = tmp_path / town.workspace.slug / "grievance.complaints"
    assert list(files(folder)) == ["month=2026-01"]
    assert list(json.loads((folder / "_manifest.json").read_text())) == ["2026-01"]
    found = dump(town, dataset(), tmp_path, NOW)
    assert (found.written, found.unchanged) == (2, 1)
    assert sum(map(len, files(folder).values())) == 6
