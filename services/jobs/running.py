"""How is one run of a job kept alone, recorded and reported?"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

from data import queue
from data.errors import DatabaseDown
from services.jobs.schedule import Job
from services.jobs.turns import Turn
from services.observing import note

LONG_MS = 1_000
_running: set[str] = set()


def running_jobs() -> frozenset[str]:
    """Names of the jobs that this process is at."""
    return frozenset(_running)


def _said(error: Exception) -> str:
    return " ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def _note(job: Job, outcome: str, started: float) -> None:
    """Record a run among the application's own data. Of what runs every few seconds only trouble and long runs are:
    the rest would be rows about writing those rows."""
    ms = round((time.perf_counter() - started) * 1000, 1)
    if outcome == "failed" or ms >= LONG_MS or not job.is_frequent:
        note("jobs", job=job.name, outcome=outcome, ms=ms)


def run_job(job: Job, turn: Turn) -> str:
    """Run a job and record how it went; empty when another process is at it. Raises what the job raises."""
    with queue.exclusive(f"job:{job.name}") as alone:
        if not alone:
            return ""
        _running.add(job.name)
        started = time.perf_counter()
        queue.note_started(job.name, turn.now)
        try:
            said = job.run(turn)
        except Exception as error:
            _note(job, "failed", started)
            with suppress(DatabaseDown):
                queue.note_failed(job.name, datetime.now(UTC), _said(error))
            raise
        finally:
            _running.discard(job.name)
        _note(job, "done", started)
        queue.note_done(job.name, datetime.now(UTC), said)
        return said
