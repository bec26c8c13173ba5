"""Is a file stored exactly once when its import is broken off, killed, or done by two at the same time?"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import services.ingest.importer
from data.database import APP_ROLE, transaction
from data.types import Scope
from services.ingest import ImportSummary, list_imports, rejects_of
from tests import zygote
from tests.importing import CASES, EVENTS, cases, counts, cut_into_tens, import_csv, stored, write_csv


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_into_tens(monkeypatch)


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
    rows = [*cases(0, 15), ("bad", "never", "", ""), *cases(2, 3, "Water"), *cases(15, 33)]
    path = write_csv(tmp_path, rows)
    with monkeypatch.context() as patched:
        _stop_at(patched, batch)
        with pytest.raises(KeyboardInterrupt):
            import_csv(scope, path)
    kept = len(stored(scope))
    assert kept == {0: 0, 1: 10, 3: 28}[batch]
    assert [(i.status, i.next_batch, i.message) for i in list_imports(scope)] == [("failed", batch, "interrupted")]
    summary = import_csv(scope, path)
    assert counts(summary) == (35, 33, 0, 0, 2) and len(stored(scope)) == 33
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
        path, rules = write_csv(tmp_path, cases(0, 300)), CASES
    else:
        rows = [(f"2024-05-{i % 28 + 1:02}T09:00Z", "opened", f"c{i}") for i in range(300)]
        path, rules = write_csv(tmp_path, rows, ("at", "what", "id")), EVENTS
    (tmp_path / "m.yaml").write_text(rules)
    process = zygote.start(["-c", KILLED, scope.workspace.slug, str(path), str(tmp_path / "m.yaml"), dataset])
    seen = [process.stdout.readline() for _ in range(4)]
    process.kill()
    process.communicate()
    assert seen[-1] == "40\n"
    column = "complaint_id" if dataset == "complaints" else "complaint"
    kept = len(stored(scope, column, dataset))
    (record,) = list_imports(scope)
    assert (record.status, record.message) == ("failed", "interrupted")
    assert record.next_batch == kept // 10 == record.counts["read"] // 10 and kept >= 40
    assert counts(import_csv(scope, path, rules, dataset)) == (300, 300, 0, 0, 0)
    keys = [key for (key,) in stored(scope, column, dataset)]
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
    one = write_csv(tmp_path, cases(0, 80), name="one.csv")
    two = write_csv(tmp_path, cases(60, 140, "Water"), name="two.csv")
    _together(lambda: import_csv(scope, one), lambda: import_csv(scope, two))
    assert len(stored(scope)) == 140
    assert sorted(i.status for i in list_imports(scope)) == ["done", "done"]


def test_the_same_file_imported_twice_at_once_is_stored_once(scope: Scope, tmp_path: Path, small_batches: None) -> None:
    path = write_csv(tmp_path, [("2024-05-01T09:00Z", "opened", f"c{i}") for i in range(80)], ("at", "what", "id"))
    found: list[ImportSummary] = []

    def run() -> None:
        found.append(import_csv(scope, path, EVENTS, "complaint_events"))

    _together(run, run)
    assert len(stored(scope, "complaint", "complaint_events")) == 80
    assert sum(s.inserted for s in found) == 80 and [s.read for s in found] == [80, 80]


def test_an_import_that_cannot_begin_leaves_no_connection_without_transactions(
    scope: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(tmp_path, cases(0, 3))
    with monkeypatch.context() as patched:
        patched.setattr("data.imports._begin", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            import_csv(scope, path)
    for _ in range(5):
        with transaction(scope) as tx:
            assert tx.execute("SELECT current_user").fetchone() == (APP_ROLE,)
    assert counts(import_csv(scope, path)) == (3, 3, 0, 0, 0)


def test_a_name_that_is_no_text_is_stored_with_question_marks(scope: Scope, tmp_path: Path) -> None:
    path = write_csv(tmp_path, cases(0, 3), name="b\udcff.csv")
    assert counts(import_csv(scope, path)) == (3, 3, 0, 0, 0)
    assert [i.file_name for i in list_imports(scope)] == ["b?.csv"]
