"""Which summaries of metrics are stored, and how are they put in and read?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from data.database import Transaction, transaction
from data.statements import sql
from data.types import Scope, TimeRange

Period = Literal["hour", "day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a metric was in one bucket; `numerator` and `denominator` where it has such parts."""

    metric: str
    bucket_at: datetime
    ends_at: datetime
    value: float | None
    numerator: float | None
    denominator: float | None
    additive: bool
    complete: bool
    as_of: datetime | None
    versions: dict[str, int]
    definition: str


@dataclass(frozen=True, slots=True)
class Known:
    """From which data and meaning a stored summary came, and whether its bucket was over then."""

    versions: dict[str, int]
    definition: str
    complete: bool


_COLUMNS = tuple(field.name for field in fields(Summary))


def _names(scope: Scope, period: Period, span: TimeRange) -> dict[str, Any]:
    return {"workspace": scope.workspace.id, "period": period, "first": span.from_at, "last": span.to_at}


def known(tx: Transaction, scope: Scope, period: Period, span: TimeRange) -> dict[tuple[str, datetime], Known]:
    """What is stored of buckets that begin in a span, by metric and bucket."""
    rows = tx.execute(sql("known_summaries"), _names(scope, period, span)).fetchall()
    return {(metric, bucket): Known(*found) for metric, bucket, *found in rows}


def write(tx: Transaction, scope: Scope, period: Period, summaries: Sequence[Summary], now: datetime) -> None:
    """Put summaries in the place of those that are there."""
    columns: dict[str, list[Any]] = {name: [getattr(one, name) for one in summaries] for name in _COLUMNS}
    columns["versions"] = [json.dumps(versions, sort_keys=True) for versions in columns["versions"]]
    values = {"workspace": scope.workspace.id, "period": period, "now": now} | columns
    tx.execute(sql("write_summaries"), values)


def remove_others(tx: Transaction, scope: Scope, period: Period, span: TimeRange, metrics: Sequence[str]) -> int:
    """Take away what is stored of other metrics in a span; returns how many."""
    names = _names(scope, period, span) | {"metrics": list(metrics)}
    return tx.execute(sql("remove_summaries"), names).rowcount


def stored(scope: Scope, period: Period, metric: str, span: TimeRange) -> Iterator[Summary]:
    """The summaries of one metric of the active workspace whose buckets begin in a span."""
    with transaction(scope) as tx:
        rows = tx.execute(sql("summaries"), _names(scope, period, span) | {"metric": metric}).fetchall()
    return (Summary(*row) for row in rows)
