"""Which range, comparison, metric and filters has the viewer chosen, and what do they mean in time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.types import Compare, Filter, Grain, TimeRange
from services.queries import resolve_range

RANGES = {
    "15m": "15 min", "1h": "1 h", "6h": "6 h", "24h": "24 h", "today": "Today", "7d": "7 d", "30d": "30 d",
    "90d": "90 d", "365d": "365 d", "month": "This month", "custom": "Days",
}  # fmt: skip
DEFAULT_RANGE = "7d"
RANGE_TITLES = {
    "15m": "the last 15 minutes", "1h": "the last hour", "6h": "the last 6 hours", "24h": "the last 24 hours",
    "today": "today", "7d": "the last 7 days", "30d": "the last 30 days", "90d": "the last 90 days",
    "365d": "the last 365 days", "month": "this month", "custom": "the chosen days",
}  # fmt: skip
COMPARES: dict[str, str] = {
    "previous": "Against the period before", "weekday": "Against the same weekdays", "year": "Against last year",
    "none": "No comparison",
}  # fmt: skip
COMPARE_SENTENCES = {
    "previous": "the period before", "weekday": "the same weekdays before", "year": "a year earlier",
}  # fmt: skip
REFRESHES: dict[str, int] = {"1s": 1, "2s": 2, "5s": 5, "10s": 10, "30s": 30, "1m": 60, "5m": 300}
REFRESH_TITLES = {
    "1s": "Every second", "2s": "Every 2 s", "5s": "Every 5 s", "10s": "Every 10 s", "30s": "Every 30 s",
    "1m": "Every minute", "5m": "Every 5 min",
}  # fmt: skip
DEFAULT_REFRESH = "30s"
MISSING = "(missing)"
OP_PREFIX = {"in": "f.", "not_in": "x."}

# A grain is the finest whose buckets of the range still fit the width of a chart.
_GRAINS: tuple[tuple[timedelta, Grain], ...] = (
    (timedelta(hours=2), "minute"), (timedelta(days=4), "hour"), (timedelta(days=190), "day"),
    (timedelta(days=1100), "week"), (timedelta(days=3660), "month"), (timedelta(days=9000), "quarter"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One view of the page; equal choices show the same numbers.

    `metric` is the qualified name of the main series; `where` are the cross-filters.
    """

    slug: str
    range: TimeRange
    compare: Compare | None
    metric: str
    where: tuple[Filter, ...] = ()

    @property
    def grain(self) -> Grain:
        """The bucket of the main series and the sparklines."""
        return grain_of(self.range)

    def range_title(self) -> str:
        """`the last 7 days`, for sentences."""
        return RANGE_TITLES[self.slug]


def grain_of(span: TimeRange) -> Grain:
    """The finest grain with at most about 200 buckets."""
    length = span.to_at - span.from_at
    return next((grain for limit, grain in _GRAINS if length <= limit), "year")


def range_of(slug: str, days: tuple[date, date] | None, timezone: str, now: datetime) -> TimeRange:
    """The instants of a range slug; `days` are the first and last day of `custom`, both included.

    An unknown slug, or custom without days, is the default range.
    """
    spec: dict[str, Any]
    if slug == "custom" and days:
        first, last = sorted(days)
        spec = {"from": first.isoformat(), "to": (last + timedelta(days=1)).isoformat()}
    elif slug == "today":
        spec = {"period": "today"}
    elif slug == "month":
        spec = {"period": "this_month"}
    else:
        spec = {"last": slug if slug in RANGES and slug != "custom" else DEFAULT_RANGE}
    return resolve_range(spec, timezone, now)


def compare_of(slug: str) -> Compare | None:
    """The comparison of a slug; an unknown slug compares with the previous period."""
    found: dict[str, Compare | None] = {"weekday": "weekday", "year": "year", "none": None}
    return found.get(slug, "previous")


def default_days(timezone: str, now: datetime) -> tuple[date, date]:
    """The days of `custom` before any are chosen: the last seven."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    return today - timedelta(days=6), today


def days_before(newest_at: datetime, timezone: str, days: int = 30) -> tuple[date, date]:
    """The first and last day of the `days` that end with the newest row."""
    last = newest_at.astimezone(ZoneInfo(timezone)).date()
    return last - timedelta(days=days - 1), last


def filters_of(parameters: dict[str, list[str]]) -> tuple[Filter, ...]:
    """The filters of the page's address, sorted: `f.category=Noise` keeps, `x.category=Noise` leaves out."""
    found = []
    for key in sorted(parameters):
        op = next((name for name, prefix in OP_PREFIX.items() if key.startswith(prefix)), None)
        values = tuple(dict.fromkeys(None if v == MISSING else v for v in parameters[key] if v))
        if op in ("in", "not_in") and values:
            found.append(Filter(key[2:], "in" if op == "in" else "not_in", values))
    return tuple(found)


def parameter_of(condition: Filter) -> tuple[str, list[str]]:
    """The address parameter of one filter and its values; the inverse of filters_of."""
    return OP_PREFIX[condition.op] + condition.dimension, [MISSING if v is None else v for v in condition.values]


def toggled(where: tuple[Filter, ...], dimension: str, value: str | None) -> tuple[Filter, ...]:
    """The filters after a click on a value of a breakdown: picked when it was not, let go when it was."""
    now = next((f for f in where if f.dimension == dimension and f.op == "in"), None)
    others = tuple(f for f in where if f is not now)
    values = now.values if now else ()
    values = tuple(v for v in values if v != value) if value in values else (*values, value)
    return (*others, Filter(dimension, "in", values)) if values else others
