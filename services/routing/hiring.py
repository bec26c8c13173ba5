"""What would one more officer make of a day?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.routing.plans import Day, Officer, Seconds, Travel


def with_officer(day: Day, hired: Officer) -> Day:
    """The day with a further officer who starts and ends where an existing one does (found by equal places)."""
    model = next(number for number, who in enumerate(day.officers) if (who.start, who.end) == (hired.start, hired.end))
    rows = [day.start_of(model), day.end_of(model)]
    travel = Travel(_grown(day.travel.seconds, rows), _grown(day.travel.metres, rows), day.travel.source)
    return replace(day, officers=(*day.officers, hired), travel=travel)


def _grown(table: Seconds, rows: list[int]) -> Seconds:
    at = [*range(len(table)), *rows]
    found: Seconds = table[np.ix_(at, at)]
    return found
