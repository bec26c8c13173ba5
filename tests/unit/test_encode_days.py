"""Does each instant fall on the local day that a calendar in that place shows?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine.days import day_start, day_starts, from_ms, local_days, to_ms
from data.errors import BadInput
from tests.effort import examples

ZONES = ("America/New_York", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Asia/Kolkata", "Africa/Cairo")
INSTANTS = st.datetimes(datetime(1960, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
@given(tz=st.sampled_from(ZONES), instants=st.lists(INSTANTS, min_size=1, max_size=50))
@settings(max_examples=examples(200), deadline=None)
def test_an_instant_is_on_the_date_its_zone_shows(tz: str, instants: list[datetime]) -> None:
    ms = np.array([to_ms(i) for i in instants])
    ordinals, since = local_days(ms, tz)
    for i, instant in enumerate(ms):
        day = from_ms(int(instant)).astimezone(ZoneInfo(tz)).date()
        assert date.fromordinal(int(ordinals[i])) == day
        assert from_ms(int(instant)) - day_start(day, tz) == timedelta(milliseconds=int(since[i]))


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # begins at one o'clock: midnight is skipped
        ("America/Sao_Paulo", date(2018, 2, 17), 25),  # the hour before midnight comes twice
        ("America/Havana", date(2026, 11, 1), 25),  # midnight comes twice
        ("Pacific/Apia", date(2011, 12, 30), 0),  # the day that Samoa left out
        ("Asia/Kolkata", date(2026, 3, 8), 24),
    ],
)
def test_days_with_clock_changes_have_their_length(tz: str, day: date, hours: int) -> None:
    start, end = day_starts(day, day + timedelta(days=1), tz)
    assert end - start == hours * 3_600_000
    assert from_ms(int(start)) == day_start(day, tz)


def test_a_day_that_starts_in_the_middle_of_a_jump_starts_with_the_jump() -> None:
    # Toronto, 1919-03-30: from 23:30 on the day before to 00:30
    assert day_start(date(1919, 3, 31), "America/Toronto") == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)


def test_far_apart_instants_are_fine_and_impossible_ones_are_refused() -> None:
    ms = np.array([to_ms(datetime(year, 5, 1, tzinfo=UTC)) for year in (30, 1066, 2026, 9000)])
    assert [date.fromordinal(o).year for o in local_days(ms, "UTC")[0]] == [30, 1066, 2026, 9000]
    with pytest.raises(BadInput, match="years 1 to 9999"):
        local_days(np.array([2**62]), "UTC")


def test_no_instants_have_no_days() -> None:
    assert local_days(np.empty(0, np.int64), "UTC")[0].size == 0
