"""Do jobs run when they should, once at a time, and say how it went?"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from data import queue
from data.types import Scope
from services.jobs import JOBS, Job, engine, job_lines, run_worker, worker
from services.jobs.running import run_job
from services.jobs.turns import Turn
from tests.running import PATIENCE_S, eventually
from tests.support import fresh_database, make_scope, make_workspace

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
TURN = Turn(NOW, lambda: False)
NEVER = "0 0 1 1 *"  # once a year


@pytest.fixture(scope="module", autouse=True)
def url() -> Iterator[str]:
    with fresh_database() as found:
        yield found


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer to end a job than a worker is given."""
    monkeypatch.setattr(worker, "_GRACE_S", PATIENCE_S)


def job(run: Callable[[Turn], str], name: str = "test", cron: str = "* * * * *", on_data: bool = False) -> Job:
    return Job(name, name.title(), cron, run, on_data)


def work_until(claim: Callable[[], object], busy: Callable[[], None] = lambda: None) -> None:
    """Be the worker until a claim is true, somebody being busy meanwhile, then get SIGTERM, as from the supervisor."""

    def end() -> None:
        busy()
        eventually(claim)
        os.kill(os.getpid(), signal.SIGTERM)

    other = threading.Thread(target=end)
    other.start()
    run_worker()
    other.join()


def test_a_run_is_recorded_with_its_result_and_the_next_turn() -> None:
    assert run_job(JOBS["beat"], TURN) == ""
    found = {line.job: line for line in job_lines(make_scope(make_workspace()), NOW)}
    assert list(found) == list(JOBS)
    last = found["beat"].last
    assert last is not None and (last.outcome, last.started_at) == ("done", NOW)
    assert found["beat"].next_at == NOW + timedelta(seconds=55)
    assert found["compact"].next_at == NOW + timedelta(seconds=5)


def test_a_failure_keeps_its_reason_after_the_next_good_run() -> None:
    def fail(turn: Turn) -> str:
        raise ValueError("no such column")

    with pytest.raises(ValueError):
        run_job(job(fail, "fails"), TURN)
    failed = queue.job_runs()["fails"]
    assert (failed.outcome, failed.failure, failed.failures) == ("failed", "ValueError: no such column", 1)
    assert run_job(job(lambda turn: "3 rows", "fails"), TURN) == "3 rows"
    good = queue.job_runs()["fails"]
    assert (good.outcome, good.message, good.runs, good.failures) == ("done", "3 rows", 2, 1)
    assert good.failure == "ValueError: no such column"


def test_a_job_that_runs_elsewhere_is_left_alone() -> None:
    with queue.exclusive("job:test") as mine:
        assert mine
        assert run_job(job(lambda turn: pytest.fail("ran twice")), TURN) == ""
    assert run_job(job(lambda turn: "ran"), TURN) == "ran"


def test_a_worker_runs_periodic_jobs_and_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []

    def note(turn: Turn) -> str:
        ran.append(turn.now)
        return ""

    monkeypatch.setattr(worker, "JOBS", {"often": job(note, "often", "* * * * * */1")})
    work_until(lambda: len(ran) >= 2)
    assert len(ran) >= 2
    assert queue.worker_seen_at() is None, "a worker that ended in order signs off"


def test_a_stubborn_job_does_not_keep_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    began = threading.Event()

    def until_told(turn: Turn) -> str:
        began.set()
        while not turn.should_stop():
            time.sleep(0.05)
        return "told to stop"

    monkeypatch.setattr(worker, "JOBS", {"long": job(until_told, "long", "* * * * * */1")})
    work_until(began.is_set)
    assert queue.job_runs()["long"].message == "told to stop"


def test_a_worker_that_is_told_to_end_while_it_still_begins_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, begun = AsyncConnectionPool._connect, threading.Event()

    async def slowly(pool: Any, timeout: float | None = None) -> Any:
        begun.set()
        await asyncio.sleep(0.5)
        return await connect(pool, timeout)

    monkeypatch.setattr(AsyncConnectionPool, "_connect", slowly)
    work_until(begun.is_set)


def test_new_data_calls_for_its_job_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()

    def note(turn: Turn) -> str:
        ran.set()
        return ""

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            until = time.monotonic() + PATIENCE_S
            while not ran.wait(0.2) and time.monotonic() < until:
                connection.execute("""NOTIFY belvedere_data, '{"workspace": 1, "dataset": 1, "version": 1}'""")

    monkeypatch.setattr(worker, "JOBS", {"fresh": job(note, "fresh", NEVER, on_data=True)})
    work_until(ran.is_set, write)
    assert ran.is_set()


def test_jobs_of_a_killed_worker_run_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()

    def note(turn: Turn) -> str:
        ran.set()
        return ""

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "WITH dead AS (INSERT INTO jobs.procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '5 minutes') RETURNING id)"
            " INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            """ SELECT 'default', 'lost', '{"timestamp": 0}', 'doing', id FROM dead"""
        )
    monkeypatch.setattr(worker, "JOBS", {"lost": job(note, "lost", NEVER)})
    monkeypatch.setattr(worker, "RECOVER_CRON", "* * * * * */1")
    work_until(ran.is_set)
    assert ran.is_set()


def test_expired_sign_ins_are_removed_and_others_kept(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for age in ("31 days", "1 day"):
            connection.execute(
                "INSERT INTO belvedere.sign_in_attempts (at, name, client, succeeded)"
                " VALUES (%s::timestamptz - %s::interval, %s, '', false)", (NOW, age, age),
            )  # fmt: skip
        run_job(JOBS["tidy"], TURN)
        assert connection.execute("SELECT name FROM belvedere.sign_in_attempts").fetchall() == [("1 day",)]


def test_one_dataset_that_cannot_be_merged_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = make_scope(make_workspace())
    done: list[str] = []

    def merge(scope: Scope, dataset: object) -> int:
        done.append(str(dataset))
        if dataset == "b":
            raise ValueError("broken")
        return 1

    class Named(str):
        qualified = "pack.b"

    pairs = [(scope, Named(name)) for name in "abc"]
    monkeypatch.setattr(engine, "_known", lambda _: iter(pairs))
    with pytest.raises(ValueError, match="broken") as caught:
        list(engine._each(TURN, [], merge))
    assert done == ["a", "b", "c"]
    assert caught.value.__notes__ == [f"in pack.b of workspace {scope.workspace.slug}"]


def test_a_pass_is_due_after_a_change_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_passes", {(1, 1): (5, 100.0), (1, 2): (5, 10.0)})
    assert engine._waiting({(1, 1): 5, (1, 2): 5, (1, 3): 1}, now=101.0) == {(1, 2): 5, (1, 3): 1}
    assert engine._waiting({(1, 1): 6}, now=101.0) == {(1, 1): 6}
