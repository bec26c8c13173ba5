"""Are maps of whole settled months, counted by cell once, what SQL over the rows says, whatever changed since?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import results, tensor_places
from data.engine.answers import answer
from data.engine.buckets import add_months
from data.engine.days import day_start
from data.engine.tensor_places import added, packed
from data.engine.tensors import update_tensors
from data.model import Model
from data.types import Filter, MetricQuery, MetricResult, TimeRange
from tests.db.probe import Writer
from tests.db.test_engine_equals_oracle import AREAS, CHECKS, FILTERS, assert_same, compact, model, play
from tests.db.test_tensors_equal_segments import LATER, count_days, small_ranges_too
from tests.effort import examples

__all__ = ["model", "small_ranges_too"]
FIRST = date(2026, 1, 20)
BY = [(), ("cell:7",), ("cell:12",), ("cell:4",), ("cell:4", "city"), ("colour", "cell:9"), ("cell:3", "cell:8")]


@pytest.fixture(autouse=True)
def few_rows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_places, "_ROWS_A_PAIR", 0)


def ask(writer: Writer, months: tuple[int, int], **more: Any) -> MetricQuery:
    """A question of the months [first, last) since January, and so many days more at both ends."""
    tz, edge = writer.scope.workspace.timezone, timedelta(days=more.pop("days", 0))
    first, last = (add_months(date(2026, 1, 1), month) for month in months)
    return MetricQuery(("opened",), TimeRange(day_start(first - edge, tz), day_start(last + edge, tz)), **more)


def both(writer: Writer, query: MetricQuery) -> MetricResult:
    """What segments answer, after it was held against SQL over the rows."""
    results.forget()
    segments, oracle = (answer(writer.scope, writer.model, [query], LATER, e)[0] for e in ("segments", "sql"))
    assert_same(segments, oracle, query)
    return segments


QUESTIONS = st.fixed_dictionaries(
    {
        "months": st.sampled_from([(0, 4), (1, 3), (1, 2)]), "days": st.sampled_from([0, 3]),
        "by": st.sampled_from(BY), "where": FILTERS, "grain": st.sampled_from([None, None, "month", "week"]),
        "compare": st.sampled_from([None, "previous"]),
    }
)  # fmt: skip


@pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
@settings(CHECKS, max_examples=examples(8))
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"]), seed=st.integers(0, 999),
    later=st.sampled_from(["nothing", "nothing", "cases", "delete", "compact"]), again=st.booleans(),
    asked=st.lists(QUESTIONS, min_size=5, max_size=8),
)  # fmt: skip
def test_places_of_months_and_rows_that_came_later(
    model: Model, zone: str, seed: int, later: str, again: bool, asked: list[dict[str, Any]]
) -> None:
    writer = play(model, (zone, FIRST, 80, seed, [("cases", 60), ("cases", 60), ("delete", 12)]))
    count_days(writer)
    if later == "cases":
        writer.write_cases(20, keys=40)
    elif later == "delete":
        writer.delete_cases([*range(20)])
    elif later == "compact":
        compact(writer.scope, model)
    if again:
        count_days(writer)
    for question in asked:
        if question["grain"] is None and question["by"] and question["compare"] is None:
            both(writer, ask(writer, **question | {"top": 4}))
        both(writer, ask(writer, **question))


RED = Filter("colour", "not_in", ("red",))
INSIDE = Filter("place", "inside", AREAS[:1])
FROM_PLACES, FROM_SEGMENTS = "segments and places of 2 months", "segments"


@pytest.mark.parametrize(
    ("by", "where", "read"),
    [
        (("cell:7",), (), FROM_PLACES),
        (("cell:7",), (RED, INSIDE), FROM_PLACES),
        (("cell:4", "city"), (INSIDE,), FROM_PLACES),
        (("city",), (INSIDE,), FROM_PLACES),
        ((), (INSIDE,), FROM_PLACES),
        (("cell:4", "city"), (RED,), FROM_SEGMENTS),  # two dimensions beside the place
    ],
)
def test_only_what_is_beside_whole_months_is_read_from_segments(
    model: Model, by: tuple[str, ...], where: tuple[Filter, ...], read: str
) -> None:
    writer = play(model, ("UTC", FIRST, 80, 7, [("cases", 200)]))
    count_days(writer)
    assert both(writer, ask(writer, (1, 3), by=by, where=where)).plan["read"] == [read]
    writer.write_cases(20, keys=40)
    assert both(writer, ask(writer, (1, 3), by=by, where=where)).plan["read"] == ["segments"], "days have changed"


def test_a_month_that_goes_on_has_no_places(model: Model) -> None:
    writer = play(model, ("UTC", FIRST, 80, 7, [("cases", 200)]))
    update_tensors(writer.scope, model.datasets()["probe.cases"], datetime(2026, 3, 20, tzinfo=UTC))
    assert both(writer, ask(writer, (1, 3), by=("cell:7",))).plan["read"] == ["segments and places of 1 months"]


def test_pairs_that_save_nothing_are_not_kept(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_places, "_ROWS_A_PAIR", 1000)
    writer = play(model, ("UTC", FIRST, 80, 7, [("cases", 200)]))
    count_days(writer)
    assert both(writer, ask(writer, (1, 3), by=("cell:7",))).plan["read"] == ["segments"]


def test_sums_come_in_order_and_what_comes_to_nothing_is_gone() -> None:
    slots, counts = added(np.asarray([7, 3, 7, 5, 3]), np.asarray([2, 1, 4, 9, -1]))
    assert slots.tolist() == [5, 7] and counts.tolist() == [9, 6]
    assert added(np.empty(0, np.int64), np.empty(0, np.int64))[0].size == 0


def test_pairs_are_written_as_gaps() -> None:
    found = packed(np.asarray([2, 11, 34]), np.asarray([5, 300, 1]), 10, 100)
    assert found is not None
    assert {name: values.tolist() for name, values in found.items()} == {
        "gaps": [0, 1, 2], "codes": [2, 1, 4], "n": [5, 300, 1],
    }  # fmt: skip
