"""When do jobs run that people gave other times, and which of them rest?"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from croniter import croniter

from data import schedule
from data.errors import BadInput
from data.schedule import JobSetting
from services.jobs.schedule import Job

BY_ITSELF = ("", "data", "schedule")  # what a job is asked by when nobody asks for it
TURN_S = 5  # so often the worker looks whose turn it is
_known: tuple[float, dict[str, JobSetting]] = (-TURN_S, {})


def settings_now() -> dict[str, JobSetting]:
    """What people changed, looked up every few seconds."""
    global _known
    if time.monotonic() - _known[0] >= TURN_S:
        _known = time.monotonic(), schedule.job_settings()
    return _known[1]


def is_wanted(job: Job, asked: str) -> bool:
    """Whether a job that the queue hands out is to run: always when a person or workflow asks; else not while it rests,
    and not at the times it was made with when it has others. `asked` is empty at those times."""
    if asked not in BY_ITSELF:
        return True
    found = settings_now().get(job.name)
    if found is None:
        return True
    return not found.paused and (asked != "" or found.cron is None)


def is_due(cron: str, at: datetime) -> bool:
    """Whether one of its times lies in the turn that ends now."""
    start = datetime.fromtimestamp(at.timestamp() - TURN_S, UTC)
    found: datetime = croniter(cron, start).get_next(datetime)
    return found <= at


def check_cron(cron: str) -> str:
    """The five or six fields as they are stored. Raises BadInput."""
    text = " ".join(cron.split())
    if len(text.split()) not in (5, 6) or not croniter.is_valid(text):
        raise BadInput(
            f"Times {cron!r}: expected minute, hour, day, month, weekday and perhaps second, like `0 1 * * *` "
            "(every day at 01:00 UTC) or `*/5 * * * *` (every five minutes)."
        )
    return text
