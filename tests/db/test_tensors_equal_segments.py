"""Do tensors and segments together answer what SQL over the rows answers, whatever changed since they were made?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.engine import results, running, scan, tensor_days, tensor_index, tensor_reads, tensors
from data.engine.answers import answer
from data.engine.tensors import update_tensors
from data.model import Model
from data.types import Filter, MetricQuery, TimeRange
from tests.db.probe import PERCENTILES, Writer
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

pytestmark = pytest.mark.no_cover  # being watched takes a tenth of its time, and every line runs elsewhere too

__all__ = ["model"]
LATER = datetime(2026, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_ranges_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_reads, "LEAST_ROWS", 0)
    monkeypatch.setattr(tensors, "LEAST_ROWS", 0)
    monkeypatch.setattr(tensor_days, "LEAST_ROWS", 0)
    monkeypatch.setattr(tensor_index, "_INDEX_FOR_S", 0.0)


def count_days(writer: Writer) -> int:
    return sum(update_tensors(writer.scope, dataset, LATER) for dataset in writer.model.datasets().values())


def wide(question: dict[str, Any], writer: Writer, exact: bool) -> tuple[MetricQuery, datetime]:
    """Whole days, so that tensors have something to say."""
    aligned = question | {"aligned": True, "exact": exact, "hours": question["hours"] * 3}
    return query_of(aligned | {"grain": None if question["grain"] == "hour" else question["grain"]}, writer)


GREEN = (Filter("colour", "contains", ("green",)),)
NONE_COUNTED_IS_GREEN = {
    "metrics": ("mean_score",), "by": ("city", "colour"), "where": GREEN, "grain": None, "compare": "year", "top": None,
    "exact": True, "offset": -24, "hours": 240, "aligned": True, "now": 24,
}  # fmt: skip


@CHECKS
@example(
    history=("Asia/Kolkata", date(2024, 2, 27), 4, 11567, [("cases", 4), ("events", 1)]),
    later=("America/New_York", date(2026, 3, 7), 1, 12, [("cases", 4), ("events", 1)]),
    asked=[NONE_COUNTED_IS_GREEN],
    merged=False,
)
@given(
    history=histories(), later=histories(), asked=st.lists(questions(), min_size=4, max_size=8), merged=st.booleans()
)
def test_counted_days_and_rows_that_came_later(
    model: Model, history: Any, later: Any, asked: list[dict[str, Any]], merged: bool
) -> None:
    writer = play(model, history)
    assert count_days(writer) > 0 or not writer.batches
    for what, n in later[4][:3]:
        if what in ("cases", "delete"):
            writer.write_cases(n, keys=40)
    if merged:
        compact(writer.scope, model)
    for question in asked:
        query, now = wide(question, writer, exact=False)
        query = MetricQuery(
            tuple(m for m in query.metrics if m not in PERCENTILES) or ("opened",), query.range, query.grain, query.by,
            query.where, query.compare, query.top,
        )  # fmt: skip
        segments, oracle = (answer(writer.scope, model, [query], now, engine)[0] for engine in ("segments", "sql"))
        assert_same(segments, oracle, query)


@CHECKS
@given(history=histories(), asked=st.lists(questions(), min_size=4, max_size=8))
def test_percentiles_are_the_same_with_and_without(model: Model, history: Any, asked: list[dict[str, Any]]) -> None:
    writer = play(model, history)
    pairs = [wide(question | {"metrics": (*PERCENTILES, "people", "least")}, writer, exact=False) for question in asked]
    without = [answer(writer.scope, model, [query], now)[0].rows for query, now in pairs]
    count_days(writer)
    results.forget()
    tensor_index.forget()
    assert [answer(writer.scope, model, [query], now)[0].rows for query, now in pairs] == without


def test_days_are_counted_once_until_they_change(model: Model) -> None:
    writer = play(model, ("Europe/Berlin", datetime(2026, 3, 2, tzinfo=UTC).date(), 5, 7, [("cases", 60)]))
    first = count_days(writer)
    assert first > 0 and count_days(writer) == 0
    writer.write_cases(1, keys=40)
    assert 0 < count_days(writer) <= first


def test_the_day_that_is_not_over_is_not_counted(model: Model) -> None:
    writer = play(model, ("Europe/Berlin", datetime(2026, 3, 2, tzinfo=UTC).date(), 2, 7, [("events", 60)]))
    events = model.datasets()["probe.events"]
    now = datetime(2026, 3, 3, 11, tzinfo=UTC)
    before = update_tensors(writer.scope, events, now)
    assert update_tensors(writer.scope, events, now + timedelta(days=1)) == before + 1


def test_small_months_are_not_counted(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = play(model, ("Europe/Berlin", datetime(2026, 3, 2, tzinfo=UTC).date(), 5, 7, [("events", 60)]))
    monkeypatch.setattr(tensors, "LEAST_ROWS", 61)
    assert count_days(writer) == 0


def test_a_plan_says_what_was_read_from_tensors(model: Model) -> None:
    writer = play(model, ("Europe/Berlin", datetime(2026, 3, 2, tzinfo=UTC).date(), 5, 7, [("cases", 60)]))
    count_days(writer)
    query, now = query_of(
        {"metrics": ("opened", "people"), "grain": None, "by": (), "where": (), "compare": None, "top": None,
         "exact": False, "offset": -24 * 40, "hours": 24 * 90, "aligned": True, "now": 24 * 200}, writer,
    )  # fmt: skip
    read = answer(writer.scope, model, [query], now)[0].plan["read"]
    assert read == ["segments and tensors of 5 days and sets of people of 1 months"]


def test_people_of_some_days_are_kept_until_those_days_change(model: Model) -> None:
    writer = play(model, ("UTC", date(2026, 3, 2), 8, 7, [("cases", 300)]))
    week = TimeRange(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
    queries = [
        MetricQuery(("people", "opened"), week, compare="previous"), MetricQuery(("people",), week, grain="week")
    ]  # fmt: skip
    for step in ("nothing", "cases", "delete", "compact"):
        if step == "cases":
            writer.write_cases(60, keys=40)
        elif step == "delete":
            writer.delete_cases([*range(12)])
        elif step == "compact":
            compact(writer.scope, model)
        count_days(writer)
        found, oracle = (answer(writer.scope, model, queries, LATER, engine) for engine in ("segments", "sql"))
        assert "days and sets of people of 8 days" in found[0].plan["read"][-1], step
        for segments, rows, query in zip(found, oracle, queries, strict=True):
            assert_same(segments, rows, query)


TWO_MONTHS = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize("budget", [1, 100])
@pytest.mark.parametrize("by", [(), ("city",)])
def test_people_of_counted_months_stay_when_memory_is_short(
    model: Model, monkeypatch: pytest.MonkeyPatch, by: tuple[str, ...], budget: int
) -> None:
    """March is counted with its people; those of April are read from rows, which are handed out one by one."""
    monkeypatch.setattr(tensors, "_BYTES_A_ROW", 1000)
    writer = play(model, ("UTC", date(2026, 3, 29), 8, 7, [("cases", 200)]))
    update_tensors(writer.scope, model.datasets()["probe.cases"], datetime(2026, 4, 3, 12, tzinfo=UTC))
    for module in (running, scan):
        monkeypatch.setattr(module, "BUDGET", budget)
    query = MetricQuery(("people", "opened", "cost", "least"), TWO_MONTHS, by=by)
    segments, oracle = (answer(writer.scope, model, [query], LATER, engine)[0] for engine in ("segments", "sql"))
    assert "sets of people of 1 months" in segments.plan["read"][0]
    assert_same(segments, oracle, query)


def test_a_measure_that_came_after_the_count_is_read_from_segments(model: Model) -> None:
    writer = play(model, ("UTC", date(2026, 3, 2), 5, 7, [("cases", 60)]))
    cases = model.datasets()["probe.cases"]
    before = replace(cases, measures=tuple(m for m in cases.measures if m.name != "score"))
    counted = update_tensors(writer.scope, before, LATER)
    query = MetricQuery(("mean_score",), TWO_MONTHS, by=("city",), compare="previous")
    segments, oracle = (answer(writer.scope, model, [query], LATER, engine)[0] for engine in ("segments", "sql"))
    assert segments.plan["read"] == ["segments"]
    assert_same(segments, oracle, query)
    assert update_tensors(writer.scope, cases, LATER) == counted
    results.forget()
    again = answer(writer.scope, model, [query], LATER)[0]
    assert any("tensors of" in read for read in again.plan["read"])
    assert_same(again, oracle, query)
