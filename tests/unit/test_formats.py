"""Are numbers, changes, ages and ranges written as people read them?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.formats import (
    age,
    bucket,
    change,
    compact,
    days_text,
    file_size,
    hours,
    inside,
    moment,
    number,
    plural,
    signed,
    span,
)  # fmt: skip


def plain(text: str) -> str:
    """With ordinary spaces, so that the expected texts can be read."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0 s"), (12 / 3600, "12 s"), (59.9 / 60, "1 h"), (35 / 60, "35 min"), (3, "3 h"), (3.5, "3 h 30 min"),
     (47.99, "47 h 59 min"), (48, "2 d"), (52, "2 d 4 h"), (24 * 30, "30 d"), (24 * 1615, "1 615 d"), (-2, "−2 h")],
)  # fmt: skip
def test_durations_are_told_in_their_two_largest_parts(value: float, expected: str) -> None:
    assert plain(hours(value)) == expected


@pytest.mark.parametrize(
    ("value", "form", "unit", "expected"),
    [(1234567, "integer", "complaints", "1 234 567 complaints"), (0.8743, "percent", "%", "87.4 %"),
     (52, "duration", "hours", "2 d 4 h"), (3.14159, "decimal", "points", "3.1 points"),
     (1234.5, "money", "EUR", "EUR 1 234.5"),
     (-1234.5, "money", "dollars", "−$1 234.5"), (2.5, "money", "euros per person", "€2.5 per person"),
     (None, "integer", "complaints", "–"), (-0.0001, "decimal", "", "0.0")],
)  # fmt: skip
def test_a_number_is_written_as_its_format_says(value: float | None, form: str, unit: str, expected: str) -> None:
    assert plain(number(value, form, unit)) == expected  # type: ignore[arg-type]  # a literal of the table above


@pytest.mark.parametrize(
    ("value", "expected"),
    [(999, "999"), (9_999, "9 999"), (12_345, "12.3 k"), (1_234_567, "1.23 M"), (7.8e9, "7.80 bn")],
)
def test_long_numbers_are_shortened(value: float, expected: str) -> None:
    assert plain(compact(value)) == expected


def test_a_title_inside_a_sentence_keeps_its_abbreviations() -> None:
    assert [inside(t) for t in ("Sensor readings", "CRM synchronisations", "")] == [
        "sensor readings", "CRM synchronisations", "",
    ]  # fmt: skip


def test_tiles_shorten_from_a_million_on_and_leave_the_unit_out() -> None:
    assert plain(number(999_999, "integer", "rows", short=True)) == "999 999"
    assert plain(number(1_500_000, "integer", "rows", short=True)) == "1.50 M"


@pytest.mark.parametrize(
    ("now", "before", "form", "better", "expected"),
    [
        (110, 100, "integer", "higher", ("+10 %", "up", "good")),
        (110, 100, "integer", "lower", ("+10 %", "up", "bad")),
        (90, 100, "integer", "neither", ("−10 %", "down", "neutral")),
        (102, 100, "integer", "lower", ("+2.0 %", "up", "bad")),
        (0.30, 0.25, "percent", "higher", ("+5.0 pt", "up", "good")),
        (5, 5, "integer", "higher", ("no change", "flat", "neutral")),
        (0, 0, "integer", "higher", ("no change", "flat", "neutral")),
        (1200, 100, "integer", "higher", ("12 ×", "up", "good")),
    ],
)
def test_a_change_says_how_much_which_way_and_whether_that_is_good(
    now: float, before: float, form: str, better: str, expected: tuple[str, str, str]
) -> None:
    found = change(now, before, form, better)  # type: ignore[arg-type]  # literals of the table above
    assert found is not None and (plain(found.text), found.direction, found.tone) == expected


def test_there_is_no_change_from_nothing() -> None:
    assert change(5, 0, "integer", "higher") is None
    assert change(5, None, "integer", "higher") is None
    assert change(None, 5, "integer", "higher") is None


def test_a_moment_shows_as_much_of_the_date_as_is_needed() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert moment(datetime(2026, 11, 21, 4, 5, tzinfo=UTC), "America/New_York", now) == "20 Nov 23:05"
    assert moment(datetime(2026, 11, 21, 11, 5, tzinfo=UTC), "America/New_York", now) == "06:05"
    assert moment(datetime(2014, 3, 1, 12, tzinfo=UTC), "UTC", now) == "1 Mar 2014 12:00"


def test_a_range_is_told_with_its_last_day_included() -> None:
    assert days_text(date(2014, 6, 1), date(2014, 6, 30)) == "1 – 30 Jun 2014"
    assert days_text(date(2014, 6, 1), date(2015, 6, 1)) == "1 Jun 2014 – 1 Jun 2015"
    assert days_text(date(2014, 6, 1), date(2014, 6, 1)) == "1 Jun 2014"
    midnight = datetime(2014, 6, 1, 4, tzinfo=UTC)
    assert span(midnight, datetime(2014, 6, 2, 4, tzinfo=UTC), "America/New_York") == "1 Jun 2014"
    assert span(midnight, datetime(2014, 6, 1, 5, tzinfo=UTC), "America/New_York") == "1 Jun 2014 00:00 – 01:00"


@pytest.mark.parametrize(
    ("grain", "expected"),
    [("hour", "Sun 1 Jun 2014 00:00"), ("day", "Sun 1 Jun 2014"), ("week", "Week of 1 Jun 2014"),
     ("month", "June 2014"), ("quarter", "Quarter 2 of 2014"), ("year", "2014")],
)  # fmt: skip
def test_a_bucket_is_named_by_its_grain(grain: str, expected: str) -> None:
    assert bucket("2014-06-01T00:00:00-04:00", grain) == expected  # type: ignore[arg-type]  # a literal of the table


def test_ages_end_in_years() -> None:
    assert plain(age(200)) == "3 min" and plain(age(-5)) == "0 s" and plain(age(4 * 365.25 * 86_400)) == "4 years"


@pytest.mark.parametrize(
    ("size", "expected"), [(812, "812 B"), (4_343_386, "4.3 MB"), (190_000, "190 kB"), (30_000_000_000, "30.0 GB")]
)
def test_file_sizes_have_the_unit_of_their_size(size: int, expected: str) -> None:
    assert plain(file_size(size)) == expected


def test_one_is_not_plural() -> None:
    assert (plain(plural(1, "row")), plain(plural(1200, "row")), plain(plural(2, "person", "people"))) == (
        "1 row", "1 200 rows", "2 people",
    )  # fmt: skip


def test_differences_have_a_sign_but_nothing_has_none() -> None:
    found = [plain(signed(value, 2)) for value in (1.5, -0.204, 0.0, 0.004, -0.004, 12345.678)]
    assert found == ["+1.50", "−0.20", "0.00", "0.00", "0.00", "+12 345.68"]
