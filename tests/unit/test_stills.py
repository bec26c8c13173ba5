"""Is the drawing that stands in for a map until it is ready where the map is, in the same colours?"""

from __future__ import annotations

import math
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import h3
import pydeck
import pytest

from components import sights
from services.maps import stills
from services.maps.layout import TILE, Camera
from services.maps.stills import Pen

LOOK = Camera(-87.6, 41.9, 11.0)
PEN = Pen("rgb(1 2 3)", "rgb(4 5 6)", 2)


def place(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a pixel, by the inverse of Web Mercator."""
    size = TILE * 2**LOOK.zoom
    north = math.asinh(math.tan(math.radians(LOOK.lat))) - y * 2 * math.pi / size
    return LOOK.lon + x * 360 / size, math.degrees(math.atan(math.sinh(north)))


def corners(drawn: str) -> list[list[tuple[float, float]]]:
    """The corners of each ring or line of a path, in pixels."""
    (path,) = ElementTree.fromstring(f"<svg>{drawn}</svg>")
    scale = float(re.findall(r"scale\((.*)\)", path.get("transform", ""))[0])
    found = []
    for start, steps in re.findall(r"M(\S+ \S+?)l([^Mz]*)", path.get("d", "")):
        at = [float(part) * scale for part in start.split()]
        ring = [(at[0], at[1])]
        numbers = [float(part) * scale for part in steps.split()]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            ring.append((ring[-1][0] + dx, ring[-1][1] + dy))
        found.append(ring)
    return found


def test_shapes_stand_where_web_mercator_puts_them() -> None:
    wanted = [(-100, -50), (200, -50), (200, 80)]
    ring = [place(*pixel) for pixel in wanted]
    (found,) = corners(stills.areas([ring], LOOK, PEN))
    assert found == [pytest.approx(pixel, abs=0.25) for pixel in wanted]
    (line,) = corners(stills.lines([ring], LOOK, PEN))
    assert line == found


def test_a_shape_smaller_than_a_pixel_does_not_take_the_next_ones_with_it() -> None:
    for corners_of_tiny in (3, 30):
        tiny = [place(3 + i / 1000, 3) for i in range(corners_of_tiny)]
        large = [place(0, 0), place(50, 0), place(50, 50), *[place(50 - i, 50) for i in range(corners_of_tiny)]]
        found = corners(stills.areas([tiny, large], LOOK, PEN))
        assert [(0, 0), (50, 0), (50, 50)] in [ring[:3] for ring in found] and len(found) == 2


def test_shapes_across_the_date_line_stay_in_one_piece() -> None:
    (ring,) = corners(stills.areas([[(179.9, 0), (-179.9, 0), (-179.9, 0.1)]], Camera(180, 0, 8), PEN))
    assert max(x for x, _ in ring) - min(x for x, _ in ring) == pytest.approx(0.2 / 360 * TILE * 2**8, abs=0.5)


def test_dots_are_circles_of_their_radius_with_an_edge() -> None:
    group = ElementTree.fromstring(stills.dots([place(10, 20), place(30, 40)], [5, 8], LOOK, PEN))
    drawn = [(path.get("d"), path.get("stroke"), path.get("stroke-width")) for path in group]
    assert group.get("stroke-linecap") == "round"
    assert drawn == [
        ("M10 20h0", "rgb(4 5 6)", "12"), ("M10 20h0", "rgb(1 2 3)", "8"),
        ("M30 40h0", "rgb(4 5 6)", "18"), ("M30 40h0", "rgb(1 2 3)", "14"),
    ]  # fmt: skip


def test_rings_let_one_see_through_them() -> None:
    group = ElementTree.fromstring(stills.dots([place(10, 20)], [8], LOOK, Pen("none", "grey", 3)))
    assert group.attrib == {"fill": "none", "stroke": "grey", "stroke-width": "3"}
    assert [ring.attrib for ring in group] == [{"cx": "10", "cy": "20", "r": "8"}]


def test_words_are_text_whatever_they_hold() -> None:
    group = ElementTree.fromstring(stills.words([place(5, 7)], ["<Ward> & 'co'"], LOOK, PEN, 13, 600, 10))
    assert [(text.text, text.get("x"), text.get("y")) for text in group] == [("<Ward> & 'co'", "5", "-3")]


def test_the_address_of_a_picture_holds_the_picture() -> None:
    kind, _, rest = stills.address("<g fill='#fff'>100 %</g>", 200, 100).partition(",")
    assert kind == "data:image/svg+xml" and '"' not in rest and "#" not in rest and "<" not in rest
    picture = ElementTree.fromstring(unquote(rest))
    assert picture.get("viewBox") == "-100 -50 200 100" and picture[0].text == "100 %"


def test_each_kind_of_layer_is_drawn_with_its_pen() -> None:
    cell = h3.latlng_to_cell(41.9, -87.6, 8)
    hexagons = pydeck.Layer(
        "H3HexagonLayer", [{"h": cell}], get_hexagon="h", stroked=False, get_fill_color=[10, 20, 30], opacity=1.0,
        coverage=0.5,
    )  # fmt: skip
    ((pen, rows),) = sights._by_pen(hexagons)
    assert pen == Pen("rgb(10 20 30)")
    (ring,) = corners(sights._hexagons(hexagons, rows, LOOK, pen))
    (whole,) = corners(stills.areas([[(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]], LOOK, pen))
    assert len(ring) == len(whole) == 6
    assert math.dist(ring[0], ring[3]) == pytest.approx(math.dist(whole[0], whole[3]) / 2, abs=0.5)

    rows = [{"p": [-87.6, 41.9], "c": colour} for colour in ([1, 2, 3], [4, 5, 6], [1, 2, 3])]
    dots = pydeck.Layer("ScatterplotLayer", rows, get_position="p", get_radius=5, get_fill_color="c", opacity=0.5)
    found = list(sights._by_pen(dots))
    assert [(pen.fill, len(mine)) for pen, mine in found] == [("rgb(1 2 3 / 0.73)", 2), ("rgb(4 5 6 / 0.73)", 1)]

    shape = {"type": "MultiPolygon", "coordinates": [[[place(0, 0), place(9, 0), place(9, 9)]]]}
    outline = pydeck.Layer(
        "GeoJsonLayer", [{"geometry": shape}],
        filled=False, stroked=True, get_line_color=[7, 8, 9], line_width_min_pixels=3,
    )  # fmt: skip
    ((pen, rows),) = sights._by_pen(outline)
    assert pen == Pen("none", "rgb(7 8 9)", 3)
    assert corners(sights._shapes(outline, rows, LOOK, pen)) == [[(0, 0), (9, 0), (9, 9)]]
