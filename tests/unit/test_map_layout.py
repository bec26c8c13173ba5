"""Are colours, boxes and legends of a map what numbers and degrees say?"""

from __future__ import annotations

import math

import h3
import pytest

from data.errors import BadInput
from services.maps.choices import SIZES, box_around, box_of, box_text, moved, resolution_of, zoomed
from services.maps.colours import CLASSES, diverging, findings, sequential
from services.maps.labels import Label
from services.maps.layout import camera, ruler, with_room
from services.maps.places import hexagons_filter


def test_sizes_of_hexagons_are_told_as_wide_as_they_are() -> None:
    for size, title in SIZES.items():
        if size != "auto":
            told, unit, _ = title.split()
            km = float(told) / (1000 if unit == "m" else 1)
            # from one side to the one across is the edge times the square root of three
            assert km == pytest.approx(math.sqrt(3) * h3.average_hexagon_edge_length(int(size), unit="km"), rel=0.02)


def text(value: float) -> str:
    return f"{value:g}"


def test_classes_hold_equally_many_numbers_and_do_not_overlap() -> None:
    scale = sequential(range(1, 71), "quantiles", False, text, is_whole=True)
    assert [step.text for step in scale.steps] == [
        "1 to 9", "10 to 19", "20 to 29", "30 to 39", "40 to 49", "50 to 59", "60 to 70",
    ]  # fmt: skip
    assert [scale.place(n) for n in (1, 9, 10, 59, 60, 70, 1000)] == [0, 0, 1, 5, 6, 6, 6]


def test_even_steps_are_even_and_dark_colours_are_others() -> None:
    scale = sequential([0.0, 7.0], "even", True, text)
    assert [(step.low, step.high) for step in scale.steps] == [(float(i), float(i + 1)) for i in range(7)]
    assert scale.colour(6.5) == (211, 227, 225) != sequential([0.0, 7.0], "even", False, text).colour(6.5)


def test_few_numbers_have_few_colours() -> None:
    assert [step.text for step in sequential([3, 3, 3], "quantiles", False, text).steps] == ["3"]
    assert [step.text for step in sequential([1, 2], "quantiles", False, text, is_whole=True).steps] == ["1", "2"]
    ones = [1] * 90 + [2] * 5 + [3, 4, 5, 6, 7, 8, 9, 12]
    told = [step.text for step in sequential(ones, "quantiles", False, text, is_whole=True).steps]
    assert told[0] == "1" and len(told) >= 5 and told[-1].endswith("12")
    assert sequential([], "even", False, text).steps == ()


def test_changes_have_as_many_steps_below_zero_as_above() -> None:
    scale = diverging([-10.0, 4.0, 10.0, 0.0], False, text)
    assert len(scale.steps) == CLASSES
    assert scale.steps[0].low == -scale.steps[-1].high
    assert scale.place(0.0) == CLASSES // 2
    assert scale.place(-10.0) == 0 and scale.place(10.0) == CLASSES - 1
    assert diverging([0.0, 0.0], False, text).steps == ()


def test_hot_and_cold_have_colours_of_their_own() -> None:
    assert len({colour for colour, _ in findings(False)} | {colour for colour, _ in findings(True)}) == 10


def test_an_address_holds_a_box_or_none() -> None:
    box = (-87.8, 41.6, -87.5, 42.0)
    assert box_of(box_text(box)) == box
    assert [box_of(t) for t in ("", "1,2,3", "a,b,c,d", "5,1,4,2", "-190,0,0,1", "0,0,1,91", "nan,0,1,1")] == [None] * 7


def test_looking_closer_keeps_the_middle_and_moving_keeps_the_size() -> None:
    assert zoomed((0.0, 10.0, 4.0, 12.0), 0.5) == (1.0, 10.5, 3.0, 11.5)
    assert moved((0.0, 10.0, 4.0, 12.0), 0.5, -0.5) == (2.0, 9.0, 6.0, 11.0)
    assert zoomed((-170.0, -80.0, 170.0, 80.0), 2.0) == (-180.0, -85.0, 180.0, 85.0)


def test_a_box_around_places_has_a_margin_and_stays_on_the_map() -> None:
    assert box_around([(0, 0), (10, 20), (4, 4)], 0.1) == (-1, -2, 11, 22)
    assert box_around([(5, 6)], 0.5, 0.02) == pytest.approx((4.99, 5.99, 5.01, 6.01))
    assert box_around([(-179, -80), (179, 84)], 0.1) == box_around([], 0.1) == (-180, -85, 180, 85)


def test_the_camera_sees_the_whole_box() -> None:
    look = camera((-180.0, -85.0, 180.0, 85.0), 512, 512)
    assert look.zoom == pytest.approx(0.0, abs=0.01) and (look.lon, round(look.lat, 6)) == (0.0, 0.0)
    city = camera((-87.8, 41.6, -87.5, 42.0), 860, 620)
    pixels_a_degree = 512 * 2**city.zoom / 360
    assert 0.3 * pixels_a_degree <= 860
    assert 0.4 * pixels_a_degree / math.cos(math.radians(41.8)) <= 625
    assert 41.79 < city.lat < 41.81


def test_the_ruler_is_as_long_as_it_says() -> None:
    found = ruler((9.0, 48.0, 9.4, 48.3))
    assert found.text == "5 km"
    assert (found.east - found.west) * 111.32 * math.cos(math.radians(found.lat)) == pytest.approx(5.0)


def test_sizes_and_picked_hexagons_are_checked() -> None:
    assert (resolution_of("8"), resolution_of("auto"), resolution_of("13"), resolution_of("x")) == (8, None, None, None)
    assert hexagons_filter(["89283082803ffff"]).dimension == "cell:9"
    for picked in (["89283082803ffff", "88283082a1fffff"], ["nowhere"], []):
        with pytest.raises(BadInput, match="hex"):
            hexagons_filter(picked)


def test_labels_that_run_into_each_other_or_over_the_edge_are_left_out() -> None:
    box = (-87.7, 41.8, -87.6, 41.9)
    first, beside, below, edge = (
        Label(name, lon, lat)
        for name, lon, lat in (
            ("FIRST", -87.65, 41.85), ("BESIDE IT", -87.648, 41.851), ("BELOW", -87.65, 41.83), ("EDGE", -87.7, 41.86),
        )
    )  # fmt: skip
    assert with_room((first, beside, below, edge), box, 400, 600) == (first, below)
    assert with_room((beside, first), box, 400, 600) == (beside,)
