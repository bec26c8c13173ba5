"""How does what is read from one thing run over time, within its limits, beside its peers, and where is it silent?

The numbers are metrics like all others, asked of the same engine: mean, least and greatest value of each bucket, how
many readings it has and how many of them lie outside of the range that the dataset declares for the measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from data.model import Condition, Course, Dataset, Metric, Range
from data.types import Filter, Grain, MetricQuery, MetricResult, TimeRange
from services.entities.kinds import Kind
from services.formats import bucket, grouped

_GRAINS: tuple[tuple[timedelta, Grain], ...] = (
    (timedelta(hours=6), "minute"), (timedelta(days=31), "hour"), (timedelta(days=400), "day"),
)  # fmt: skip
_LENGTHS: dict[Grain, timedelta] = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
}  # fmt: skip
_MARGIN = 0.06


@dataclass(frozen=True, slots=True)
class Readings:
    """What is asked of a course: five metrics of its measure, and the filters on the thing and on its peers."""

    dataset: Dataset
    course: Course
    mean: Metric
    low: Metric
    high: Metric
    count: Metric
    outside: Metric | None
    limits: Range | None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All of them."""
        found = (self.mean, self.low, self.high, self.count)
        return (*found, self.outside) if self.outside else found


@dataclass(frozen=True, slots=True)
class Reading:
    """One bucket: local start and end without a zone, its values, and how many readings were not as they should be."""

    at: str
    to: str
    mean: float | None
    low: float | None
    high: float | None
    peers: float | None
    count: int
    outside: int
    unusual: int
    when: str


@dataclass(frozen=True, slots=True)
class CourseView:
    """The chart: `limits` are the ends of the acceptable range (None where open), `gaps` the times without readings
    that are longer than is usual, `marks` moments of the thing's own life that fall into the range."""

    title: str
    unit: str
    readings: tuple[Reading, ...]
    limits: tuple[float | None, float | None]
    gaps: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]
    peers: str
    outside: int
    unusual: int

    @property
    def extent(self) -> tuple[float, float] | None:
        """Lowest and highest value that the chart shows: the readings, and a limit that is not far from them."""
        known = [v for r in self.readings for v in (r.low, r.high, r.peers) if v is not None]
        if not known:
            return None
        low, high = min(known), max(known)
        reach = (high - low) or abs(high) or 1.0
        below, above = self.limits
        bottom = below if below is not None and low - reach <= below < low else low
        top = above if above is not None and high < above <= high + reach else high
        return bottom - reach * _MARGIN, top + reach * _MARGIN


def grain_of(span: TimeRange) -> Grain:
    """Finer than the Live page's: a chart of readings may have 750 buckets."""
    length = span.to_at - span.from_at
    return next((grain for limit, grain in _GRAINS if length <= limit), "week")


@lru_cache(maxsize=64)
def readings_of(kind: Kind) -> Readings | None:
    """The metrics of the kind's course; None when it declares none."""
    course = kind.entity.course
    dataset = next((d for d in kind.named_in if course and d.name == course.dataset), None)
    if course is None or dataset is None:
        return None
    limits = next((f for f in dataset.flags if isinstance(f, Range) and f.of == course.of), None)
    where = (Condition(limits.name, "in", (limits.outside,)),) if limits else ()
    return Readings(
        dataset, course, _metric(kind, dataset, "average", course.of), _metric(kind, dataset, "min", course.of),
        _metric(kind, dataset, "max", course.of), _metric(kind, dataset, "count", None),
        _metric(kind, dataset, "count", None, where) if limits else None, limits,
    )  # fmt: skip


def _metric(kind: Kind, dataset: Dataset, shape: Any, of: str | None, where: tuple[Condition, ...] = ()) -> Metric:
    name = f"{kind.entity.name}__{'outside' if where else shape}"
    title = next((m.title for m in dataset.measures if m.name == of), dataset.title)
    return Metric(
        kind.pack.name, name, title, "", shape, "", "decimal", "neither", "technical", "", dataset=dataset.name,
        at=dataset.time, of=of, where=where, decimals=3,
    )  # fmt: skip


def queries_of(found: Readings, own: Filter, peers: tuple[Filter, ...], span: TimeRange) -> list[MetricQuery]:
    """Its own course, and the mean of all its peers."""
    names = tuple(m.qualified for m in found.metrics)
    if found.course.unusual:
        names += (f"{found.mean.pack}.{found.course.unusual}",)
    grain = grain_of(span)
    return [
        MetricQuery(names, span, grain=grain, where=(own,)),
        MetricQuery((found.mean.qualified,), span, grain=grain, where=peers),
    ]


def course_view(
    found: Readings, results: Sequence[MetricResult], span: TimeRange, facts: dict[str, Any], marks: Sequence[Any],
    now: datetime, unit: str, peers: str,
) -> CourseView:  # fmt: skip
    """The chart from both answers. `facts` are the columns of a row, of which one picks the limits."""
    own, others = results
    grain = grain_of(span)
    beside = {row["bucket"]: row.get(found.mean.qualified) for row in others.rows}
    rows = [row for row in own.rows if datetime.fromisoformat(row["bucket"]) <= now]
    readings = tuple(_reading(found, row, beside.get(row["bucket"]), grain) for row in rows)
    return CourseView(
        found.mean.title, unit, readings, limits_of(found, facts), gaps(readings, found.dataset.usual_delay_s),
        tuple(marks), peers if any(r.peers is not None for r in readings) else "",
        sum(r.outside for r in readings), sum(r.unusual for r in readings),
    )  # fmt: skip


def _reading(found: Readings, row: dict[str, Any], peers: float | None, grain: Grain) -> Reading:
    start = datetime.fromisoformat(row["bucket"]).replace(tzinfo=None)
    unusual = row.get(f"{found.mean.pack}.{found.course.unusual}") if found.course.unusual else 0
    outside = row.get(found.outside.qualified) if found.outside else 0
    return Reading(
        start.isoformat(), (start + _LENGTHS[grain]).isoformat(), row.get(found.mean.qualified),
        row.get(found.low.qualified), row.get(found.high.qualified), peers, int(row.get(found.count.qualified) or 0),
        int(outside or 0), int(unusual or 0), bucket(row["bucket"], grain),
    )  # fmt: skip


def limits_of(found: Readings, facts: dict[str, Any]) -> tuple[float | None, float | None]:
    """The ends of the range for this thing; (None, None) without one."""
    if found.limits is None:
        return None, None
    value = facts.get(found.limits.by)
    return next(((low, high) for name, low, high in found.limits.ranges if name == value), (None, None))


def gaps(readings: Sequence[Reading], usual_delay_s: int) -> tuple[tuple[str, str], ...]:
    """Local start and end of the times without readings that last longer than the usual delay."""
    found: list[tuple[str, str]] = []
    start = ""
    for reading in (*readings, None):
        if reading is not None and reading.count == 0:
            start = start or reading.at
            continue
        end = reading.at if reading else (readings[-1].to if readings else "")
        if start and (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() > usual_delay_s:
            found.append((start, end))
        start = ""
    return tuple(found)


def value_text(value: float | None, unit: str) -> str:
    """A reading with its unit: at most three places."""
    if value is None:
        return "–"
    text = grouped(value, 3).rstrip("0").rstrip(".") if not float(value).is_integer() else grouped(value)
    return f"{text}\u00a0{unit}" if unit else text
