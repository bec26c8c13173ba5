"""How did each job go the last time, and when is its next?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from data import queue
from data.queue import JobRun
from services.jobs.schedule import JOBS, Job


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One job as people read it; `last` is None before its first run, `next_at` its next turn by the clock."""

    job: str
    title: str
    last: JobRun | None
    took: timedelta | None
    next_at: datetime


def statuses(now: datetime) -> list[JobStatus]:
    """Every scheduled job, in the order of the schedule."""
    runs = queue.job_runs()
    return [_status(job, runs.get(job.name), now) for job in JOBS.values()]


def _status(job: Job, last: JobRun | None, now: datetime) -> JobStatus:
    took = last.finished_at - last.started_at if last and last.finished_at else None
    return JobStatus(job.name, job.title, last, took, croniter(job.cron, now).get_next(datetime))
