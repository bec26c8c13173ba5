"""Does what somebody draws become the area they meant, and do browsers get what they need to draw, or say how to?"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
import shapely

from components import leaflets
from data.engine.hexagons import area_of
from data.errors import BadInput
from services.maps import areas, leaflet
from services.maps.areas import Selected, drawn_rings, drawn_text, drawn_texts
from services.maps.choices import Box
from services.maps.hexes import Coverage, HexMap
from services.maps.labels import Label
from services.maps.pictures import Painted, Picture, Swatch
from services.maps.sketch import sketch
from services.web.policy import DRAWING_SCRIPT, dashboard_policy, hash_source

BOX = (-87.7, 41.8, -87.6, 41.9)
TRIANGLE = [[-87.7, 41.8], [-87.6, 41.8], [-87.65, 41.9], [-87.7, 41.8]]


def feature(corners: list[list[float]], kind: str = "Polygon") -> dict[str, Any]:
    """What Leaflet hands out of a drawing."""
    return {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": [corners]}}


def rectangle(box: Box) -> list[list[float]]:
    west, south, east, north = box
    return [[west, south], [west, north], [east, north], [east, south], [west, south]]


def test_a_rectangle_is_its_box_and_any_other_shape_its_corners() -> None:
    assert drawn_texts([feature(rectangle(BOX)), feature(TRIANGLE)]) == [
        "-87.7,41.8,-87.6,41.9",
        "poly:-87.70000 41.80000,-87.60000 41.80000,-87.65000 41.90000",
    ]


def test_a_tilted_square_is_not_taken_for_its_box() -> None:
    assert drawn_text(feature([[0, 1], [1, 0], [0, -1], [-1, 0], [0, 1]])["geometry"]).startswith("poly:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("poly:0 0,1 1", "found 2 corners; expected 3 to 500"),
        ("poly:0 0,200 1,1 0", "found the corner 200 1; expected longitude and latitude in degrees"),
        ("poly:0 0,1 1,1 0,0 1", "found a line that crosses itself"),
        ("poly:0 0,one 1", "expected `west,south,east,north`"),
    ],
)
def test_an_area_that_cannot_be_says_what_was_found(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=f"Field `area`: .*{said}"):
        areas.polygon_of(text)


def test_the_same_shape_twice_counts_once_and_a_point_is_no_area() -> None:
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    assert drawn_texts([feature(TRIANGLE), feature(TRIANGLE), point]) == [drawn_text(feature(TRIANGLE)["geometry"])]
    assert drawn_texts([]) == []


def test_what_was_drawn_comes_back_as_it_was_and_makes_the_same_address() -> None:
    texts = drawn_texts([feature(rectangle(BOX)), feature(TRIANGLE)])
    box, ring = drawn_rings([*texts, "wards:12", "poly:0 0,1 1,1 0,0 1"])
    assert box == [(41.8, -87.7), (41.9, -87.6)]
    corners = [[lon, lat] for lat, lon in ring]
    assert drawn_texts([feature(rectangle(BOX)), feature([*corners, corners[0]])]) == texts


def test_several_drawings_are_one_area_without_counting_twice_where_they_overlap() -> None:
    both = areas.selected(None, ["0,0,2,1", "1,0,3,1"])  # type: ignore[arg-type] -- boxes ask nothing of the database
    assert both is not None and both.title == "2\xa0drawn areas" and both.is_drawn
    assert shapely.from_geojson(both.within).area == pytest.approx(3.0) and both.box == (0, 0, 3, 1)
    apart = areas.selected(None, ["0,0,1,1", "poly:5 5,6 5,6 6"])  # type: ignore[arg-type]
    assert apart is not None and shapely.from_geojson(apart.within).area == pytest.approx(1.5)
    assert apart.texts == ("0,0,1,1", "poly:5 5,6 5,6 6")


def drawn_on(area: Selected | None, picked: tuple[str, ...] = ()) -> dict[str, Any]:
    cell = h3.latlng_to_cell(41.85, -87.65, 8)
    shown = HexMap(None, 8, BOX, (), Coverage(1, 0, 0), "", 0.0)  # type: ignore[arg-type] -- its metric is not drawn
    picture = Picture("Cases", (Swatch((1, 2, 3), "1"),), (Painted(cell, 0, "Cases: 1"),), "", (), ())
    return sketch(shown, picture, [Label("North", -87.6, 41.9)], (), area, picked)


def test_hexagons_lie_in_the_browser_where_they_lie_on_earth() -> None:
    found = drawn_on(None)
    east, north = found["cells"][0][0::2], found["cells"][0][1::2]
    corners = [(BOX[1] + n / found["units"], BOX[0] + e / found["units"]) for e, n in zip(east, north, strict=True)]
    assert corners == [pytest.approx(c, abs=1e-5) for c in h3.cell_to_boundary(h3.latlng_to_cell(41.85, -87.65, 8))]
    assert found["names"] == [[10_000, 10_000, "North"]] and found["shapes"] == [] and found["area"] == []


def test_a_drawing_can_be_changed_and_a_boundary_is_only_outlined() -> None:
    drawn = areas.selected(None, ["-87.7,41.8,-87.6,41.9"])  # type: ignore[arg-type]
    assert drawn_on(drawn)["shapes"] == [[(41.8, -87.7), (41.9, -87.6)]] and drawn_on(drawn)["area"] == []
    outline = json.dumps({"type": "MultiPolygon", "coordinates": [[TRIANGLE], [TRIANGLE]]})
    ward = Selected("wards:1", "1", outline, BOX, outline)
    assert drawn_on(ward)["shapes"] == [] and drawn_on(ward)["area"] == [[0, 0, 10_000, 0, 5_000, 10_000, 0, 0]] * 2


def test_the_script_of_the_map_is_the_one_that_browsers_may_run_whatever_is_shown() -> None:
    hostile = {"names": [[0, 0, "</script><script>alert(1)</script>"]]}
    scripts = {leaflets.script_of(leaflets.drawing_map(data)) for data in ({}, hostile)}
    assert {hash_source(script) for script in scripts} == {DRAWING_SCRIPT}
    assert DRAWING_SCRIPT in dashboard_policy() and "'unsafe-inline'" not in dashboard_policy().split("style-src")[0]


def test_data_cannot_end_the_element_that_holds_it_and_comes_back_as_it_was() -> None:
    said = "</script><script>alert(1)</script> {{ 7 * 7 }} & ç"
    found = leaflets.drawing_map({"names": [said]})
    found.get_root().render()
    html = found.get_root().html.render()
    assert html.count("<script") == html.count("</script>") == 1
    assert json.loads(html.partition('id="drawing">')[2].partition("</script>")[0]) == {"names": [said]}


def test_no_file_of_the_map_comes_from_elsewhere() -> None:
    found = leaflets.drawing_map({})
    links = [path for element in (found, *found._children.values()) for kind in ("default_js", "default_css")
             for _, path in getattr(element, kind, [])]  # fmt: skip
    assert links and all(path.startswith("../components.leaflets.leaflet/") for path in links)
    wanted = {path.partition("/vendor/leaflet/")[2] for path in links} - {""}
    assert wanted <= set(leaflet.FILES)


def packed(room: Path, names: tuple[str, ...] = leaflet.FILES) -> str:
    """A package as the registry has it, with these files."""
    with zipfile.ZipFile(room / "django_leaflet-1-py3-none-any.whl", "w") as made:
        for name in names:
            made.writestr(f"leaflet/static/leaflet/{name}", name)
    return ""


def test_the_files_are_taken_out_of_their_package_once(tmp_path: Path) -> None:
    folder = tmp_path / "vendor" / "leaflet"
    assert leaflet.bring(folder, packed) == "" and leaflet.is_here(folder)
    assert {path.name for path in folder.parent.iterdir()} == {"leaflet"}
    assert (folder / "draw/leaflet.draw.js").read_text() == "draw/leaflet.draw.js"
    assert leaflet.bring(folder, lambda _: "never asked") == ""


@pytest.mark.parametrize(
    ("download", "said"),
    [
        (lambda _: "No matching distribution", "No matching distribution"),
        (lambda _: "", "found 0 packages"),
        (lambda room: packed(room, ("leaflet.js",)), "not the expected package"),
    ],
)
def test_what_could_not_be_brought_is_said_and_leaves_nothing_behind(tmp_path: Path, download: Any, said: str) -> None:
    folder = tmp_path / "vendor" / "leaflet"
    assert said in leaflet.bring(folder, download)
    assert not leaflet.is_here(folder) and list(folder.parent.iterdir()) == []


def test_a_start_without_a_connection_says_how_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(leaflet, "FOLDER", tmp_path / "leaflet")
    assert leaflet.main(lambda _: "no connection") == 1
    assert "make draw" in capsys.readouterr().err
    assert leaflet.main(packed) == 0 and leaflet.main(lambda _: "never asked") == 0


def test_areas_that_do_not_overlap_have_nothing_in_common() -> None:
    one, other, far = "[-1, -1, 1, 1]", "[0, 0, 2, 2]", "[10, 10, 11, 11]"
    both = areas.inside_both(one, other)
    lat, lon = np.array([0.5, -0.5, 1.5, 10.5, -90.0]), np.array([0.5, -0.5, 1.5, 10.5, 0.0])
    assert area_of(both).holds(lat, lon).tolist() == [True, False, False, False, False]
    assert area_of(areas.inside_both(one, far)).holds(lat[:4], lon[:4]).tolist() == [False] * 4
