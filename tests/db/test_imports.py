"""Does a file become exactly its rows, once, whatever happens on the way?"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope
from services.ingest import (
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
from tests.importing import CASES, EVENTS, NOW, cases, counts, cut_into_tens, import_csv, stored, write_csv
from tests.support import make_scope, make_workspace


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_into_tens(monkeypatch)


def test_rows_are_stored_with_local_times_as_utc_and_flags(scope: Scope, tmp_path: Path) -> None:
    path = write_csv(tmp_path, [("a", "2024-05-01", "2024-05-03 12:00", "Noise"), ("b", "2024-05-02", "", "")])
    assert counts(import_csv(scope, path)) == (2, 2, 0, 0, 0)
    found = stored(scope, "complaint_id, opened_at, resolved_at, category, sla, quality")
    assert found == [
        ("a", datetime(2024, 5, 1, 4, tzinfo=UTC), datetime(2024, 5, 3, 16, tzinfo=UTC), "Noise", "within", None),
        ("b", datetime(2024, 5, 2, 4, tzinfo=UTC), None, None, None, ["category_missing"]),
    ]


def test_importing_again_changes_nothing(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    path = write_csv(tmp_path, [*cases(0, 25), ("c3", "2024-05-09", "", "Other"), ("bad", "never", "", "")])
    assert counts(import_csv(scope, path)) == (27, 25, 0, 0, 2)
    before = stored(scope, "complaint_id, category, received_at")
    again = import_csv(scope, path)
    assert counts(again) == (27, 0, 0, 25, 2) and stored(scope, "complaint_id, category, received_at") == before


def test_a_changed_file_updates_what_changed(scope: Scope, tmp_path: Path) -> None:
    import_csv(scope, write_csv(tmp_path, cases(0, 20)))
    changed = [*cases(0, 15), *cases(15, 18, "Water"), *cases(18, 22)]
    assert counts(import_csv(scope, write_csv(tmp_path, changed))) == (22, 2, 3, 17, 0)
    assert [k for _, k in stored(scope)].count("Water") == 3


def test_a_repeated_key_is_refused_unless_it_says_the_same(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*cases(0, 12), *cases(3, 4), *cases(5, 6, "Water"), *cases(12, 13)]
    summary = import_csv(scope, write_csv(tmp_path, rows))
    assert counts(summary) == (15, 13, 0, 1, 1)
    ((_, reject),) = rejects_of(scope, summary.import_id)
    assert (reject.line, reject.field, reject.reason, reject.found) == (15, "complaint_id", "duplicate key", "c5")
    assert reject.expected == "one row a key; line 7 has it with other values"
    assert reject.raw == "c5,2024-05-06T08:00:00Z,,Water" and dict(stored(scope))["c5"] == "Noise"


def test_with_update_the_last_row_of_a_key_counts(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*cases(0, 12), *cases(5, 6, "Water"), *cases(5, 6, "Waste"), ("c5", "never", "", "Bad")]
    path, rules = write_csv(tmp_path, rows), CASES + "duplicates: update\n"
    assert counts(import_csv(scope, path, rules)) == (15, 12, 0, 2, 1)
    assert dict(stored(scope))["c5"] == "Waste"
    assert counts(import_csv(scope, path, rules)) == (15, 0, 0, 14, 1)


def test_refused_rows_are_kept_and_can_be_downloaded(scope: Scope, tmp_path: Path) -> None:
    long = "x" * 501
    rows = [("a", "2024-05-01", "soon", 'say "no"'), ("", "2024-05-01", "", ""), ("b", "2024-05-01", "", long)]
    summary = import_csv(scope, write_csv(tmp_path, rows))
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
    assert counts(summary) == (3, 1, 0, 0, 2)
    found = [r.raw for _, r in rejects_of(scope, summary.import_id)]
    assert found == ["a,2024-05-01,,nul\\x00", "b,2024-05-01,,\\udcff"]


def test_events_count_once_however_often_they_are_imported(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [(f"2024-05-{i % 28 + 1:02}T09:00Z", "opened", f"c{i % 7}") for i in range(35)]
    path = write_csv(tmp_path, [*rows, ("2024-05-01T09:00Z", "sung", "c1")], ("at", "what", "id"))
    assert counts(import_csv(scope, path, EVENTS, "complaint_events")) == (36, 35, 0, 0, 1)
    assert counts(import_csv(scope, path, EVENTS, "complaint_events")) == (36, 0, 0, 35, 1)
    assert len(stored(scope, "id", "complaint_events")) == 35


def test_whole_file_problems_store_nothing_and_leave_no_import(scope: Scope, tmp_path: Path) -> None:
    path = write_csv(tmp_path, cases(0, 3), ("id", "opned", "done", "kind"))
    with pytest.raises(BadInput, match=r"no column `opened`.* Did you mean `opned`\?"):
        import_csv(scope, path)
    with pytest.raises(BadInput, match="a header and no records"):
        import_csv(scope, write_csv(tmp_path, []))
    with pytest.raises(UnknownName, match="Did you mean `complaints`"):
        import_file(scope, "grievance.complaint", path, None, None, NOW)
    with pytest.raises(BadInput, match="No file"):
        import_csv(scope, tmp_path / "none.csv")
    assert stored(scope) == [] and [i.status for i in list_imports(scope)] in ([], ["failed"])


def test_without_the_right_to_write_nothing_is_imported(scope: Scope, tmp_path: Path) -> None:
    path = write_csv(tmp_path, cases(0, 3))
    analyst = make_scope(scope.workspace, "analyst")
    with pytest.raises(NotAllowed):
        import_csv(analyst, path)
    with pytest.raises(NotAllowed):
        check_file(analyst, find_dataset(current(), "complaints"), path, None, None, NOW)
    assert stored(scope) == []


def test_refused_rows_are_not_shown_to_readers_or_neighbours(scope: Scope, tmp_path: Path) -> None:
    summary = import_csv(scope, write_csv(tmp_path, [("a", "never", "", "")]))
    neighbour = make_scope(make_workspace())
    assert rejects_of(neighbour, summary.import_id) == [] and list_imports(neighbour) == []
    with pytest.raises(UnknownName):
        rejects_csv(neighbour, summary.import_id)
    with pytest.raises(NotAllowed):
        rejects_of(make_scope(scope.workspace, "viewer"), summary.import_id)


def test_an_import_is_in_the_audit(scope: Scope, tmp_path: Path) -> None:
    summary = import_csv(scope, write_csv(tmp_path, cases(0, 3)))
    with owner_transaction() as tx:
        query = "SELECT account, action, object, detail FROM belvedere.audit WHERE workspace_id = %s"
        account, action, what, detail = tx.execute(query, (scope.workspace.id,)).fetchall()[-1]
    assert (account, action, what) == ("administrator@test", "imported", "f.csv")
    assert detail["inserted"] == 3 and detail["import"] == summary.import_id


def test_a_mapping_is_guessed_when_none_fits(scope: Scope, tmp_path: Path) -> None:
    header = ("Case ID", "Created Date", "Closed Date", "Complaint Type", "Status", "Latitude", "Longitude")
    rows = [(f"x{i}", "05/13/2024 02:51:52 PM", "", "Noise", "OPEN", "40.7", "-74.0") for i in range(5)]
    summary = import_file(scope, "complaints", write_csv(tmp_path, rows, header), None, None, NOW)
    assert summary.mapping == "guess" and counts(summary) == (5, 5, 0, 0, 0)
    opened = datetime(2024, 5, 13, 18, 51, 52, tzinfo=UTC)
    assert stored(scope, "complaint_id, opened_at, category, status, lat")[0] == ("x0", opened, "Noise", "open", 40.7)


def test_a_check_tells_what_an_import_would_do(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    rows = [*cases(0, 11), ("bad", "never", "soon", ""), ("c1", "2024-05-09", "", ""), *cases(2, 3), *cases(11, 20)]
    path, dataset = write_csv(tmp_path, rows), find_dataset(current(), "complaints")
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
    assert stored(scope) == [] and list_imports(scope) == []
    assert counts(import_csv(scope, path))[1:] == (20, 0, 1, 2)


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
    assert counts(import_csv(scope, path)) == (5, 5, 0, 0, 0)
    assert stored(scope, "complaint_id, opened_at")[4] == ("c4", datetime(2024, 5, 1, 12, 4, tzinfo=UTC))


def test_the_pack_is_switched_on_for_the_workspace(scope: Scope, tmp_path: Path) -> None:
    import_csv(scope, write_csv(tmp_path, cases(0, 1)))
    with owner_transaction() as tx:
        query = "SELECT pack FROM belvedere.workspace_packs WHERE workspace_id = %s"
        assert tx.execute(query, (scope.workspace.id,)).fetchall() == [("grievance",)]


def test_mappings_are_values(scope: Scope) -> None:
    assert isinstance(load_mapping(CASES), Mapping) and load_mapping(CASES) == load_mapping(CASES)
