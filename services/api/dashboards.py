"""How do the KPIs of every pack stand, against an earlier period, their targets and the age of their data?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.model import Metric, Pack
from data.types import Compare, MetricQuery, MetricResult, Scope
from services import formats, metrics, model
from services.live.boards import datasets_of
from services.live.tiles import meets
from services.metrics import Freshness
from services.queries import resolve_range

MOST_DAYS = 3660


def dashboard(scope: Scope, days: int, compare: Compare | None, now: datetime) -> dict[str, Any]:
    """The tiles of each pack of the workspace over the last `days`, all packs in one pass."""
    packs = [pack for pack in model.packs_of(scope) if pack.metrics]
    span = resolve_range({"last": f"{days}d"}, scope.workspace.timezone, now)
    queries = [MetricQuery(tuple(m.qualified for m in pack.metrics), span, compare=compare) for pack in packs]
    answers = metrics.answer(scope, queries, now) if queries else []
    states = {state.dataset: state for state in metrics.freshness(scope)}
    return {
        "workspace": scope.workspace.slug,
        "days": days,
        "from": span.from_at,
        "to": span.to_at,
        "compare": compare,
        "packs": [_pack(pack, found, states, now) for pack, found in zip(packs, answers, strict=True)],
    }


def _pack(pack: Pack, answer: MetricResult, states: Mapping[str, Freshness], now: datetime) -> dict[str, Any]:
    row = answer.rows[0] if answer.rows else {}
    tiles = [_tile(pack, metric, row, answer.cannot_tell, states, now) for metric in pack.metrics]
    return {"pack": pack.name, "title": pack.title, "tiles": tiles}


def _tile(
    pack: Pack, metric: Metric, row: Mapping[str, Any], cannot: Mapping[str, str], states: Mapping[str, Freshness],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    value, before = row.get(metric.qualified), row.get(f"{metric.qualified}__previous")
    moved = formats.change(value, before, metric.format, metric.better)
    shared = {name: getattr(metric, name) for name in ("title", "family", "unit", "format", "better", "target")}
    return {
        "metric": metric.qualified,
        **shared,
        "value": value,
        "previous": before,
        "change": change(metric, value, before),
        "direction": moved.direction if moved else None,
        "tone": moved.tone if moved else None,
        "on_target": meets(metric, value),
        "reason": cannot.get(metric.qualified),
        **_age(pack, metric, states, now),
    }


def change(metric: Metric, value: float | None, before: float | None) -> float | None:
    """The relative change; the difference for percent formats; None without a base to compare with."""
    if value is None or before is None:
        return None
    if metric.format == "percent":
        return value - before
    return (value - before) / abs(before) if before else None


def _age(pack: Pack, metric: Metric, states: Mapping[str, Freshness], now: datetime) -> dict[str, Any]:
    """How old the newest row is of the dataset, among those behind the metric, that is furthest behind."""
    found = [states[d.qualified] for d in datasets_of(pack, metric) if d.qualified in states]
    known = [(now - state.newest_at).total_seconds() for state in found if state.newest_at]
    late = [
        state for state in found if state.newest_at and (now - state.newest_at).total_seconds() > state.usual_delay_s
    ]
    oldest = min((state.newest_at for state in found if state.newest_at), default=None)
    return {"as_of": oldest, "age_s": round(max(0.0, *known), 1) if known else None, "late": bool(late)}
