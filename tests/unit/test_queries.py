"""Is a question in JSON understood as meant, and is a wrong one refused with field, found and expected?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.errors import BadInput, UnknownName
from data.model import Model, Pack
from data.types import Filter, MetricQuery, MetricResult, Workspace
from services.cli.query import _table
from services.queries import parse_query, resolve_range
from tests.db.probe import CASES, EVENTS, METRICS

MODEL = Model((Pack("probe", "Probe", "", (CASES, EVENTS), METRICS),))
TOWN = Workspace(1, "town", "Town", "municipality", None, "America/New_York")
NOW = datetime(2026, 11, 21, 15, 30, 20, tzinfo=UTC)  # Saturday, 10:30 in New York


def parsed(**payload: Any) -> MetricQuery:
    return parse_query({"metrics": ["opened"], **payload}, MODEL, TOWN, NOW)


def test_a_full_question() -> None:
    query = parsed(
        range={"last": "7d"}, grain="day", by=["city"], compare="previous", top=3, exact=True,
        where={"city": ["Ulm", None], "colour": {"not": ["red"]}, "person": {"contains": "p1"}, "late": "breached"},
    )  # fmt: skip
    assert query.where == (
        Filter("city", "in", ("Ulm", None)), Filter("colour", "not_in", ("red",)),
        Filter("person", "contains", ("p1",)), Filter("late", "in", ("breached",)),
    )  # fmt: skip
    assert (query.grain, query.by, query.compare, query.top, query.exact) == ("day", ("city",), "previous", 3, True)


def test_metric_names_stay_as_they_were_asked() -> None:
    assert parse_query({"metrics": ["opened", "probe.closed"]}, MODEL, TOWN, NOW).metrics == ("opened", "probe.closed")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"metrics": []}, "Field `metrics`"),
        ({"grain": "fortnight"}, "Field `grain`: found 'fortnight'; expected one of minute, hour"),
        ({"by": ["city", "colour", "late"]}, "Field `by`"),
        ({"top": 0, "by": ["city"]}, "Field `top`: found 0"),
        ({"top": 3}, "Field `top`"),
        ({"exact": "yes"}, "Field `exact`: found 'yes'"),
        ({"where": ["city"]}, "Field `where`"),
        ({"where": {"city": {"contains": None}}}, "Field `where.city`"),
        ({"where": {"city": []}}, "Field `where.city`"),
        ({"range": "36600w"}, "Field `range.last`: found '36600w'; expected a length such as 15m, 24h"),
        ({"range": "999999999999h"}, "Field `range.last`: found '999999999999h'"),
        ({"range": {"last": "soon"}}, "Field `range.last`: found 'soon'"),
        ({"range": {"from": "2026-02-30", "to": "2026-03-01"}}, "Field `range.from`: found '2026-02-30'"),
        ({"range": {"from": "2026-03-01", "to": "2026-03-01"}}, "`from` before `to`"),
        ({"range": {"period": "someday"}}, "Field `range.period`"),
    ],
)
def test_a_wrong_field_is_named(payload: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message.replace("`", "`")):
        parsed(**payload)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"metrics": ["opend"]}, "No metric `opend`. Did you mean `opened`?"),
        ({"metrics": ["probe.closd"]}, "No metric `closd` in `probe`. Did you mean `closed`?"),
        ({"by": ["citty"]}, "No dimension `citty` in the datasets of these metrics. Did you mean `city`?"),
        ({"where": {"color": "red"}}, "Did you mean `colour`?"),
        ({"filters": {}}, "No field `filters` in a query."),
    ],
)
def test_an_unknown_name_suggests_the_nearest(payload: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownName) as caught:
        parsed(**payload)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "first", "last"),
    [
        ("15m", "2026-11-21T15:16", "2026-11-21T15:31"),
        ("24h", "2026-11-20T16:00", "2026-11-21T16:00"),
        ("7d", "2026-11-15T05:00", "2026-11-22T05:00"),
        ("30d", "2026-10-23T04:00", "2026-11-22T05:00"),
        ("today", "2026-11-21T05:00", "2026-11-22T05:00"),
        ("yesterday", "2026-11-20T05:00", "2026-11-21T05:00"),
        ("this_week", "2026-11-16T05:00", "2026-11-23T05:00"),
        ("last_month", "2026-10-01T04:00", "2026-11-01T04:00"),
        ("this_quarter", "2026-10-01T04:00", "2027-01-01T05:00"),
        ("last_year", "2025-01-01T05:00", "2026-01-01T05:00"),
        ({"from": "2026-03-08", "to": "2026-03-09"}, "2026-03-08T05:00", "2026-03-09T04:00"),
        ({"from": "2026-03-08T06:00", "to": "2026-03-08T12:00Z"}, "2026-03-08T10:00", "2026-03-08T12:00"),
    ],
)
def test_ranges_in_words(spec: Any, first: str, last: str) -> None:
    found = resolve_range(spec, TOWN.timezone, NOW)
    expected = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last)]
    assert [found.from_at, found.to_at] == expected


def test_an_answer_without_rows_says_so() -> None:
    result = MetricResult([], None, None, "segments", 1.0)
    assert _table(result).splitlines()[0] == "No rows."
