"""How is one run of a job kept alone, recorded and reported?"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from data import queue
from data.errors import DatabaseDown
from services.jobs.schedule import Job
from services.jobs.turns import Turn

_running: set[str] = set()


def running_jobs() -> frozenset[str]:
    """Names of the jobs that this process is at."""
    return frozenset(_running)


def _said(error: Exception) -> str:
    return " ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def run_job(job: Job, turn: Turn) -> str:
    """Run a job and record how it went; empty when another process is at it. Raises what the job raises."""
    with queue.exclusive(f"job:{job.name}") as alone:
        if not alone:
            return ""
        _running.add(job.name)
        queue.note_started(job.name, turn.now)
        try:
            said = job.run(turn)
        except Exception as error:
            with suppress(DatabaseDown):
                queue.note_failed(job.name, datetime.now(UTC), _said(error))
            raise
        finally:
            _running.discard(job.name)
        queue.note_done(job.name, datetime.now(UTC), said)
        return said
