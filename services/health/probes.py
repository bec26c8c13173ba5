"""What does a look at the running parts themselves show: database, worker, queue, disk?"""

from __future__ import annotations

import shutil
import time
from datetime import datetime

from data import looks, queue
from data.embedded import is_running
from data.errors import DatabaseDown
from data.settings import settings
from data.types import Scope
from services import formats
from services.health.grading import Component, Limits, cannot_tell, graded

DATABASE = Limits(100, 1_000, "ms")
DISK = Limits(0.15, 0.05, "of the disk free", worse="below")
WORKER = Limits(60, 180, "s")
WEB = Limits(90, 180, "s")  # a process writes about itself every half minute
DOWN_S = 600.0
QUEUE = Limits(50, 500, "jobs")
JOBS = Limits(1, 3, "jobs")


def embedded_server() -> Component | None:
    """The embedded server; None where a server of one's own is used."""
    if settings().database_url:
        return None
    if is_running(settings().home):
        return Component("embedded server", "healthy", "It runs.")
    return Component("embedded server", "down", "It does not run: start the application with `manage.py run`.")


def database() -> Component:
    """How long a small statement takes."""
    started = time.perf_counter()
    try:
        queue.worker_seen_at()
    except DatabaseDown:
        return Component("database", "down", str(DatabaseDown()), None, DATABASE)
    ms = round((time.perf_counter() - started) * 1000, 1)
    return graded("database", ms, DATABASE, f"Answers in {ms:g} ms.")


def disk() -> Component:
    """Room on the disk with the data folder."""
    home = settings().home
    found = shutil.disk_usage(home if home.is_dir() else home.parent)
    share = found.free / found.total
    said = f"{formats.file_size(found.free)} free, {formats.share(share)} of the disk."
    return graded("disk", round(share, 4), DISK, said)


def worker(now: datetime) -> Component:
    """How long the worker has been silent; it gives a sign of life every ten seconds. Raises DatabaseDown."""
    seen = queue.worker_seen_at()
    if seen is None:
        return cannot_tell("worker", "No worker has run yet.", WORKER)
    return _silent("worker", seen, WORKER, now)


def web(scope: Scope | None, now: datetime) -> Component:
    """How long no web process has written about itself into the records. Raises DatabaseDown."""
    seen = looks.process_seen_at(scope, "web", now) if scope else None
    if seen is None:
        return cannot_tell("web", "No web process has written anything about itself for an hour.", WEB)
    return _silent("web", seen, WEB, now)


def _silent(name: str, seen: datetime, limits: Limits, now: datetime) -> Component:
    silent_s = max(0.0, round((now - seen).total_seconds(), 1))
    message = f"Last seen {formats.age(silent_s)} ago."
    if silent_s >= DOWN_S:
        return Component(name, "down", message, silent_s, limits)
    return graded(name, silent_s, limits, message)


def waiting_jobs() -> Component:
    """Jobs that are due and nobody has taken. Raises DatabaseDown."""
    waiting = queue.waiting_jobs()
    return graded("queue", waiting, QUEUE, f"{formats.plural(waiting, 'job')} waiting.")


def failed_jobs() -> Component:
    """Jobs whose last run failed. Raises DatabaseDown."""
    runs = queue.job_runs().values()
    if not runs:
        return cannot_tell("jobs", "No job has run yet.", JOBS)
    failed = sorted(run.job for run in runs if run.outcome == "failed")
    message = f"Failed in their last run: {', '.join(failed)}." if failed else "None failed in its last run."
    return graded("jobs", len(failed), JOBS, message)
