"""Which buckets does a request for summaries mean?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from data.engine.buckets import after, floor
from data.engine.days import day_start
from data.errors import BadInput
from data.summaries import Period
from data.types import TimeRange

PERIODS: dict[str, Period] = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
BUCKETS_AT_ONCE = 120


def span_of(period: Period, last: date, days_back: int, timezone: str, now: datetime) -> TimeRange | None:
    """The whole buckets that hold any of the local days from `days_back` days before `last` to `last`, up to the one
    that is running; None when all of them lie ahead. Raises BadInput for a day of which there can be no rows."""
    if not 1900 <= last.year < 2100:
        raise BadInput(f"Date {last.isoformat()}: expected a year from 1900 to 2099.")
    first_at = floor(day_start(last - timedelta(days=days_back), timezone), period, timezone)
    last_at = day_start(last + timedelta(days=1), timezone) - timedelta(milliseconds=1)
    if first_at > now:
        return None
    return TimeRange(first_at, after(floor(min(last_at, now), period, timezone), period, timezone))


def edges_of(period: Period, span: TimeRange, timezone: str) -> list[datetime]:
    """Where the buckets of a span of whole ones begin, and where the last one ends."""
    edges = [span.from_at]
    while edges[-1] < span.to_at:
        edges.append(after(edges[-1], period, timezone))
    return edges


def pieces(edges: list[datetime]) -> Iterator[list[datetime]]:
    """The same buckets, a bearable number at a time."""
    for start in range(0, len(edges) - 1, BUCKETS_AT_ONCE):
        yield edges[start : start + BUCKETS_AT_ONCE + 1]
