"""How does one thing stand among its peers, metric by metric?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from data.model import Metric
from data.types import Filter, MetricQuery, MetricResult, TimeRange
from services.entities.kinds import Kind, metrics_of
from services.formats import NOTHING, grouped
from services.live.boards import datasets_of
from services.live.tiles import shown

LEAST_PEERS = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """One metric of a thing: its value, the median of its peers, and its percentile among them (None: `reason` says
    why). A percentile is the part of the other peers below the value, half of those that are equal counted."""

    metric: str
    title: str
    family: str
    value: str
    typical: str
    percentile: float | None
    others: int
    reason: str
    tone: str


def peer_filter(kind: Kind, facts: dict[str, Any]) -> Filter | None:
    """Those of the same value of `peers`; None where the kind or the thing has none."""
    name = kind.entity.peers
    value = facts.get(name) if name else None
    return Filter(name, "in", (str(value),)) if name and value is not None else None


def takes_filter(kind: Kind, metric: Metric, condition: Filter) -> bool:
    """Whether every dataset of the metric has the dimension by which peers are told."""
    sources = datasets_of(kind.pack, metric)
    return all(condition.dimension in {d.name for d in source.dimensions} for source in sources)


def peer_queries(kind: Kind, own: Filter, peers: Filter | None, span: TimeRange) -> list[MetricQuery]:
    """Of the thing itself, of its peers by name, and of all by name where the peers cannot be told from the rows."""
    found = metrics_of(kind)
    if not found:
        return []
    narrow = tuple(m.qualified for m in found if peers and takes_filter(kind, m, peers))
    wide = tuple(m.qualified for m in found if m.qualified not in narrow)
    queries = [MetricQuery(tuple(m.qualified for m in found), span, where=(own,))]
    if narrow and peers:
        queries.append(MetricQuery(narrow, span, by=(kind.entity.column,), where=(peers,)))
    if wide:
        queries.append(MetricQuery(wide, span, by=(kind.entity.column,)))
    return queries


def standings(kind: Kind, name: str, results: Sequence[MetricResult]) -> tuple[Standing, ...]:
    """The metrics that say something of this thing, from the answers to `peer_queries`."""
    if not results:
        return ()
    own, *others = results
    total = own.rows[0] if own.rows else {}
    found = []
    for metric in metrics_of(kind):
        value = total.get(metric.qualified)
        if value is None:
            continue
        values = [
            float(row[metric.qualified])
            for result in others
            for row in result.rows
            if row.get(metric.qualified) is not None and row.get(kind.entity.column) not in (None, name)
        ]
        if value or any(values):
            found.append(_standing(kind, metric, float(value), values))
    return tuple(found)


def _standing(kind: Kind, metric: Metric, value: float, others: Sequence[float]) -> Standing:
    rank = percentile_of(value, others)
    few = f"Only {len(others)} other {kind.entity.many} to compare with." if rank is None else ""
    typical = _said(metric, median(others)) if others else NOTHING
    return Standing(
        metric.qualified, metric.title, metric.family, _said(metric, value), typical, rank, len(others), few,
        _tone(metric, rank),
    )  # fmt: skip


def _said(metric: Metric, value: float) -> str:
    """A value beside the metric's title, which names what is counted: one step is `1`, not `1 steps`."""
    return grouped(value, 0 if value.is_integer() else 1) if metric.format == "integer" else shown(metric, value)


def percentile_of(value: float, others: Sequence[float]) -> float | None:
    """Percent of the others below the value, half of the equal ones counted; None with fewer than LEAST_PEERS."""
    if len(others) < LEAST_PEERS:
        return None
    below = sum(other < value for other in others)
    equal = sum(other == value for other in others)
    return 100 * (below + equal / 2) / len(others)


def _tone(metric: Metric, rank: float | None) -> str:
    """Where in the outer tenth on the bad or good side; a rank in the middle says nothing."""
    if rank is None or metric.better == "neither" or 10 <= rank <= 90:
        return "neutral"
    return "good" if (rank > 90) == (metric.better == "higher") else "bad"
