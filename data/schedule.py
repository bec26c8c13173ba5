"""What did people change about the schedule of jobs, what waits in the queue, and how did workflows go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from data.database import Transaction, database_url, owner_transaction
from data.statements import run

Outcome = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class JobSetting:
    """A job whose times were changed (`cron`, None for its own) or that rests."""

    job: str
    cron: str | None
    paused: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Queued:
    """How many jobs of one name wait, run, and failed within a day."""

    waiting: int = 0
    running: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run of a workflow; `said` is its result, or the reason of its failure."""

    job: str
    outcome: Literal["waiting", "running", "done", "failed"] = "waiting"
    said: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow."""

    id: int
    workflow: str
    asked_by: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    steps: tuple[Step, ...]


def job_settings() -> dict[str, JobSetting]:
    """Every job that people changed, by name."""
    with owner_transaction() as tx:
        return {row[0]: JobSetting(*row) for row in run(tx, "job_settings", {})}


def set_job(tx: Transaction, job: str, cron: str | None, paused: bool, by: str) -> None:
    """A job's own times, or None for those it was made with, and whether it rests."""
    run(tx, "set_job", {"job": job, "cron": cron, "paused": paused, "by": by})


def queued() -> dict[str, Queued]:
    """What the queue holds, by the name of the job."""
    with owner_transaction() as tx:
        return {row[0]: Queued(*row[1:]) for row in run(tx, "queued_jobs", {})}


def defer(task: str, lock: str, **arguments: Any) -> bool:
    """Put a job into the queue; False when it waits there already."""
    from procrastinate import App, SyncPsycopgConnector  # late: few processes ever ask for a job
    from procrastinate.exceptions import AlreadyEnqueued

    options = {"options": "-c search_path=jobs -c timezone=UTC"}
    app = App(connector=SyncPsycopgConnector(conninfo=database_url(), kwargs=options, min_size=1, max_size=1))
    with app.open():
        try:
            app.configure_task(task, queueing_lock=lock).defer(**arguments)
        except AlreadyEnqueued:
            return False
    return True


def begin_workflow(tx: Transaction, workflow: str, steps: Sequence[str], by: str) -> int:
    """A run that is asked for; its number."""
    waiting = Jsonb([asdict(Step(job)) for job in steps])
    return int(run(tx, "begin_workflow", {"workflow": workflow, "by": by, "steps": waiting})[0][0])


def note_workflow(number: int, steps: Sequence[Step], outcome: Outcome) -> None:
    """How far a run is."""
    with owner_transaction() as tx:
        values = {"id": number, "steps": Jsonb([asdict(step) for step in steps]), "outcome": outcome}
        run(tx, "note_workflow", values)


def workflow_run(number: int) -> WorkflowRun | None:
    """One run."""
    with owner_transaction() as tx:
        rows = run(tx, "workflow_run", {"id": number})
    return _run(rows[0]) if rows else None


def workflow_runs(limit: int) -> list[WorkflowRun]:
    """The newest runs first."""
    with owner_transaction() as tx:
        return [_run(row) for row in run(tx, "workflow_runs", {"limit": limit})]


def _run(row: tuple[Any, ...]) -> WorkflowRun:
    number, workflow, by, started_at, finished_at, outcome, steps = row
    found = tuple(Step(**step) for step in steps)
    return WorkflowRun(number, workflow, by, started_at, finished_at, outcome, found)
