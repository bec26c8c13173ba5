"""Is what was remembered of large segments what SQL over the rows answers, also when rows came since?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import newest, results
from data.engine.answers import answer, count
from data.model import Model
from data.types import MetricQuery, TimeRange
from tests.db.probe import Writer
from tests.db.test_engine_equals_oracle import (
    CHECKS,
    assert_same,
    compact,
    histories,
    model,
    play,
    query_of,
    questions,
)
from tests.effort import examples

pytestmark = pytest.mark.no_cover  # being watched takes a tenth of its time, and every line runs elsewhere too

__all__ = ["model"]


@pytest.fixture(autouse=True)
def every_segment_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "LEAST_ROWS", 1)
    monkeypatch.setattr(newest, "newest_day", lambda _: 0)


@settings(CHECKS, max_examples=examples(10))
@given(history=histories(), asked=st.lists(questions(), min_size=4, max_size=8), exact=st.booleans())
def test_asked_again_after_more_rows(model: Model, history: Any, asked: list[dict[str, Any]], exact: bool) -> None:
    writer = play(model, history)
    compact(writer.scope, model)
    pairs = [query_of(question | {"exact": exact}, writer) for question in asked]
    for _ in range(2):
        for query, now in pairs:
            remembered = answer(writer.scope, model, [query], now)[0]
            assert remembered.rows == read_again(writer, query, now)
            if exact:
                assert_same(remembered, answer(writer.scope, model, [query], now, "sql")[0], query)
        writer.write_events(5)
        writer.write_cases(4, keys=40)


def read_again(writer: Writer, query: MetricQuery, now: datetime) -> list[dict[str, Any]]:
    results.forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newest, "LEAST_ROWS", 2**40)
        return answer(writer.scope, writer.model, [query], now)[0].rows


def test_large_segments_are_read_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = play(model, ("Europe/Berlin", date(2026, 3, 2), 1, 7, [("events", 60)]))
    compact(writer.scope, model)
    events = model.datasets()["probe.events"]
    span = TimeRange(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    read = list[int]()
    plain = newest._Segment._count

    def noted(segment: Any, tasks: Any) -> Any:
        read.append(len(tasks))
        return plain(segment, tasks)

    monkeypatch.setattr(newest._Segment, "_count", noted)
    assert count(writer.scope, model, events, events.time, span, ()) == 60
    first = sum(read)
    assert count(writer.scope, model, events, events.time, span, ()) == 60
    assert first > 0 and sum(read) == first
    writer.write_events(1)
    assert count(writer.scope, model, events, events.time, span, ()) == 61
    assert sum(read) == first + 1
