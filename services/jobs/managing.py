"""What do people see and change of jobs and workflows?

Jobs belong to the whole installation: whoever is administrator of every top workspace may change them, others look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from data import queue, schedule
from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, unknown
from data.queue import JobRun
from data.schedule import JobSetting, Queued, WorkflowRun
from data.types import Scope
from services.jobs.overrides import check_cron
from services.jobs.schedule import JOBS, Job
from services.jobs.workflows import WORKFLOWS, Workflow, ask_for
from services.people import record, require, runs_installation


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job with its times (`cron`, and whether people changed it), its last run and the next, and what waits."""

    job: str
    title: str
    cron: str
    is_changed: bool
    paused: bool
    changed_by: str
    last: JobRun | None
    took: timedelta | None
    next_at: datetime | None
    queued: Queued

    @property
    def state(self) -> str:
        """In a word."""
        if self.last is not None and self.last.outcome == "failed":
            return "failed"
        if self.queued.running:
            return "running"
        if self.paused:
            return "paused"
        return "waiting" if self.last is None else "done"


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """A workflow with its last run and the next one by the clock."""

    workflow: Workflow
    last: WorkflowRun | None
    next_at: datetime | None


def job_lines(scope: Scope, now: datetime) -> list[JobLine]:
    """Every job, in the order of the schedule. Raises NotAllowed."""
    require(scope, "manage")
    runs, settings, waiting = queue.job_runs(), schedule.job_settings(), schedule.queued()
    return [_line(job, runs.get(job.name), settings.get(job.name), waiting.get(job.name, Queued()), now)
            for job in JOBS.values()]  # fmt: skip


def _line(job: Job, last: JobRun | None, setting: JobSetting | None, waiting: Queued, now: datetime) -> JobLine:
    own = setting.cron if setting and setting.cron else job.cron
    paused = bool(setting and setting.paused)
    took = last.finished_at - last.started_at if last and last.finished_at else None
    next_at = None if paused else croniter(own, now).get_next(datetime)
    changed = own != job.cron or paused
    by = setting.changed_by if setting and changed else ""
    return JobLine(job.name, job.title, own, changed, paused, by, last, took, next_at, waiting)


def run_times(job: str, after: datetime) -> Iterator[datetime]:
    """When a job runs by itself after a moment, one time after the other; none while it rests. Raises UnknownName."""
    if job not in JOBS:
        raise unknown("job", job, JOBS)
    setting = schedule.job_settings().get(job)
    if setting is None or not setting.paused:
        yield from croniter(setting.cron if setting and setting.cron else JOBS[job].cron, after).all_next(datetime)


def workflow_lines(scope: Scope, now: datetime) -> list[WorkflowLine]:
    """Every declared workflow. Raises NotAllowed."""
    require(scope, "manage")
    last = {run.workflow: run for run in reversed(schedule.workflow_runs(200))}
    return [
        WorkflowLine(w, last.get(w.name), croniter(w.cron, now).get_next(datetime) if w.cron else None)
        for w in WORKFLOWS.values()
    ]


def recent_runs(scope: Scope, limit: int = 20) -> list[WorkflowRun]:
    """The newest runs of workflows. Raises NotAllowed."""
    require(scope, "manage")
    return schedule.workflow_runs(limit)


def may_change(scope: Scope) -> bool:
    """Whether this viewer is administrator of every top workspace."""
    return runs_installation(scope)


def change_job(scope: Scope, job: str, cron: str, paused: bool) -> None:
    """Give a job other times, or its own again with an empty text, and let it rest or not; in force within seconds.

    Raises NotAllowed, UnknownName, BadInput.
    """
    _allowed(scope)
    if job not in JOBS:
        raise unknown("job", job, JOBS)
    if paused and job == "beat":
        raise BadInput("This job shows that the worker lives; it cannot rest.")
    text = check_cron(cron) if cron.strip() else None
    own = None if text == JOBS[job].cron else text
    with owner_transaction() as tx:
        schedule.set_job(tx, job, own, paused, scope.account)
        record(tx, scope, "job_changed", job, {"times": own or JOBS[job].cron, "paused": paused})


def run_now(scope: Scope, job: str) -> bool:
    """Put a job into the queue at once, also again after a failure; False when it waits there already.

    Raises NotAllowed, UnknownName.
    """
    _allowed(scope)
    if job not in JOBS:
        raise unknown("job", job, JOBS)
    fresh = schedule.defer(job, job, asked=scope.account)
    with owner_transaction() as tx:
        record(tx, scope, "job_asked", job)
    return fresh


def start_workflow(scope: Scope, name: str, steps: Sequence[str] = ()) -> int:
    """Run a workflow now, or with `custom` a chain of one's own; the number of the run. Raises like `ask_for`."""
    _allowed(scope)
    number = ask_for(name, scope.account, steps)
    with owner_transaction() as tx:
        record(tx, scope, "workflow_asked", name, {"run": number})
    return number


def _allowed(scope: Scope) -> None:
    require(scope, "manage")
    if not may_change(scope):
        raise NotAllowed("Jobs belong to the whole installation: that takes an administrator of every top workspace.")
