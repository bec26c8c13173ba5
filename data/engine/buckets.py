"""Where do the buckets of a range begin and end in a workspace's time zone, and what range is it compared with?

Days begin at the first instant of the local day, weeks on Monday (ISO), hours and minutes are counted from the first
instant of their day, so a day has 23, 24 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from data.engine.days import day_start
from data.errors import BadInput
from data.types import Compare, Grain, TimeRange

MOST_BUCKETS = 20_000
_STEPS_MS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
Shift = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class Buckets:
    """`labels[i]` (local, where the whole bucket begins) names [edges[i], edges[i + 1]) in UTC, cut to the range."""

    labels: tuple[datetime, ...]
    edges: tuple[datetime, ...]


def local_date(at: datetime, tz: str) -> date:
    """The local day an instant falls on."""
    return at.astimezone(ZoneInfo(tz)).date()


def first_day(day: date, grain: Grain) -> date:
    """The first day of the week, month, quarter or year that the day belongs to; the day itself for finer grains."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if grain == "year" else day


def next_day(first: date, grain: Grain) -> date:
    """The first day of the following day, week, month, quarter or year."""
    if grain == "week":
        return first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    return add_months(first, months) if months else first + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of another month; where that month is too short, the first day after it."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        year, month = divmod(number + 1, 12)
        return date(year, month + 1, 1)


def floor(at: datetime, grain: Grain, tz: str) -> datetime:
    """Where the bucket of an instant begins, in UTC."""
    day = local_date(at, tz)
    start = day_start(first_day(day, grain), tz)
    step = _STEPS_MS.get(grain)
    return start + (at - start) // step * step if step else start


def after(start: datetime, grain: Grain, tz: str) -> datetime:
    """Where the bucket after the one that begins at `start` begins, in UTC."""
    day = local_date(start, tz)
    step = _STEPS_MS.get(grain)
    if step:
        return min(start + step, day_start(day + timedelta(days=1), tz))
    return day_start(next_day(first_day(day, grain), grain), tz)


def buckets(range: TimeRange, grain: Grain | None, tz: str) -> Buckets:
    """The buckets of a range; one without a grain. Raises BadInput when there are more than MOST_BUCKETS."""
    zone = ZoneInfo(tz)
    if grain is None:
        return Buckets((range.from_at.astimezone(zone),), (range.from_at, range.to_at))
    if grain in _STEPS_MS and (range.to_at - range.from_at) / _STEPS_MS[grain] > MOST_BUCKETS:
        count = int((range.to_at - range.from_at) / _STEPS_MS[grain])
        raise BadInput(
            f"Field `grain`: a point a {grain} makes {count:,}; expected at most {MOST_BUCKETS:,}: take a coarser one."
        )
    labels, edges = [], [range.from_at]
    start = floor(range.from_at, grain, tz)
    while start < range.to_at:
        labels.append(start.astimezone(zone))
        start = after(start, grain, tz)
        edges.append(min(start, range.to_at))
    return Buckets(tuple(labels), tuple(edges))


def is_midnight(at: datetime, tz: str) -> bool:
    """Whether a local day begins at this instant."""
    return day_start(local_date(at, tz), tz) == at


def _by_days(days: int, tz: str) -> Shift:
    return lambda at: _move(at, lambda day: day + timedelta(days=days), tz)


def _by_months(months: int, tz: str) -> Shift:
    return lambda at: _move(at, lambda day: add_months(day, months), tz)


def _move(at: datetime, move: Callable[[date], date], tz: str) -> datetime:
    """The same time of the local day that `move` leads to, never beyond that day."""
    day = local_date(at, tz)
    start, moved = day_start(day, tz), move(day)
    if start == at:
        return day_start(moved, tz)
    wall = at.astimezone(ZoneInfo(tz))
    there = datetime(moved.year, moved.month, moved.day, wall.hour, wall.minute, wall.second, wall.microsecond)
    instant = there.replace(tzinfo=ZoneInfo(tz), fold=wall.fold).astimezone(UTC)
    return min(max(instant, day_start(moved, tz)), day_start(moved + timedelta(days=1), tz))


def whole_months(range: TimeRange, tz: str) -> int:
    """How many whole calendar months the range is; 0 when it is not."""
    if not (is_midnight(range.from_at, tz) and is_midnight(range.to_at, tz)):
        return 0
    first, last = local_date(range.from_at, tz), local_date(range.to_at, tz)
    if first.day != 1 or last.day != 1:
        return 0
    return (last.year - first.year) * 12 + last.month - first.month


def shift_of(range: TimeRange, compare: Compare, tz: str) -> tuple[Shift, str]:
    """How instants of the range map to those of the range it is compared with, and that in words."""
    length = range.to_at - range.from_at
    if compare == "year":
        return _by_months(-12, tz), "the same days a year before"
    if compare == "weekday":
        weeks = -(-length // timedelta(days=7))
        if is_midnight(range.from_at, tz) and is_midnight(range.to_at, tz):
            weeks = -(-(local_date(range.to_at, tz) - local_date(range.from_at, tz)).days // 7)
        return _by_days(-7 * weeks, tz), f"the same weekdays {7 * weeks} days before"
    months = whole_months(range, tz)
    if months:
        return _by_months(-months, tz), f"the {months} calendar months before" if months > 1 else "the month before"
    if is_midnight(range.from_at, tz) and is_midnight(range.to_at, tz):
        days = (local_date(range.to_at, tz) - local_date(range.from_at, tz)).days
        return _by_days(-days, tz), f"the {days} days before" if days > 1 else "the day before"
    return lambda at: at - length, "the same length of time before"


@dataclass(frozen=True, slots=True)
class Compared:
    """Edges of the compared buckets, one for one with the current ones; `cut_at` is set when those are unfinished."""

    edges: tuple[datetime, ...]
    words: str
    cut_at: datetime | None


def compared(range: TimeRange, edges: tuple[datetime, ...], compare: Compare, tz: str, now: datetime) -> Compared:
    """The buckets to compare with, cut at the point that `now` corresponds to when the range is unfinished."""
    shift, words = shift_of(range, compare, tz)
    moved = list(accumulate((shift(edge) for edge in edges), max))
    end = shift(now) if range.from_at <= now < range.to_at else None
    if end is not None and end < moved[-1]:
        return Compared(tuple(min(edge, max(end, moved[0])) for edge in moved), words, end)
    return Compared(tuple(moved), words, None)
