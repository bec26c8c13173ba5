"""Does the address of the Live page say which rows are meant, and back again?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from data.types import Filter, TimeRange
from services.live.choices import (
    COMPARES,
    MISSING,
    RANGES,
    compare_of,
    days_before,
    filters_of,
    grain_of,
    parameter_of,
    range_of,
    toggled,
)  # fmt: skip

NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.mark.parametrize("slug", [s for s in RANGES if s not in ("custom", "month")])
def test_every_range_reaches_to_now_and_is_as_long_as_it_says(slug: str) -> None:
    found = range_of(slug, None, ZONE, NOW)
    assert found.from_at < NOW <= found.to_at
    days = {"15m": 1 / 96, "1h": 1 / 24, "6h": 0.25, "24h": 1, "today": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365}
    assert abs((found.to_at - found.from_at) / timedelta(days=1) - days[slug]) < 0.05, "an hour for summer time"


def test_the_chosen_days_are_both_included_in_the_zone_of_the_workspace() -> None:
    found = range_of("custom", (date(2014, 3, 8), date(2014, 3, 9)), ZONE, NOW)
    assert found.from_at == datetime(2014, 3, 8, 5, tzinfo=UTC)
    assert found.to_at == datetime(2014, 3, 10, 4, tzinfo=UTC), "the second day has 23 hours"


def test_days_in_the_wrong_order_mean_the_same() -> None:
    days = (date(2014, 3, 1), date(2014, 3, 9))
    assert range_of("custom", days, ZONE, NOW) == range_of("custom", days[::-1], ZONE, NOW)


@pytest.mark.parametrize("slug", ["", "8d", "custom", "drop table"])
def test_what_is_no_range_is_the_default(slug: str) -> None:
    assert range_of(slug, None, ZONE, NOW) == range_of("7d", None, ZONE, NOW)


def test_every_comparison_has_a_meaning() -> None:
    assert {slug: compare_of(slug) for slug in COMPARES} == {
        "previous": "previous", "weekday": "weekday", "year": "year", "none": None,
    }  # fmt: skip
    assert compare_of("nonsense") == "previous"


@pytest.mark.parametrize(
    ("length", "grain"),
    [(timedelta(hours=1), "minute"), (timedelta(days=1), "hour"), (timedelta(days=30), "day"),
     (timedelta(days=365), "week"), (timedelta(days=3650), "month"), (timedelta(days=20_000), "year")],
)  # fmt: skip
def test_a_chart_never_has_more_buckets_than_it_has_room_for(length: timedelta, grain: str) -> None:
    assert grain_of(TimeRange(NOW - length, NOW)) == grain


def test_filters_survive_the_address() -> None:
    where = (Filter("category", "in", ("Noise & more", None)), Filter("district", "not_in", ("A",)))
    assert filters_of(dict(parameter_of(f) for f in where)) == where
    assert filters_of({"range": ["7d"], "f.category": [""], "metric": ["x"]}) == ()


def test_a_click_picks_a_value_and_a_second_click_lets_it_go() -> None:
    other = Filter("district", "in", ("A",))
    once = toggled((other,), "category", "Noise")
    assert once == (other, Filter("category", "in", ("Noise",)))
    both = toggled(once, "category", None)
    assert both[-1].values == ("Noise", None) and parameter_of(both[-1]) == ("f.category", ["Noise", MISSING])
    assert toggled(toggled(both, "category", None), "category", "Noise") == (other,)


def test_the_newest_days_end_with_the_day_of_the_newest_row() -> None:
    assert days_before(datetime(2025, 1, 10, 3, tzinfo=UTC), ZONE, 3) == (date(2025, 1, 7), date(2025, 1, 9))
