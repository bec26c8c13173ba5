"""Where do buckets begin, and what are they compared with? Expected instants are from the zones' published rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.engine.buckets import add_months, buckets, compared
from data.engine.days import day_start
from data.errors import BadInput
from data.types import GRAINS, Grain, TimeRange

NEW_YORK = "America/New_York"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def local(first: str, last: str, tz: str = NEW_YORK) -> TimeRange:
    return TimeRange(day_start(date.fromisoformat(first), tz), day_start(date.fromisoformat(last), tz))


def test_a_day_has_23_24_or_25_hours() -> None:
    days = {"2026-03-08": 23, "2026-03-09": 24, "2026-11-01": 25}
    for day, hours in days.items():
        span = local(day, (date.fromisoformat(day) + timedelta(days=1)).isoformat())
        assert len(buckets(span, "hour", NEW_YORK).labels) == hours


def test_the_hour_that_comes_twice_has_two_labels() -> None:
    labels = [at.isoformat() for at in buckets(local("2026-11-01", "2026-11-02"), "hour", NEW_YORK).labels]
    assert labels[1:3] == ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]
    assert len(set(labels)) == 25


def test_days_of_a_month_with_a_change_begin_at_local_midnight() -> None:
    found = buckets(local("2026-03-01", "2026-04-01"), "day", NEW_YORK)
    assert len(found.labels) == 31
    assert {at.hour for at in found.labels} == {0}
    assert found.edges[8] - found.edges[7] == timedelta(hours=23)


def test_weeks_begin_on_monday_and_the_first_is_cut_to_the_range() -> None:
    found = buckets(local("2026-01-01", "2026-01-15"), "week", NEW_YORK)
    assert [at.date().isoformat() for at in found.labels] == ["2025-12-29", "2026-01-05", "2026-01-12"]
    assert found.edges[0] == day_start(date(2026, 1, 1), NEW_YORK)


def test_where_clocks_jump_over_midnight_the_day_begins_at_the_jump() -> None:
    found = buckets(local("2018-11-04", "2018-11-05", "America/Sao_Paulo"), "day", "America/Sao_Paulo")
    assert found.edges == (datetime(2018, 11, 4, 3, tzinfo=UTC), datetime(2018, 11, 5, 2, tzinfo=UTC))


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2027, 1, 1)), st.integers(1, 60 * 24 * 12), st.sampled_from(GRAINS),
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]),
)  # fmt: skip
def test_buckets_cover_the_range_without_gap(start: datetime, minutes: int, grain: Grain, tz: str) -> None:
    first = start.replace(tzinfo=UTC)
    span = TimeRange(first, first + timedelta(minutes=minutes))
    found = buckets(span, grain, tz)
    assert found.edges[0] == span.from_at and found.edges[-1] == span.to_at
    assert all(a < b for a, b in pairwise(found.edges))
    assert len(found.labels) == len(found.edges) - 1
    assert found.labels[0] <= span.from_at


def test_a_month_is_compared_with_the_month_before() -> None:
    span = local("2026-03-01", "2026-04-01")
    found = compared(span, (span.from_at, span.to_at), "previous", NEW_YORK, LONG_AGO)
    assert found.edges[0] == day_start(date(2026, 2, 1), NEW_YORK) and found.edges[-1] == span.from_at


def test_days_that_the_month_before_lacks_have_nothing_to_compare_with() -> None:
    span = local("2026-03-01", "2026-04-01")
    edges = buckets(span, "day", NEW_YORK).edges
    found = compared(span, edges, "previous", NEW_YORK, LONG_AGO).edges
    lengths = [b - a for a, b in pairwise(found)]
    assert lengths[27] == timedelta(days=1) and lengths[28:] == [timedelta(0)] * 3


def test_weekdays_are_compared_a_whole_number_of_weeks_back() -> None:
    span = local("2026-11-02", "2026-11-12")
    found = compared(span, (span.from_at, span.to_at), "weekday", NEW_YORK, LONG_AGO)
    assert found.edges == (day_start(date(2026, 10, 19), NEW_YORK), day_start(date(2026, 10, 29), NEW_YORK))


def test_a_leap_day_has_no_day_a_year_before() -> None:
    span = local("2024-02-28", "2024-03-02")
    found = compared(span, buckets(span, "day", NEW_YORK).edges, "year", NEW_YORK, LONG_AGO).edges
    days = [date(2023, 2, 28), date(2023, 3, 1), date(2023, 3, 1), date(2023, 3, 2)]
    assert found == tuple(day_start(day, NEW_YORK) for day in days)


def test_an_unfinished_range_is_compared_up_to_the_same_point() -> None:
    span = local("2026-11-01", "2026-12-01")
    now = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)  # 10:30 in New York, whose clocks changed on 1 November
    found = compared(span, (span.from_at, span.to_at), "previous", NEW_YORK, now)
    assert found.edges[-1] == found.cut_at == datetime(2026, 10, 21, 14, 30, tzinfo=UTC)


def test_buckets_after_the_cut_are_empty() -> None:
    span = local("2026-11-16", "2026-11-23")
    now = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
    found = compared(span, buckets(span, "day", NEW_YORK).edges, "previous", NEW_YORK, now).edges
    assert found[2] < found[3] == found[4] == found[-1]


def test_the_last_hours_are_compared_with_as_many_hours_before() -> None:
    end = datetime(2026, 3, 8, 18, tzinfo=UTC)
    span = TimeRange(end - timedelta(hours=24), end)
    found = compared(span, (span.from_at, span.to_at), "previous", NEW_YORK, LONG_AGO)
    assert found.edges == (end - timedelta(hours=48), end - timedelta(hours=24))


def test_months_are_added_to_the_day_after_where_a_month_is_too_short() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 3, 1)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


def test_too_many_points_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="Field `grain`: a point a minute makes 43,140"):
        buckets(local("2026-03-01", "2026-03-31"), "minute", NEW_YORK)
