"""Into which steps is a range cut, to see how a map moves through time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from data.engine.buckets import after, buckets, floor
from data.types import Grain, TimeRange

LEAST_STEPS = 10
MOST_FRAMES = 56
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Finest first: a grain, how many of its buckets make a step, and about how long that is.
_LADDER: tuple[tuple[Grain, int, timedelta], ...] = (
    ("minute", 1, _MINUTE), ("minute", 5, 5 * _MINUTE), ("minute", 15, 15 * _MINUTE), ("hour", 1, _HOUR),
    ("hour", 3, 3 * _HOUR), ("hour", 6, 6 * _HOUR), ("hour", 12, 12 * _HOUR), ("day", 1, _DAY), ("week", 1, 7 * _DAY),
    ("week", 4, 28 * _DAY), ("month", 1, 30 * _DAY), ("quarter", 1, 91 * _DAY), ("year", 1, 365 * _DAY),
)  # fmt: skip
_LONG: tuple[tuple[Grain, int, timedelta], ...] = (("week", 13, 91 * _DAY), ("week", 52, 364 * _DAY))
"""Longer steps of equal length, instead of quarters and years."""
_UNEVEN = ("month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps [edges[i], edges[i + 1]) in UTC; `of_bucket` says to which one a bucket of the engine's answer belongs."""

    range: TimeRange
    grain: Grain
    each: int
    edges: tuple[datetime, ...]
    of_bucket: dict[str, int]

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self.edges) - 1

    @property
    def title(self) -> str:
        """How long a step is, in words: `3 hours`, `day`."""
        return self.grain if self.each == 1 else f"{self.each} {self.grain}s"

    def said(self, step: int, timezone: str) -> str:
        """When a step was, in local time: `Mon 4 May 06:00 to 09:00`, `4 to 10 May 2026`."""
        first, last = (self.edges[at].astimezone(ZoneInfo(timezone)) for at in (step, step + 1))
        if self.grain in ("minute", "hour"):
            return f"{first:%a} {first.day} {first:%b %H:%M} to {last:%H:%M}"
        return said_span(first, last, timezone)


def said_span(first: datetime, last: datetime, timezone: str) -> str:
    """The local days of a span: `Mon 4 May 2026`, `4 to 10 May 2026`, `28 Apr to 3 May 2026`."""
    first, until = (at.astimezone(ZoneInfo(timezone)) for at in (first, last - timedelta(seconds=1)))
    if until.date() == first.date():
        return f"{first:%a} {first.day} {first:%b %Y}"
    begin = f"{first.day}" if (first.year, first.month) == (until.year, until.month) else f"{first.day} {first:%b}"
    begin = begin if first.year == until.year else f"{begin} {first.year}"
    return f"{begin} to {until.day} {until:%b %Y}"


def even_steps(span: TimeRange, timezone: str, now: datetime, is_added_up: bool) -> Steps | None:
    """The longest steps of equal length of which at least ten are over; None where there are no ten whole minutes.

    They end with the last whole bucket and leave out what remains at the beginning. What does not add up over time
    (people) is not put together from several buckets.
    """
    until = min(span.to_at, now)
    for grain, each, _ in reversed((*_LADDER, *_LONG)):
        if grain in _UNEVEN or (each > 1 and not is_added_up):
            continue
        first, last = floor(span.from_at, grain, timezone), floor(until, grain, timezone)
        first = first if first == span.from_at else after(first, grain, timezone)
        found = _cut(TimeRange(first, last), grain, each, timezone, is_from_end=True) if first < last else None
        if found and found.count >= LEAST_STEPS:
            return found
    return None


def frames_of(span: TimeRange, timezone: str, now: datetime, is_added_up: bool) -> Steps:
    """The finest steps of which at most 56 make up what has passed of the range; the last one may go on still."""
    until = max(min(span.to_at, floor(now, "minute", timezone) + _MINUTE), span.from_at + _MINUTE)
    fitting = (
        (grain, each)
        for grain, each, length in _LADDER
        if (until - span.from_at) / length <= MOST_FRAMES and (each == 1 or is_added_up)
    )
    grain, each = next(fitting, ("year", 1))
    return _cut(TimeRange(span.from_at, until), grain, each, timezone, is_from_end=False)


def _cut(span: TimeRange, grain: Grain, each: int, timezone: str, is_from_end: bool) -> Steps:
    cut = buckets(span, grain, timezone)
    skipped = len(cut.labels) % each if is_from_end else 0
    starts = cut.edges[skipped:-1:each]
    of_bucket = {label.isoformat(): place // each for place, label in enumerate(cut.labels[skipped:])}
    return Steps(TimeRange(cut.edges[skipped], span.to_at), grain, each, (*starts, cut.edges[-1]), of_bucket)
