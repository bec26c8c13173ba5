"""Is what the application does recorded once, without slowing it, breaking it, or recording itself?"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import services.observing.collector as collecting
from data.database import owner_transaction
from data.engine.verify import verify
from data.errors import BadInput, DatabaseDown
from data.types import MetricQuery, Scope, TimeRange, Workspace
from services.jobs import JOBS, Job
from services.jobs.running import run_job
from services.jobs.turns import Turn
from services.metrics import answer
from services.model import current, find_dataset
from services.observing import note, quietly
from services.observing.collector import Collector, ErrorNotes
from services.observing.notes import Notes, noted_request, notes, timed
from services.observing.workspace import find_scope, find_workspace
from services.people import create_workspace, list_workspaces, sign_in
from tests.support import make_scope, settings_of

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def noting(database: str) -> Iterator[None]:
    current()  # the tables are there, whichever test comes first
    notes.take()
    notes.is_on = True
    yield
    notes.is_on = False
    notes.take()


def rows(table: str, columns: str) -> list[tuple[Any, ...]]:
    with owner_transaction() as tx:
        return tx.execute(f"SELECT {columns} FROM system.{table} ORDER BY occurred_at, {columns}".encode()).fetchall()


def line(route: str, status: int, ms: float = 3.0, account: str = "") -> dict[str, Any]:
    return {"method": "GET", "route": route, "status": status, "ms": ms, "account": account}


def test_what_was_noted_becomes_rows_of_the_workspace_system_once() -> None:
    before = rows("requests", "route")
    for status in (200, 303, 404, 500, 499):
        noted_request("/x", line("/x", status, account="ann"))
    noted_request("/_stcore/health", line("/_stcore/*", 200))
    collector = Collector("web")
    assert collector.turn() == 6 and collector.turn() == 0
    found = rows("requests", "route, status, outcome, ms, account, process")
    assert len(found) == len(before) + 5
    assert {row[1]: row[2] for row in found if row[0] == "/x"} == {
        "200": "answered", "303": "redirected", "404": "refused", "500": "failed", "499": "given up",
    }  # fmt: skip
    assert {row[4:] for row in found if row[0] == "/x"} == {("ann", "web")}
    scope = find_scope()
    assert scope is not None
    assert verify(scope, find_dataset(current(), "system.requests")).mismatches == []


def test_the_workspace_is_its_own_and_only_administrators_of_all_see_it(scope: Scope) -> None:
    note("page_views", page="Live", workspace="w", account="ann")
    Collector("web").turn()
    found = find_workspace()
    assert found is not None and found.parent_id is None
    assert found.slug not in [w.slug for w in list_workspaces(make_scope(scope.workspace, "viewer"))]
    query = MetricQuery(("system.pages_viewed",), TimeRange(NOW - timedelta(days=1), NOW + timedelta(days=1)))
    theirs = answer(scope, [query], NOW)[0].rows[0]["system.pages_viewed"]
    assert theirs == 0, "another workspace's administrator reads none of it"


@pytest.mark.parametrize("parent", [None, "theirs"])
def test_nobody_else_can_make_a_workspace_that_would_get_its_records(parent: str | None, workspace: Workspace) -> None:
    kind = "department" if parent else "organisation"
    with pytest.raises(BadInput, match="the installation's own workspace"):
        create_workspace("system", "Mine", kind, "UTC", workspace.slug if parent else None)


def test_the_collector_does_not_note_its_own_work() -> None:
    collector = Collector("web")
    note("errors", component="x", error="y")
    collector._safe_turn()
    with quietly():
        note("errors", component="x", error="y")
    assert notes.take() == {}, "writing asked no questions that were noted"


def test_while_the_database_is_down_notes_wait_and_a_lost_answer_does_not_double_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, before = collecting.write_batch, len(rows("sign_ins", "outcome"))
    note("sign_ins", via="password", outcome="let in", account="ann")
    collector = Collector("web", sample_s=5)
    collector._turns = 1
    collector._sample_every = 10**9

    def down(*_: Any) -> Any:
        raise DatabaseDown

    monkeypatch.setattr(collecting, "write_batch", down)
    collector._safe_turn()
    monkeypatch.setattr(collecting, "write_batch", real)
    key, waiting = collector._waiting or ("", {})
    assert collector.turn() == 1
    collector._waiting = (key, waiting)  # as if the commit had succeeded and its answer was lost
    collector.turn()
    assert len(rows("sign_ins", "outcome")) == before + 1


def test_the_memory_is_bounded_and_what_is_dropped_is_counted() -> None:
    some = Notes(most=100)
    for number in range(250):
        some.add("requests", number, {})
    kept = some.take()["requests"]
    assert [at for at, _ in kept] == list(range(100)) and some.take_dropped() == 150 and some.take_dropped() == 0


def test_a_note_takes_microseconds_also_while_many_threads_note() -> None:
    def many() -> None:
        for _ in range(1_000):
            note("requests", method="GET", route="/x", status="200", outcome="answered", ms=1.0)

    threads = [threading.Thread(target=many) for _ in range(4)]
    started = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (time.process_time() - started) / 4_000 < 0.000_1
    assert len(notes.take()["requests"]) == 4_000


def test_questions_jobs_sign_ins_and_errors_are_noted(scope: Scope) -> None:
    turn = Turn(NOW, lambda: False)
    run_job(JOBS["beat"], turn)
    failing = Job("failing", "x", "* * * * * */2", lambda _: 1 / 0)  # type: ignore[return-value, arg-type]
    quick = Job("quick", "x", "* * * * * */2", lambda _: "3 rows")
    run_job(quick, turn)
    with pytest.raises(ZeroDivisionError):
        run_job(failing, turn)
    sign_in("nobody", "wrong", "1.2.3.4", NOW)
    handler = ErrorNotes()
    handler.handle(logging.makeLogRecord({"name": "services.x", "levelno": logging.ERROR, "levelname": "ERROR"}))
    with pytest.raises(ValueError, match="no"), timed("exports", "done", "failed", form="csv"):
        raise ValueError("no")
    found = {name: [row for _, row in taken] for name, taken in notes.take().items()}
    assert [(row["job"], row["outcome"]) for row in found["jobs"]] == [("beat", "done"), ("failing", "failed")]
    assert [(row["outcome"], row["account"]) for row in found["sign_ins"]] == [("refused", None)]
    assert found["errors"] == [{"component": "services.x", "error": "error"}]
    assert found["exports"][0]["outcome"] == "failed"
    query = MetricQuery(("water.readings_received",), TimeRange(NOW - timedelta(days=1), NOW))
    answer(scope, [query, query], NOW)
    asked = notes.take()["questions"][0][1]
    assert (asked["metrics"], asked["asked_from"], asked["outcome"]) == (2, "command", "answered")


def test_a_thread_writes_by_itself_and_the_rest_at_the_end() -> None:
    before = len(rows("page_views", "page"))
    with settings_of(BELVEDERE_OBSERVE="true"):
        collector = Collector("web", write_s=0.1, sample_s=0.2)
        collector.start()
        note("page_views", page="Live", workspace="w", account="ann")
        time.sleep(1.0)
        note("page_views", page="Data", workspace="w", account="ann")
        collector.stop()
    assert [page for (page,) in rows("page_views", "page")][before:] == ["Live", "Data"]
    assert len(rows("resources", "host_cpu, memory_mb, disk")) >= 2
    assert not notes.is_on
