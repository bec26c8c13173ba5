"""What does the tile of one metric say: its value, its change, its course and its target?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.model import Metric
from services.formats import Change, change, number, short_unit

SPARK_POINTS = 60


@dataclass(frozen=True, slots=True)
class Tile:
    """One metric as it is shown. `spark` holds finished buckets only; `reason` says why there is no value; `unit`
    stands small beside the value."""

    metric: str
    title: str
    value: str
    change: Change | None
    before: str
    spark: tuple[float, ...]
    target: str
    is_met: bool | None
    explanation: str
    reason: str = ""
    unit: str = ""


def tile(metric: Metric, total: dict[str, Any], course: list[dict[str, Any]], cannot: dict[str, str]) -> Tile:
    """The tile of a metric from the row of totals and the rows of its buckets."""
    name = metric.qualified
    value, before = total.get(name), total.get(f"{name}__previous")
    return Tile(
        name,
        metric.title,
        shown(metric, value, short=True),
        change(value, before, metric.format, metric.better),
        shown(metric, before, short=True) if f"{name}__previous" in total else "",
        spark(name, course),
        target_text(metric),
        meets(metric, value),
        explanation(metric, value),
        cannot.get(name, ""),
        "" if value is None else unit_beside(metric),
    )


def unit_beside(metric: Metric) -> str:
    """The unit that a reader needs beside the number: none where the number has it, or where the title says what is
    counted."""
    if metric.format in ("percent", "duration"):
        return ""
    if metric.format == "money":
        return metric.unit.partition(" ")[2]
    says_it = metric.unit.lower() in metric.title.lower()
    return "" if metric.shape in ("count", "distinct", "balance") or says_it else short_unit(metric.unit)


def left_out(metric: Metric, dimensions: tuple[str, ...]) -> Tile:
    """The tile of a metric that knows nothing of a dimension that is filtered by."""
    reason = f"Cannot be filtered by {' and '.join(dimensions)}."
    return Tile(metric.qualified, metric.title, shown(metric, None), None, "", (), "", None, metric.description, reason)


def shown(metric: Metric, value: float | None, short: bool = False) -> str:
    """A value of the metric in words."""
    return number(value, metric.format, metric.unit, metric.decimals, short)


def spark(name: str, course: list[dict[str, Any]]) -> tuple[float, ...]:
    """The finished buckets that have a value, the newest SPARK_POINTS of them; none when fewer than two."""
    values = [float(row[name]) for row in course if row.get(name) is not None and not row.get("__incomplete")]
    return tuple(values[-SPARK_POINTS:]) if len(values) > 1 else ()


def meets(metric: Metric, value: float | None) -> bool | None:
    """Whether the value reaches the target; None without a target, a value or a better direction."""
    if metric.target is None or value is None or metric.better == "neither":
        return None
    return value >= metric.target if metric.better == "higher" else value <= metric.target


def target_text(metric: Metric) -> str:
    """`≥ 95 %`, `≤ 2 d`; empty without a target."""
    if metric.target is None:
        return ""
    word = {"higher": "≥ ", "lower": "≤ ", "neither": ""}[metric.better]
    return word + number(metric.target, metric.format, "", _decimals(metric), short=True)


def _decimals(metric: Metric) -> int:
    scaled = (metric.target or 0) * (100 if metric.format == "percent" else 1)
    return 0 if float(round(scaled, 6)).is_integer() else metric.decimals


def explanation(metric: Metric, value: float | None) -> str:
    """What the metric is, with its exact value when the tile rounds it."""
    exact = shown(metric, value)
    is_rounded = value is not None and exact != shown(metric, value, short=True) and abs(value) >= 1e6
    return f"{metric.description}\n\nExactly {exact}." if is_rounded else metric.description
