"""How does the chosen metric run over the range, beside the range it is compared with?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from data.model import Metric
from data.types import Grain, MetricResult
from services.formats import SPACE, bucket
from services.live.choices import COMPARE_SENTENCES, Choice
from services.live.tiles import shown

GRAIN_WORDS: dict[Grain, str] = {
    "minute": "by minute", "hour": "by hour", "day": "by day", "week": "by week", "month": "by month",
    "quarter": "by quarter", "year": "by year",
}  # fmt: skip
_GAP = 0.1
# Their start names them, on the axis too: what lies between two marks there would have the name of neither.
_NAMED: tuple[Grain, ...] = ("day", "month", "quarter", "year")
_BY_LENGTH = ("count", "sum", "distinct")  # their targets are for the whole range, not for a bucket of it
_LENGTHS: dict[Grain, timedelta] = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
    "month": timedelta(days=30), "quarter": timedelta(days=91), "year": timedelta(days=365),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket: its local start `at` and end `to` without a zone, `value` and `before` in the unit of the axis.

    On the axis it takes the room between `low` and `high`, around `middle`: those of hours from their start to their
    end, those of days around the mark that names the day. Its bar goes from `left` to `right`, a little inside.
    """

    at: str
    to: str
    low: str
    left: str
    middle: str
    right: str
    high: str
    value: float | None
    before: float | None
    when: str
    shown: str
    shown_before: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Series:
    """The main chart. `mark` is bars for counts, else a line; `target` is in the axis's unit."""

    metric: str
    title: str
    points: tuple[Point, ...]
    mark: Literal["bar", "line"]
    axis: str
    axis_format: str
    target: float | None
    target_title: str
    compared_with: str
    summary: str
    reason: str = ""

    @property
    def alt(self) -> str:
        """What the chart is; without numbers, because a chart whose name changes is drawn anew."""
        return f"{self.title}, as {'bars' if self.mark == 'bar' else 'a line'}"

    @property
    def is_flat(self) -> bool:
        """Whether there is nothing but zeros, and no target above them."""
        return not self.target and not any(p.value or p.before for p in self.points)

    @property
    def has_open(self) -> bool:
        """Whether the last bucket is still filling."""
        return any(p.is_open for p in self.points)


def series(metric: Metric, choice: Choice, result: MetricResult) -> Series:
    """The course of the metric from the answer to its query with a grain."""
    name, rows = metric.qualified, result.rows
    factor, axis = axis_unit(metric, [r.get(k) for r in rows for k in (name, f"{name}__previous")])
    ends = [*(_local(row) for row in rows[1:]), _last_end(rows, choice.grain)]
    points = tuple(_point(metric, choice.grain, row, end, factor) for row, end in zip(rows, ends, strict=False))
    return Series(
        name,
        f"{metric.title} {GRAIN_WORDS[choice.grain]}",
        points,
        "bar" if metric.shape in _BY_LENGTH else "line",
        axis,
        ".0%" if metric.format == "percent" else "~s" if _largest(points) >= 1e4 else ",~r",
        metric.target * factor if metric.target is not None and metric.shape not in _BY_LENGTH else None,
        f"Target {shown(metric, metric.target, short=True)}" if metric.target is not None else "",
        COMPARE_SENTENCES[choice.compare] if choice.compare else "",
        summary(metric, choice, rows),
        result.cannot_tell.get(name, ""),
    )


def _local(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["bucket"]).replace(tzinfo=None)


def _last_end(rows: list[dict[str, Any]], grain: Grain) -> datetime:
    """Where the last bucket ends on the wall clock; months and longer ones are near enough for a bar's width."""
    return _local(rows[-1]) + _LENGTHS[grain] if rows else datetime.min


def _point(metric: Metric, grain: Grain, row: dict[str, Any], end: datetime, factor: float) -> Point:
    start = _local(row)
    low = start - (end - start) / 2 if grain in _NAMED else start
    value, before = row.get(metric.qualified), row.get(f"{metric.qualified}__previous")

    def along(part: float) -> str:
        return (low + (end - start) * part).isoformat(timespec="milliseconds")

    return Point(
        start.isoformat(),
        end.isoformat(),
        along(0),
        along(_GAP),
        along(0.5),
        along(1 - _GAP),
        along(1),
        None if value is None else value * factor,
        None if before is None else before * factor,
        bucket(row["bucket"], grain) + (" (still filling)" if row.get("__incomplete") else ""),
        shown(metric, value),
        shown(metric, before),
        bool(row.get("__incomplete")),
    )


def _largest(points: tuple[Point, ...]) -> float:
    return max((abs(p.value) for p in points if p.value is not None), default=0.0)


def axis_unit(metric: Metric, values: list[float | None]) -> tuple[float, str]:
    """The factor from the metric's unit to the axis's, and the axis's title; durations in min, h or d by their size."""
    if metric.format == "percent":
        return 1.0, ""
    if metric.format != "duration":
        return 1.0, metric.unit
    largest = max((abs(v) for v in values if v is not None), default=0.0)
    if largest >= 96:
        return 1 / 24, "days"
    return (1.0, "hours") if largest >= 2 else (60.0, "minutes")


def summary(metric: Metric, choice: Choice, rows: list[dict[str, Any]]) -> str:
    """The chart in a sentence, for those who do not see it."""
    known = [r for r in rows if r.get(metric.qualified) is not None and not r.get("__incomplete")]
    if not known:
        return f"{metric.title}: no values in {choice.range_title()}."
    high = max(known, key=lambda r: r[metric.qualified])
    low = min(known, key=lambda r: r[metric.qualified])
    last = known[-1]
    parts = [
        f"{name} {shown(metric, r[metric.qualified])} ({bucket(r['bucket'], choice.grain)})"
        for name, r in (("highest", high), ("lowest", low), ("latest", last))
    ]
    return f"{metric.title} {GRAIN_WORDS[choice.grain]}, {choice.range_title()}:{SPACE}{', '.join(parts)}."
