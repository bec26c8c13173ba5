"""At which hours of the week does it happen, for all rows in view and for each of the main categories?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.buckets import after, buckets, floor
from data.model import Dataset, Metric, Pack
from data.types import Filter, MetricQuery, Scope, TimeRange
from services import metrics
from services.formats import share
from services.live.boards import leaderboards_of
from services.live.choices import MISSING
from services.maps.hexes import district_of
from services.maps.points import counted_metric

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_CATEGORIES = 5
_MOST_HOURS = 19_000
_ONE_HOUR = 0.9
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One week, hour by hour: `means[weekday][hour]` rows an hour, NaN for an hour that the range does not hold."""

    title: str
    means: Floats
    rows: int


@dataclass(frozen=True, slots=True)
class Rhythms:
    """All rows first, then the largest categories; `note` says what they are of, `hint` what to mind."""

    found: tuple[Rhythm, ...]
    note: str
    reason: str = ""
    hint: str = ""


def rhythms(
    scope: Scope, pack: Pack, dataset: Dataset, metric: Metric, span: TimeRange, where: tuple[Filter, ...],
    now: datetime,
) -> Rhythms:  # fmt: skip
    """Rows by hour of the local day and weekday, as the mean of all such hours of the range that are over or going on.

    A mean of hours does not mind that days of 23 and 25 hours have one less and one more of them.
    """
    counted, timezone = counted_metric(pack, dataset, metric), scope.workspace.timezone
    until = min(span.to_at, after(floor(now, "hour", timezone), "hour", timezone))
    first = max(span.from_at, until - timedelta(hours=_MOST_HOURS))
    if first >= until:
        return Rhythms((), "", "The range has not begun.")
    asked, dimension = TimeRange(first, until), category_of(pack, counted)
    queries = [MetricQuery((counted.qualified,), asked, grain="hour", where=where)]
    if dimension:
        queries.append(
            MetricQuery(
                (counted.qualified,), asked, grain="hour", by=(dimension,), where=where, top=MOST_CATEGORIES
            )
        )  # fmt: skip
    answers = metrics.answer(scope, queries, now)
    times = hours_of_week(label.isoformat() for label in buckets(asked, "hour", timezone).labels)
    found = [_rhythm(counted.title, answers[0].rows, counted.qualified, times)]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in answers[1].rows if dimension else ():
        if dimension and row.get("__kind") != "other":
            groups.setdefault(row[dimension] or MISSING, []).append(row)
    found += [_rhythm(title, rows, counted.qualified, times) for title, rows in groups.items()]
    found[1:] = sorted(found[1:], key=lambda one: (-one.rows, one.title))
    if not found[0].rows:
        return Rhythms((), "", "No row of this range lies here.")
    note = f"Mean {counted.title.lower()} an hour; each chart has its own strongest colour"
    has_others = any(row.get("__kind") == "other" for row in (answers[1].rows if dimension else ()))
    hint = without_hours(_sums(answers[0].rows, counted.qualified)) + left_out(first > span.from_at, has_others)
    return Rhythms(tuple(found), note, hint=hint)


def left_out(is_cut: bool, has_others: bool) -> str:
    """What to say of a range that is longer than is looked at, and of categories that have no chart."""
    hours = f" Only the last {_MOST_HOURS // 24} days of the range are looked at." if is_cut else ""
    return hours + (f" Of the categories the {MOST_CATEGORIES} largest have a chart." if has_others else "")


def without_hours(sums: Floats) -> str:
    """What to say of rows that have a date and no time of day, which all lie in one hour; empty for other rows."""
    by_hour = sums.sum(axis=0)
    most, hour = float(by_hour.max() / max(by_hour.sum(), 1.0)), int(by_hour.argmax())
    if most < _ONE_HOUR:
        return ""
    return f" {share(most)} of these rows are at {hour:02d}:00: they have a date and no time, so compare days only."


def category_of(pack: Pack, metric: Metric) -> str | None:
    """The dimension that says what a row is about: the first leaderboard that is not where it was or its state."""
    beside = {district_of(pack, metric), "status", "state"}
    names = [d.name for d in leaderboards_of(pack, metric)]
    usual = [name for name in ("category", "kind", "type") if name in names]
    return next((name for name in (*usual, *names) if name not in beside), None)


def hours_of_week(labels: Iterable[str]) -> Floats:
    """How often each hour of the week occurs among local hours such as `2026-05-04T06:00:00-05:00`."""
    times = np.zeros((7, 24))
    for label in labels:
        at = datetime.fromisoformat(label)
        times[at.weekday(), at.hour] += 1
    return times


def _sums(rows: Iterable[Mapping[str, Any]], name: str) -> Floats:
    """Rows by weekday and hour."""
    sums = np.zeros((7, 24))
    for row in rows:
        at = datetime.fromisoformat(row["bucket"])
        sums[at.weekday(), at.hour] += float(row[name] or 0)
    return sums


def _rhythm(title: str, rows: Iterable[Mapping[str, Any]], name: str, times: Floats) -> Rhythm:
    sums = _sums(rows, name)
    means = np.divide(sums, times, out=np.full((7, 24), np.nan), where=times > 0)
    return Rhythm(title, means, int(sums.sum()))
