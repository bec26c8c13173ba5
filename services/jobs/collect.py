"""How does the worker make the summaries of hours, days, weeks and months?"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from services.formats import plural
from services.jobs.turns import Turn
from services.people import all_workspaces, worker_scope
from services.rollups import PERIODS, collect, span_of

_BACK_DAYS = {"hourly": 1, "daily": 3, "weekly": 7, "monthly": 31}  # what came late is counted too


def collector(period: str) -> Callable[[Turn], str]:
    """The job that makes the summaries of one period in every workspace."""

    def run(turn: Turn) -> str:
        written = 0
        for workspace in all_workspaces():
            if turn.should_stop():
                break
            today = turn.now.astimezone(ZoneInfo(workspace.timezone)).date()
            span = span_of(PERIODS[period], today, _BACK_DAYS[period], workspace.timezone, turn.now)
            if span:
                written += collect(worker_scope(workspace), PERIODS[period], span, turn.now).written
        return f"{plural(written, 'summary', 'summaries')} written" if written else ""

    return run
