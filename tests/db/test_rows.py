"""Are the rows behind a number all there, newest first, a page at a time, and are values and freshness right?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.engine.answers import count, value_counts
from data.engine.shapes import predicates_of
from data.engine.versions import versions
from data.errors import BadInput, UnknownName
from data.orders import MOST_SORTED, require_sortable
from data.rows import Page, Wanted, columns_of, page, recent
from data.types import Filter, Order, TimeRange
from tests.db.probe import Writer, make_model
from tests.support import make_scope, make_workspace

SPAN = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def writer(database: str) -> Writer:
    made = Writer(make_scope(make_workspace()), make_model(), np.random.default_rng(3), date(2026, 3, 5), 20)
    made.write_cases(200, keys=150)
    made.write_events(120)
    return made


def pages(writer: Writer, wanted: Wanted) -> list[Page]:
    found = [page(writer.scope, wanted)]
    while found[-1].next:
        found.append(page(writer.scope, replace(wanted, after=found[-1].next)))
    return found


@pytest.mark.parametrize(("dataset", "at"), [("cases", "opened_at"), ("cases", "closed_at"), ("events", "at")])
@pytest.mark.parametrize("limit", [1000, 7])
def test_pages_hold_every_row_once_newest_first(writer: Writer, dataset: str, at: str, limit: int) -> None:
    found = writer.model.datasets()[f"probe.{dataset}"]
    where = predicates_of((Filter("city", "not_in", ("Ulm",)),))
    read = pages(writer, Wanted(found, at, SPAN, where, limit))
    columns = read[0].columns
    rows = [dict(zip(columns, row, strict=True)) for one in read for row in one.rows]
    assert len(rows) == count(writer.scope, writer.model, found, at, SPAN, where)
    assert len({row[found.key or "id"] for row in rows}) == len(rows)
    assert [row[at] for row in rows] == sorted((row[at] for row in rows), reverse=True)
    assert all(row["city"] != "Ulm" for row in rows)


ORDERS = [
    ("cases", "cost"), ("cases", "closed_at"), ("cases", "city"), ("cases", "colour"), ("cases", "lat"),
    ("cases", "quality"), ("cases", "case_id"), ("events", "id"), ("events", "at"), ("events", "kind"),
]  # fmt: skip


@pytest.mark.parametrize("is_ascending", [True, False])
@pytest.mark.parametrize(("dataset", "column"), ORDERS)
def test_pages_in_an_order_hold_every_row_once_as_pandas_sorts_them(
    writer: Writer, dataset: str, column: str, is_ascending: bool
) -> None:
    """Rows without a value last both ways, texts without regard to case, among equal ones the newest first."""
    found = writer.model.datasets()[f"probe.{dataset}"]
    key, at, where = found.key or "id", found.time, predicates_of((Filter("city", "not_in", ("Ulm",)),))
    everything = page(writer.scope, Wanted(found, at, SPAN, where, 1000))
    frame = pd.DataFrame(everything.rows, columns=list(everything.columns))
    frame["value"] = [compared(value) for value in frame[column]]
    known = frame[frame["value"].notna()].sort_values(["value", at, key], ascending=[is_ascending, False, False])
    missing = frame[frame["value"].isna()].sort_values([at, key], ascending=False)
    read = pages(writer, Wanted(found, at, SPAN, where, 7, None, Order(column, is_ascending)))
    assert [len(one.rows) for one in read[:-1]] == [7] * (len(read) - 1)
    place = everything.columns.index(key)
    assert [row[place] for one in read for row in one.rows] == [*known[key], *missing[key]]


def compared(value: Any) -> Any:
    """A value as it is compared with others."""
    if isinstance(value, list):
        return ", ".join(value) or None
    return value.lower() if isinstance(value, str) else value


def test_an_order_that_cannot_be_is_refused(writer: Writer) -> None:
    cases = writer.model.datasets()["probe.cases"]
    by_cost = Wanted(cases, "opened_at", SPAN, (), 5, None, Order("cost"))
    after = page(writer.scope, by_cost).next
    assert after is not None
    for wrong in (
        replace(by_cost, after=after, order=Order("cost", False)), replace(by_cost, after=after, order=None),
        replace(by_cost, after=json.dumps([1, "k", "cost", "1; DROP TABLE probe.cases"])),
        replace(by_cost, after=json.dumps([1, "k", "lat", "1"]), order=Order("lat")),
    ):  # fmt: skip
        with pytest.raises(BadInput, match="Field `after`"):
            page(writer.scope, wrong)
    odd = json.dumps([1, "'); DROP", "city", "'); DROP TABLE probe.cases; --"])
    assert page(writer.scope, replace(by_cost, after=odd, order=Order("city"))).columns
    require_sortable(cases, Order("cost"), columns_of(cases), MOST_SORTED)
    with pytest.raises(BadInput, match="Field `sort`: found 2,000,001 rows"):
        require_sortable(cases, Order("cost"), columns_of(cases), MOST_SORTED + 1)
    with pytest.raises(UnknownName, match="Did you mean `cost`"):
        require_sortable(cases, Order("cots"), columns_of(cases), 1)
    with pytest.raises(UnknownName):
        require_sortable(cases, Order('cost"; --'), columns_of(cases), 1)


def test_a_time_without_segments_is_counted_in_the_rows(writer: Writer) -> None:
    cases = writer.model.datasets()["probe.cases"]
    assert count(writer.scope, writer.model, cases, "closed_at", SPAN, ()) > 0


def test_wrong_cursors_limits_and_times_are_refused(writer: Writer) -> None:
    cases = writer.model.datasets()["probe.cases"]
    with pytest.raises(BadInput, match="Field `after`"):
        page(writer.scope, Wanted(cases, "opened_at", SPAN, (), 5, "nonsense"))
    with pytest.raises(BadInput, match="Field `limit`: found 0"):
        page(writer.scope, Wanted(cases, "opened_at", SPAN, (), 0))
    with pytest.raises(UnknownName, match="Did you mean `opened_at`"):
        page(writer.scope, Wanted(cases, "opend_at", SPAN, (), 5))


def test_a_stranger_sees_no_rows(writer: Writer) -> None:
    stranger = make_scope(make_workspace())
    cases = writer.model.datasets()["probe.cases"]
    assert page(stranger, Wanted(cases, "opened_at", SPAN, (), 5)).rows == []
    assert count(stranger, writer.model, cases, "opened_at", SPAN, ()) == 0
    assert recent(stranger, cases, 5) == []


def test_values_come_with_their_number_of_rows(writer: Writer) -> None:
    cases = writer.model.datasets()["probe.cases"]
    found = dict(value_counts(writer.scope, writer.model, cases, "city", "", 10))
    read = page(writer.scope, Wanted(cases, "opened_at", TimeRange(*ALWAYS), (), 10_000))
    cities = [row[read.columns.index("city")] for row in read.rows]
    assert found == {city: cities.count(city) for city in set(cities)}
    assert value_counts(writer.scope, writer.model, cases, "city", "ULM", 10) == [("Ulm", found["Ulm"])]
    assert len(value_counts(writer.scope, writer.model, cases, "person", "", 3)) == 3


ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def test_recent_rows_are_the_newest_and_later_ones_can_be_asked_for(writer: Writer) -> None:
    events = writer.model.datasets()["probe.events"]
    found = recent(writer.scope, events, 5)
    everything = page(writer.scope, Wanted(events, "at", TimeRange(*ALWAYS), (), 10_000))
    assert [row["at"] for row in found] == [row[everything.columns.index("at")] for row in everything.rows[:5]]
    last = max(row[everything.columns.index("id")] for row in everything.rows)
    assert recent(writer.scope, events, 5, last) == []


def test_versions_tell_rows_and_times(writer: Writer) -> None:
    events = writer.model.datasets()["probe.events"]
    found = versions(writer.scope, [events.id])[events.id]
    assert (found.version, found.rows) == (1, 120)
    assert found.newest_at is not None and found.received_at is not None
