"""Which values of a dimension carry most of the chosen metric?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.model import Dimension, Metric
from data.types import Filter, MetricResult
from services.formats import plural
from services.live.choices import MISSING
from services.live.tiles import shown


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of the dimension; `key` is what a click filters by, empty on the pooled rest."""

    label: str
    key: str
    value: float
    shown: str
    exact: str
    is_rest: bool
    is_picked: bool


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The largest values of one dimension and, as the last bar, all others together when that adds up."""

    dimension: str
    title: str
    bars: tuple[Bar, ...]
    alt: str
    reason: str = ""

    @property
    def tells(self) -> bool:
        """Whether there is more to see than that the value is missing."""
        return any(b.label != MISSING for b in self.bars) or bool(self.reason)


def leaderboard(metric: Metric, dimension: Dimension, result: MetricResult, where: tuple[Filter, ...]) -> Leaderboard:
    """The leaderboard of one dimension from the answer to its query by that dimension."""
    picked = {v for f in where if f.dimension == dimension.name and f.op == "in" for v in f.values}
    bars = tuple(_bar(metric, dimension.name, row, picked) for row in result.rows)
    # Without numbers: a chart whose name changes is drawn anew. The numbers are texts in the chart.
    alt = f"{metric.title} by {dimension.title.lower()}, as bars"
    return Leaderboard(dimension.name, dimension.title, bars, alt, result.cannot_tell.get(metric.qualified, ""))


def _bar(metric: Metric, dimension: str, row: dict[str, Any], picked: set[str | None]) -> Bar:
    value = row.get(metric.qualified)
    if row.get("__kind") == "other":
        label = f"{plural(int(row.get('__members', 0)), 'other')}"
        return Bar(label, "", float(value or 0), shown(metric, value, True), shown(metric, value), True, False)
    name = row.get(dimension)
    label = MISSING if name is None else str(name)
    return Bar(label, label, float(value or 0), shown(metric, value, True), shown(metric, value), False, name in picked)
