"""How many a minute: over whole spans, over the part of one that is gone, and in the running minute?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.types import EngineName, Grain, MetricQuery, Scope, TimeRange
from services.ingest import ingest_rows
from services.metrics import answer

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOW = START + timedelta(minutes=90, seconds=30)
METRIC = "water.readings_per_minute"


@pytest.fixture
def filled(scope: Scope) -> Scope:
    """One reading a minute in the first hour; in the second three a minute until now, and 30 seconds are gone."""
    at = [START + timedelta(minutes=m) for m in range(60)]
    at += [START + timedelta(minutes=60, seconds=20 * s) for s in range(92)]
    rows = [{"measured_at": t.isoformat(), "kind": "ph", "sensor": "s", "value": 7.5} for t in at]
    ingest_rows(scope, "water.readings", rows, None, NOW)
    return scope


def paces(scope: Scope, first: int, last: int, grain: Grain | None, engine: EngineName) -> list[Any]:
    span = TimeRange(START + timedelta(minutes=first), START + timedelta(minutes=last))
    return [row[METRIC] for row in answer(scope, [MetricQuery((METRIC,), span, grain)], NOW, engine)[0].rows]


@pytest.mark.parametrize("engine", ["segments", "sql"])
def test_a_pace_divides_by_the_time_that_is_gone(filled: Scope, engine: EngineName) -> None:
    assert paces(filled, 0, 60, None, engine) == [1.0]
    assert paces(filled, 0, 60, "minute", engine) == [1.0] * 60
    assert paces(filled, -60, 60, "hour", engine) == [0.0, 1.0]
    # 92 rows in 30 minutes and the running one, which counts as a whole
    assert paces(filled, 0, 180, "hour", engine) == [1.0, pytest.approx(92 / 31), None]
    assert paces(filled, 89, 92, "minute", engine) == [3.0, 2.0, None]
