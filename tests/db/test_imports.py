"""Does a file become exactly its rows, once, whatever happens on the way?"""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import services.ingest.importer
from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope
from services.ingest import (
    ImportSummary,
    Mapping,
    check_file,
    import_file,
    list_imports,
    load_mapping,
    preview,
    rejects_csv,
    rejects_of,
)  # fmt: skip
from services.model import current, find_dataset
from tests.support import make_scope, make_workspace

NOW = datetime(2024, 6, 1, tzinfo=UTC)
READERS = "services.ingest.readers"
BATCHED = (
    f"{READERS}.delimited.ROWS_A_BATCH", f"{READERS}.json_lines.ROWS_A_BATCH", f"{READERS}.parquet.ROWS_A_BATCH",
    "services.ingest.importer.ROWS_A_BATCH",
)  # fmt: skip
CASES = """
dataset: grievance.complaints
columns:
  complaint_id: id
  opened_at: opened
  resolved_at: {from: done, unreadable: reject}
  category: {from: kind, required: flag}
"""
EVENTS = """
dataset: grievance.complaint_events
columns: {occurred_at: at, event: what, complaint: id}
"""
Row = Sequence[str]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BATCHED:
        monkeypatch.setattr(name, 10)


COLUMNS = ("id", "opened", "done", "kind")


def _write(folder: Path, rows: Sequence[Row], header: Row = COLUMNS, name: str = "f.csv") -> Path:
    with (folder / name).open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return folder / name


def _cases(first: int, last: int, kind: str = "Noise") -> list[Row]:
    return [(f"c{i}", f"2024-05-{i % 28 + 1:02}T08:00:00Z", "", kind) for i in range(first, last)]


def _import(scope: Scope, path: Path, mapping: str = CASES, dataset: str = "grievance.complaints") -> ImportSummary:
    return import_file(scope, dataset, path, load_mapping(mapping), None, NOW)


def _counts(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    found = (summary.read, summary.inserted, summary.updated, summary.unchanged, summary.rejected)
    assert found[0] == sum(found[1:])
    return found


def _stored(scope: Scope, columns: str = "complaint_id, category", table: str = "complaints") -> list[tuple[Any, ...]]:
    with owner_transaction() as tx:
        query = f"SELECT {columns} FROM grievance.{table} WHERE workspace_id = %s ORDER BY 1"
        return tx.execute(query.encode(), (scope.workspace.id,)).fetchall()


def test_rows_are_stored_with_local_times_as_utc_and_flags(scope: Scope, tmp_path: Path) -> None:
    path = _write(tmp_path, [("a", "2024-05-01", "2024-05-03 12:00", "Noise"), ("b", "2024-05-02", "", "")])
    assert _counts(_import(scope, path)) == (2, 2, 0, 0, 0)
    stored = _stored(scope, "complaint_id, opened_at, resolved_at, category, sla, quality")
    assert stored == [
        ("a", datetime(2024, 5, 1, 4, tzinfo=UTC), datetime(2024, 5, 3, 16, tzinfo=UTC), "Noise", "within", None),
        ("b", datetime(2024, 5, 2, 4, tzinfo=UTC), None, None, None, ["category_missing"]),
    ]


def test_importing_again_changes_nothing(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    path = _write(tmp_path, [*_cases(0, 25), ("c3", "2024-05-09", "", "Other"), ("bad", "never", "", "")])
    assert _counts(_import(scope, path)) == (27, 25, 0, 0, 2)
    before = _stored(scope, "complaint_id, category, received_at")
    again = _import(scope, path)
    assert _counts(again) == (27, 0, 0, 25, 2) and _stored(scope, "complaint_id, category, received_at") == before


def test_a_changed_file_updates_what_changed(scope: Scope, tmp_path: Path) -> None:
    _import(scope, _write(tmp_path, _cases(0, 20)))
    changed = [*_cases(0, 15), *_cases(15, 18, "Water"), *_cases(18, 22)]
    assert _counts(_import(scope, _write(tmp_path, changed))) == (22, 2, 3, 17, 0)
    assert [k for _, k in _stored(scope)].count("Water") == 3


def test_a_repeated_key_is_refused_unless_it_says_the_same(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*_cases(0, 12), *_cases(3, 4), *_cases(5, 6, "Water"), *_cases(12, 13)]
    summary = _import(scope, _write(tmp_path, rows))
    assert _counts(summary) == (15, 13, 0, 1, 1)
    ((_, reject),) = rejects_of(scope, summary.import_id)
    assert (reject.line, reject.field, reject.reason, reject.found) == (15, "complaint_id", "duplicate key", "c5")
    assert reject.expected == "one row a key; line 7 has it with other values"
    assert reject.raw == "c5,2024-05-06T08:00:00Z,,Water" and dict(_stored(scope))["c5"] == "Noise"


def test_with_update_the_last_row_of_a_key_counts(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*_cases(0, 12), *_cases(5, 6, "Water"), *_cases(5, 6, "Waste"), ("c5", "never", "", "Bad")]
    path, rules = _write(tmp_path, rows), CASES + "duplicates: update\n"
    assert _counts(_import(scope, path, rules)) == (15, 12, 0, 2, 1)
    assert dict(_stored(scope))["c5"] == "Waste"
    assert _counts(_import(scope, path, rules)) == (15, 0, 0, 14, 1)


def test_refused_rows_are_kept_and_can_be_downloaded(scope: Scope, tmp_path: Path) -> None:
    long = "x" * 501
    rows = [("a", "2024-05-01", "soon", 'say "no"'), ("", "2024-05-01", "", ""), ("b", "2024-05-01", "", long)]
    summary = _import(scope, _write(tmp_path, rows))
    assert summary.rejects_file is not None and summary.rejected == 3
    with Path(summary.rejects_file).open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [(r["line"], r["field"], r["reason"]) for r in found] == [
        ("2", "resolved_at", "not a time"), ("3", "complaint_id", "missing"), ("4", "category", "too long"),
    ]  # fmt: skip
    assert found[0]["raw"] == 'a,2024-05-01,soon,"say ""no"""' and found[2]["found"] == long
    Path(summary.rejects_file).unlink()
    again = rejects_csv(scope, summary.import_id)
    assert again is not None and len(again.read_text().splitlines()) == 4


def test_text_that_postgres_cannot_hold_is_refused_and_kept_readable(scope: Scope, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"id,opened,done,kind\na,2024-05-01,,nul\x00\nb,2024-05-01,,\xff\nc,2024-05-01,,ok\n")
    mapping = load_mapping(CASES + "encoding: utf-8\n")
    summary = import_file(scope, "complaints", path, mapping, None, NOW)
    assert _counts(summary) == (3, 1, 0, 0, 2)
    found = [r.raw for _, r in rejects_of(scope, summary.import_id)]
    assert found == ["a,2024-05-01,,nul\\x00", "b,2024-05-01,,\\udcff"]


def test_events_count_once_however_often_they_are_imported(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [(f"2024-05-{i % 28 + 1:02}T09:00Z", "opened", f"c{i % 7}") for i in range(35)]
    path = _write(tmp_path, [*rows, ("2024-05-01T09:00Z", "sung", "c1")], ("at", "what", "id"))
    assert _counts(_import(scope, path, EVENTS, "complaint_events")) == (36, 35, 0, 0, 1)
    assert _counts(_import(scope, path, EVENTS, "complaint_events")) == (36, 0, 0, 35, 1)
    assert len(_stored(scope, "id", "complaint_events")) == 35


def _stop_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """The next import breaks off while it writes this batch, rows and rejects written and nothing committed."""
    advance = services.ingest.importer.data.imports.advance

    def breaking(tx: Any, scope: Scope, import_id: int, next_batch: int, counts: dict[str, Any]) -> None:
        advance(tx, scope, import_id, next_batch, counts)
        if next_batch == batch + 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("data.imports.advance", breaking)


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_an_import_that_broke_off_is_taken_up_where_it_stopped(
    scope: Scope, tmp_path: Path, small_batches: None, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    rows = [*_cases(0, 15), ("bad", "never", "", ""), *_cases(2, 3, "Water"), *_cases(15, 33)]
    path = _write(tmp_path, rows)
    with monkeypatch.context() as patched:
        _stop_at(patched, batch)
        with pytest.raises(KeyboardInterrupt):
            _import(scope, path)
    stored = len(_stored(scope))
    assert stored == {0: 0, 1: 10, 3: 28}[batch]
    assert [(i.status, i.next_batch, i.message) for i in list_imports(scope)] == [("failed", batch, "interrupted")]
    summary = _import(scope, path)
    assert _counts(summary) == (35, 33, 0, 0, 2) and len(_stored(scope)) == 33
    assert [(i.status, i.next_batch) for i in list_imports(scope)] == [("done", 4)]
    assert [r.line for _, r in rejects_of(scope, summary.import_id)] == [17, 18]


KILLED = """
import sys, time
from pathlib import Path
from datetime import UTC, datetime
import services.ingest.importer
for name in ("services.ingest.readers.delimited", "services.ingest.importer"):
    sys.modules[name].ROWS_A_BATCH = 10
from services.ingest import import_file, load_mapping
from services.people import command_scope
def show(progress):
    print(progress.rows, flush=True)
    time.sleep(0.05)
mapping = load_mapping(Path(sys.argv[3]).read_text())
import_file(command_scope(sys.argv[1]), sys.argv[4], Path(sys.argv[2]), mapping, show, datetime(2024, 6, 1, tzinfo=UTC))
"""


@pytest.mark.parametrize("dataset", ["complaints", "complaint_events"])
def test_an_import_that_was_killed_is_taken_up_by_the_same_command(
    scope: Scope, tmp_path: Path, small_batches: None, dataset: str
) -> None:
    if dataset == "complaints":
        path, rules = _write(tmp_path, _cases(0, 300)), CASES
    else:
        rows = [(f"2024-05-{i % 28 + 1:02}T09:00Z", "opened", f"c{i}") for i in range(300)]
        path, rules = _write(tmp_path, rows, ("at", "what", "id")), EVENTS
    (tmp_path / "m.yaml").write_text(rules)
    arguments = [sys.executable, "-c", KILLED, scope.workspace.slug, str(path), str(tmp_path / "m.yaml"), dataset]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGKILL)
    assert seen[-1] == "40\n"
    column = "complaint_id" if dataset == "complaints" else "complaint"
    kept = len(_stored(scope, column, dataset))
    (record,) = list_imports(scope)
    assert (record.status, record.message) == ("failed", "interrupted")
    assert record.next_batch == kept // 10 == record.counts["read"] // 10 and kept >= 40
    assert _counts(_import(scope, path, rules, dataset)) == (300, 300, 0, 0, 0)
    keys = [key for (key,) in _stored(scope, column, dataset)]
    assert len(keys) == 300 and len(set(keys)) == 300
    assert [i.status for i in list_imports(scope)] == ["done"]


def _together(*imports: Any) -> None:
    """Run them at the same time; the first error is raised."""
    errors: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # it is raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in imports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_two_imports_at_once_store_both_files(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    one = _write(tmp_path, _cases(0, 80), name="one.csv")
    two = _write(tmp_path, _cases(60, 140, "Water"), name="two.csv")
    _together(lambda: _import(scope, one), lambda: _import(scope, two))
    assert len(_stored(scope)) == 140
    assert sorted(i.status for i in list_imports(scope)) == ["done", "done"]


def test_the_same_file_imported_twice_at_once_is_stored_once(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    path = _write(tmp_path, [("2024-05-01T09:00Z", "opened", f"c{i}") for i in range(80)], ("at", "what", "id"))
    found: list[ImportSummary] = []

    def run() -> None:
        found.append(_import(scope, path, EVENTS, "complaint_events"))

    _together(run, run)
    assert len(_stored(scope, "complaint", "complaint_events")) == 80
    assert sum(s.inserted for s in found) == 80 and [s.read for s in found] == [80, 80]


def test_whole_file_problems_store_nothing_and_leave_no_import(scope: Scope, tmp_path: Path) -> None:
    path = _write(tmp_path, _cases(0, 3), ("id", "opned", "done", "kind"))
    with pytest.raises(BadInput, match=r"no column `opened`.* Did you mean `opned`\?"):
        _import(scope, path)
    with pytest.raises(BadInput, match="a header and no records"):
        _import(scope, _write(tmp_path, []))
    with pytest.raises(UnknownName, match="Did you mean `complaints`"):
        import_file(scope, "grievance.complaint", path, None, None, NOW)
    with pytest.raises(BadInput, match="No file"):
        _import(scope, tmp_path / "none.csv")
    assert _stored(scope) == [] and [i.status for i in list_imports(scope)] in ([], ["failed"])


def test_without_the_right_to_write_nothing_is_imported(scope: Scope, tmp_path: Path) -> None:
    path = _write(tmp_path, _cases(0, 3))
    analyst = make_scope(scope.workspace, "analyst")
    with pytest.raises(NotAllowed):
        _import(analyst, path)
    with pytest.raises(NotAllowed):
        check_file(analyst, find_dataset(current(), "complaints"), path, None, None, NOW)
    assert _stored(scope) == []


def test_refused_rows_are_not_shown_to_readers_or_neighbours(scope: Scope, tmp_path: Path) -> None:
    summary = _import(scope, _write(tmp_path, [("a", "never", "", "")]))
    neighbour = make_scope(make_workspace())
    assert rejects_of(neighbour, summary.import_id) == [] and list_imports(neighbour) == []
    with pytest.raises(UnknownName):
        rejects_csv(neighbour, summary.import_id)
    with pytest.raises(NotAllowed):
        rejects_of(make_scope(scope.workspace, "viewer"), summary.import_id)


def test_an_import_is_in_the_audit(scope: Scope, tmp_path: Path) -> None:
    summary = _import(scope, _write(tmp_path, _cases(0, 3)))
    with owner_transaction() as tx:
        query = "SELECT account, action, object, detail FROM belvedere.audit WHERE workspace_id = %s"
        account, action, what, detail = tx.execute(query, (scope.workspace.id,)).fetchall()[-1]
    assert (account, action, what) == ("administrator@test", "imported", "f.csv")
    assert detail["inserted"] == 3 and detail["import"] == summary.import_id


def test_a_mapping_is_guessed_when_none_fits(scope: Scope, tmp_path: Path) -> None:
    header = ("Case ID", "Created Date", "Closed Date", "Complaint Type", "Status", "Latitude", "Longitude")
    rows = [(f"x{i}", "05/13/2024 02:51:52 PM", "", "Noise", "OPEN", "40.7", "-74.0") for i in range(5)]
    summary = import_file(scope, "complaints", _write(tmp_path, rows, header), None, None, NOW)
    assert summary.mapping == "guess" and _counts(summary) == (5, 5, 0, 0, 0)
    opened = datetime(2024, 5, 13, 18, 51, 52, tzinfo=UTC)
    assert _stored(scope, "complaint_id, opened_at, category, status, lat")[0] == ("x0", opened, "Noise", "open", 40.7)


def test_a_check_tells_what_an_import_would_do(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*_cases(0, 11), ("bad", "never", "soon", ""), ("c1", "2024-05-09", "", ""), *_cases(2, 3), *_cases(11, 20)]
    path, dataset = _write(tmp_path, rows), find_dataset(current(), "complaints")
    report = check_file(scope, dataset, path, load_mapping(CASES), None, NOW)
    assert (report.read, report.accepted, report.rejected, report.flagged, report.complete) == (23, 21, 2, 0, True)
    assert {(f.field, f.reason, f.outcome, f.count, f.examples) for f in report.findings} == {
        ("opened_at", "not a time", "reject", 1, ((13, "never"),)),
        ("resolved_at", "not a time", "reject", 1, ((13, "soon"),)),
        ("complaint_id", "duplicate key", "reject", 1, ((14, "c1"),)),
        ("category", "missing", "flag", 2, ((13, ""), (14, ""))),
        ("opened_at", "missing", "reject", 1, ((13, ""),)),
    }
    part = check_file(scope, dataset, path, load_mapping(CASES), 10, NOW)
    assert (part.read, part.complete) == (10, False)
    assert _stored(scope) == [] and list_imports(scope) == []
    assert _counts(_import(scope, path))[1:] == (20, 0, 1, 2)


def test_a_preview_shows_the_file_as_it_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes("a;b\nä;1\nö;2\nü;3\n".encode("cp1252"))
    shown = preview(path, 2)
    assert (shown.format, shown.encoding, shown.delimiter, shown.header) == ("delimited", "cp1252", ";", ("a", "b"))
    assert shown.rows == (("ä", "1"), ("ö", "2"))


@pytest.mark.parametrize("name", ["f.jsonl", "f.parquet"])
def test_json_lines_and_parquet_become_the_same_rows_as_csv(scope: Scope, tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"id": f"c{i}", "opened": datetime(2024, 5, 1, 8, i), "done": None, "kind": "Noise"} for i in range(5)]
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(pa.table({k: [r[k] for r in rows] for k in ("id", "opened", "kind")} | {"done": [""] * 5}), path)
    else:
        path.write_text("".join(json.dumps(r, default=str) + "\n" for r in rows))
    assert _counts(_import(scope, path)) == (5, 5, 0, 0, 0)
    assert _stored(scope, "complaint_id, opened_at")[4] == ("c4", datetime(2024, 5, 1, 12, 4, tzinfo=UTC))


def test_the_pack_is_switched_on_for_the_workspace(scope: Scope, tmp_path: Path) -> None:
    _import(scope, _write(tmp_path, _cases(0, 1)))
    with owner_transaction() as tx:
        query = "SELECT pack FROM belvedere.workspace_packs WHERE workspace_id = %s"
        assert tx.execute(query, (scope.workspace.id,)).fetchall() == [("grievance",)]


def test_mappings_are_values(scope: Scope) -> None:
    assert isinstance(load_mapping(CASES), Mapping) and load_mapping(CASES) == load_mapping(CASES)
