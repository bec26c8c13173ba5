"""What does the job queue keep in Postgres, and how do processes hear of new data?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import psycopg

from data.claims import claimed
from data.database import database_url, owner_transaction
from data.errors import DatabaseDown
from data.statements import run

if TYPE_CHECKING:
    from procrastinate import PsycopgConnector

CHANNEL = "belvedere_data"


@dataclass(frozen=True, slots=True)
class JobRun:
    """The last run of a job, and its last failure."""

    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Literal["running", "done", "failed"]
    message: str
    failed_at: datetime | None
    failure: str
    runs: int
    failures: int


def connector() -> PsycopgConnector:
    """The queue's own small pool; its tables are in the schema `jobs`."""
    from procrastinate import PsycopgConnector  # late: the web process and the supervisor only read what became of jobs

    options = {"options": "-c search_path=jobs -c timezone=UTC"}
    return PsycopgConnector(conninfo=database_url(), kwargs=options, min_size=1, max_size=4, timeout=10)


def note_started(job: str, now: datetime) -> None:
    """A job began."""
    with owner_transaction() as tx:
        run(tx, "job_started", {"job": job, "now": now})


def note_done(job: str, now: datetime, message: str) -> None:
    """A job ended well; `message` says with what."""
    with owner_transaction() as tx:
        run(tx, "job_done", {"job": job, "now": now, "message": message})


def note_failed(job: str, now: datetime, failure: str) -> None:
    """A job failed; `failure` says why."""
    with owner_transaction() as tx:
        run(tx, "job_failed", {"job": job, "now": now, "failure": failure})


def job_runs() -> dict[str, JobRun]:
    """What became of each job that ever ran."""
    with owner_transaction() as tx:
        return {row[0]: JobRun(*row) for row in run(tx, "job_runs", {})}


def worker_seen_at() -> datetime | None:
    """The last sign of life of any worker; they write every ten seconds."""
    with owner_transaction() as tx:
        found: datetime | None = run(tx, "worker_seen", {})[0][0]
        return found


def waiting_jobs() -> int:
    """How many jobs are due and not yet taken."""
    with owner_transaction() as tx:
        return int(run(tx, "jobs_waiting", {})[0][0])


def dataset_changes() -> dict[tuple[int, int], int]:
    """(workspace, dataset) -> number of its last change."""
    with owner_transaction() as tx:
        return {(row[0], row[1]): row[2] for row in run(tx, "dataset_changes", {})}


@contextmanager
def exclusive(name: str) -> Iterator[bool]:
    """Whether this process alone may do `name` inside the block; the claim ends with the process, however it ends."""
    try:
        with claimed(name) as claim:
            yield claim is not None
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error


def notices(stop: threading.Event, poll_s: float = 1.0) -> Iterator[None]:
    """One item whenever data arrived, however many batches it was; ends when `stop` is set. Raises DatabaseDown."""
    try:
        with psycopg.connect(database_url(), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not stop.is_set():
                if list(connection.notifies(timeout=poll_s, stop_after=1)):
                    yield
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error
