"""Is a file in the watched folder imported once, whole, and put where its sender finds what became of it?"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from data.errors import BadInput
from data.settings import settings
from data.types import Scope
from services import model
from services.connections import FolderLine, folder_lines
from services.inbox import Watch, make_folders, take_files
from tests import zygote
from tests.importing import CASES, EVENTS, NOW, cases, stored, write_csv


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(scope: Scope) -> Path:
    model.enable_pack(scope, "grievance")
    make_folders()
    found = settings().home / "inbox" / scope.workspace.slug / "grievance.complaints"
    assert found.is_dir() and (found.parent / "grievance.complaint_events").is_dir()
    (found / "mapping.yaml").write_text(CASES)
    return found


def take(watch: Watch, clock: Clock, seconds: float = 5) -> tuple[int, int]:
    """Look, wait, and look again."""
    take_files(watch, NOW, lambda: False)
    clock.now += seconds
    return take_files(watch, NOW, lambda: False)


def mine(scope: Scope) -> FolderLine:
    return next(line for line in folder_lines(scope) if line.dataset == "grievance.complaints")


def test_a_complete_file_is_imported_and_put_among_the_done_with_its_counts(scope: Scope, folder: Path) -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    write_csv(folder, [*cases(0, 5), ("bad", "never", "", "")], name="may.csv")
    assert take(watch, clock) == (1, 0)
    assert len(stored(scope)) == 5
    result = json.loads((folder / "done" / "may.csv.result.json").read_text())
    assert (result["read"], result["inserted"], result["rejected"]) == (6, 5, 1)
    assert Path(result["rejects_file"]).is_file()
    assert (folder / "done" / "may.csv").is_file() and not (folder / "may.csv").exists()
    line = mine(scope)
    assert (line.waiting, line.done, line.failed) == (0, 1, 0)
    write_csv(folder, cases(0, 5, "Water"), name="may.csv")
    assert take(watch, clock) == (1, 0)
    assert {kind for _, kind in stored(scope)} == {"Water"} and (folder / "done" / "may-1.csv").is_file()


def test_a_file_that_still_grows_or_has_a_name_for_half_copied_ones_is_left(scope: Scope, folder: Path) -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    path = write_csv(folder, cases(0, 3), name="a.csv")
    for name in (".hidden.csv", "b.csv.part", "c.csv~"):
        write_csv(folder, cases(5, 9), name=name)
    (folder / "link.csv").symlink_to(path)
    for _ in range(3):
        assert take(watch, clock, 3) == (0, 0)
        with path.open("a") as file:
            file.write("c9,2024-05-01T08:00:00Z,,Noise\n")
    assert take(watch, clock) == (1, 0)
    assert len(stored(scope)) == 4
    os.rename(folder / "b.csv.part", folder / "b.csv")  # noqa: PTH104
    assert take(watch, clock) == (1, 0)
    assert len(stored(scope)) == 8 and mine(scope).waiting == 0


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("{slug}/grievance.complants", "Did you mean `complaints`?"),
        ("no-such-town/grievance.complaints", "No workspace `no-such-town`"),
        ("{slug}/grievance.complaints", "no column `id`"),
    ],
)
def test_a_file_that_cannot_be_imported_is_put_among_the_failed_with_the_reason(
    scope: Scope, folder: Path, place: str, reason: str
) -> None:
    clock = Clock()
    target = settings().home / "inbox" / place.format(slug=scope.workspace.slug)
    target.mkdir(parents=True, exist_ok=True)
    write_csv(target, [("1", "2")], ("x", "y"), name="bad.csv")
    write_csv(folder, cases(0, 2), name="good.csv")
    assert take(Watch(clock=clock), clock) == (1, 1)
    assert reason in (target / "failed" / "bad.csv.reason.txt").read_text()
    assert (target / "failed" / "bad.csv").is_file() and not (target / "bad.csv").exists()
    assert len(stored(scope)) == 2


def test_files_with_names_that_leave_no_room_for_a_note_are_imported_too(scope: Scope, folder: Path) -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    for kind, name in (("Noise", "n" * 250 + ".csv"), ("Water", "n" * 251 + ".csv"), ("Water", "a." + "x" * 250)):
        write_csv(folder, cases(0, 2, kind), name=name)
    with pytest.raises(BadInput, match="xxx cannot be moved to done/: File name too long"):
        take(watch, clock)
    (folder / ("a." + "x" * 250)).unlink()
    assert len(stored(scope)) == 2 and mine(scope).done == 2
    assert sorted(file.said for file in mine(scope).files) == ["2 read, 2 inserted", "2 read, 2 updated"]


KILLED = """
import sys, time
from datetime import UTC, datetime
import services.ingest.importer
for name in ("services.ingest.readers.delimited", "services.ingest.importer"):
    sys.modules[name].ROWS_A_BATCH = 10
from services.inbox import Watch, taking
def show(*_):
    print("written", flush=True)
    time.sleep(0.05)
write = services.ingest.importer._write_batch
def slowly(*arguments):
    write(*arguments)
    show()
services.ingest.importer._write_batch = slowly
watch = Watch(0)
taking.take_files(watch, datetime(2024, 6, 1, tzinfo=UTC), lambda: False)
"""


def test_a_file_whose_import_was_killed_is_taken_up_and_stored_once(
    scope: Scope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.importing import cut_into_tens

    events = folder.parent / "grievance.complaint_events"
    (events / "mapping.yaml").write_text(EVENTS)
    rows = [(f"2024-05-{i % 28 + 1:02}T09:00Z", "opened", f"c{i}") for i in range(200)]
    write_csv(events, rows, ("at", "what", "id"), name="events.csv")
    for _ in range(2):
        process = zygote.start(["-c", KILLED])
        for _ in range(4):
            assert process.stdout.readline() == "written\n"
        process.kill()
        process.communicate()
        assert (events / "events.csv").is_file()
    cut_into_tens(monkeypatch)
    assert take_files(Watch(0), NOW, lambda: False) == (1, 0)
    keys = [key for (key,) in stored(scope, "complaint", "complaint_events")]
    assert len(keys) == 200 and len(set(keys)) == 200
    assert json.loads((events / "done" / "events.csv.result.json").read_text())["read"] == 200


def test_a_worker_that_stops_leaves_the_file_for_its_next_start(scope: Scope, folder: Path) -> None:
    write_csv(folder, cases(0, 5), name="may.csv")
    assert take_files(Watch(0), NOW, lambda: True) == (0, 0)
    assert mine(scope).waiting == 1
