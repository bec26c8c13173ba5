"""Are tables sorted by their numbers, however these are written?"""

from __future__ import annotations

import math

import pytest

from data.model import Format
from services.formats import compact, grouped, hours, number
from services.maps.pictures import probability
from services.maps.sorting import sort_values, value_of


@pytest.mark.parametrize("value", [0, 7, 98, 1234, -1234, 12_345_678, 0.5, -3.25])
def test_a_number_is_read_as_it_was_written(value: float) -> None:
    assert value_of(grouped(value, 2)) == value
    assert value_of(f"+{grouped(abs(value), 2)}") == abs(value)


@pytest.mark.parametrize(
    ("form", "unit"), [("decimal", "litres a second"), ("money", "dollars"), ("percent", ""), ("decimal", "°C")]
)
def test_units_do_not_matter(form: Format, unit: str) -> None:
    for value in (0.25, 1234.5, -8.0):
        assert value_of(number(value, form, unit, 2)) == pytest.approx(value)


@pytest.mark.parametrize("value", [10 / 3600, 0.5, 3.5, 52.0, 24 * 1615, -2.0])
def test_durations_are_read_in_hours(value: float) -> None:
    assert value_of(hours(value)) == pytest.approx(value)


def test_columns_sort_by_size_and_not_by_letters() -> None:
    texts = [compact(98), compact(1_234), compact(12_345_678), "–", grouped(-2)]
    values = sort_values(texts)
    assert values is not None and math.isnan(values[3])
    assert sorted([v for v in values if v == v]) == pytest.approx([-2, 98, 1234, 12_300_000], rel=0.01)
    tiny = sort_values([probability(0.0001), probability(0.001), probability(0.02)])
    assert tiny is not None and tiny == sorted(tiny) and len(set(tiny)) == 3


@pytest.mark.parametrize("words", ["North", "survives 9 of 12 grids", "Ward 4", "hot"])
def test_a_column_with_words_stays_one_of_words(words: str) -> None:
    assert value_of(words) is None and sort_values([words, "12"]) is None


def test_a_column_of_nothing_is_no_column_of_numbers() -> None:
    assert sort_values(["", "–"]) is None and sort_values([]) is None


def test_numbers_of_two_units_are_not_taken_for_each_other() -> None:
    assert sort_values(["5.0 bar", "20.0 l/s", "5.0 l/s"]) is None
    assert sort_values(["5.0 bar", "20.0 bar", "5.0 bar", "–", ""]) is not None
