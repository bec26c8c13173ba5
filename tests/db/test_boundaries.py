"""Do boundaries of a workspace come in whole, are wrong ones named, and does nobody else see them?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data.database import transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.settings import ROOT
from data.types import Scope
from services.maps.boundaries import (
    add,
    checked,
    flaws_said,
    get_boundaries,
    key_columns,
    list_boundaries,
    remove,
    simplified,
)
from services.maps.grouping import group_columns, group_count, grouped, grouped_said
from services.people import audit_page
from tests.support import make_scope, make_workspace

TRACTS = ROOT.parent / "shared/data/geo/city_analysis_neighbor.geojson.gz"
BOW_TIE = [[2, 0], [3, 1], [3, 0], [2, 1], [2, 0]]


def square(x: float, y: float) -> list[list[float]]:
    """Counter-clockwise, of one degree."""
    return [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]


def file_of(folder: Path, *rings: list[list[float]]) -> Path:
    names = [f"Ward {n}" for n in range(1, len(rings) + 1)]
    features: list[dict[str, Any]] = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
         "properties": {"ward": name, "people": 1000 * n, "city": "Riverton", "number": n}}
        for n, (name, ring) in enumerate(zip(names, rings, strict=True), 1)
    ]  # fmt: skip
    path = folder / "wards.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def scope(database: str) -> Scope:
    return make_scope(make_workspace())


def test_a_file_becomes_boundaries_that_can_be_read_replaced_and_removed(scope: Scope, tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, square(0, 0), square(1, 0)))
    assert (found.keys, found.flaws) == (("ward", "people", "number"), ())
    kept = add(scope, found, "wards", "ward")
    assert (kept.size, kept.repaired, kept.amounts) == (2, 0, ("number", "people"))
    read = get_boundaries(scope, "wards")
    assert read.keys == ("Ward 1", "Ward 2") and read.amounts["people"] == (1000.0, 2000.0)
    assert shapely.from_geojson(read.exact[1]).equals(shapely.Polygon(square(1, 0)))
    counted = tmp_path / "wards.geojson"
    counted.write_text(counted.read_text().replace("2000", "2500"))
    anew = add(scope, checked(counted), "wards", "ward")
    assert anew.fingerprint != kept.fingerprint, "what is remembered of the old amounts is not shown with the new ones"
    again = add(scope, checked(file_of(tmp_path, square(0, 0))), "wards", "number")
    assert again.size == 1 and again.fingerprint != kept.fingerprint and get_boundaries(scope, "wards").keys == ("1",)
    remove(scope, "wards")
    assert list_boundaries(scope) == []
    with pytest.raises(UnknownName):
        remove(scope, "wards")
    now = datetime.now(UTC)
    done = [row.action for row in audit_page(scope, now - timedelta(hours=1), now + timedelta(hours=1))]
    assert done == ["boundaries_removed", *["boundaries_added"] * 3]


def test_a_boundary_that_crosses_itself_is_named_and_taken_only_when_repaired(scope: Scope, tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, square(0, 0), BOW_TIE))
    with pytest.raises(BadInput, match=r"wards.geojson, feature 2: found a self-intersection.*\n.*repaired form"):
        add(scope, found, "wards", "ward")
    assert list_boundaries(scope) == []
    assert add(scope, found, "wards", "ward", repair=True).repaired == 1
    assert all(shapely.is_valid(shapely.from_geojson(text)) for text in get_boundaries(scope, "wards").exact)


def test_the_wrong_order_of_points_is_said_and_put_right(scope: Scope, tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, square(0, 0)[::-1]))
    assert [("wrong way round" in flaw.reason, flaw.serious) for flaw in found.flaws] == [(True, False)]
    add(scope, found, "wards", "ward")
    assert shapely.from_geojson(get_boundaries(scope, "wards").exact[0]).exterior.is_ccw


@pytest.mark.parametrize(
    ("name", "key", "error", "words"),
    [
        ("Wards!", "ward", BadInput, "lower-case"),
        ("wards", "city", BadInput, "'Riverton' again"),
        ("wards", "wrad", UnknownName, "Did you mean `ward`"),
    ],
)
def test_what_cannot_be_kept_is_said(
    scope: Scope, tmp_path: Path, name: str, key: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        add(scope, checked(file_of(tmp_path, square(0, 0), square(1, 0))), name, key)


def test_neither_a_viewer_may_change_nor_a_neighbour_or_stranger_see_them(scope: Scope, tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, square(0, 0)))
    add(scope, found, "wards", "ward")
    viewer = make_scope(scope.workspace, role="viewer")
    assert [one.name for one in list_boundaries(viewer)] == ["wards"]
    with pytest.raises(NotAllowed):
        remove(viewer, "wards")
    with pytest.raises(NotAllowed):
        add(viewer, found, "mine", "ward")
    stranger = Scope(None, "stranger", "administrator", scope.workspace, ())
    for other in (make_scope(make_workspace()), stranger):
        assert list_boundaries(other) == []
        with pytest.raises(UnknownName):
            get_boundaries(other, "wards")
        with transaction(other) as tx:
            assert tx.execute("DELETE FROM belvedere.boundaries").rowcount == 0


def test_neighbours_keep_a_common_border_when_drawn_with_fewer_points() -> None:
    y = np.linspace(0, 1, 3001)
    border = np.column_stack([1 + np.sin(y * 40) / 30, y])
    west = shapely.Polygon([[0, 0], *border.tolist(), [0, 1]])
    east = shapely.Polygon([[2, 0], *border.tolist(), [2, 1]])
    one, two = simplified(np.array([west, east]), 600)
    assert shapely.get_num_coordinates([one, two]).sum() <= 600
    assert one.intersection(two).area < 1e-9 and abs(one.union(two).area - 2) < 1e-6


def test_many_flaws_of_one_kind_are_one_sentence_and_sizes_are_no_names(tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, *(square(n, 0)[::-1] for n in range(3)), BOW_TIE))
    said = flaws_said(found)
    assert len(said) == 2 and "self-intersection" in said[0]
    assert said[1].startswith("3 of 4 areas have a ring that runs the wrong way round")
    columns = {"size": ["3326589.16", "12.5", "8.25"], "code": ["016400", "016401", "016402"], "name": ["A", "B", "C"]}
    areas = replace(found.areas, geometries=found.areas.geometries[:3], columns=columns)
    assert key_columns(areas) == ("name", "code", "size")


def tracts(folder: Path, names: list[str | None]) -> Path:
    """A row of squares, each with people and the neighbourhood it belongs to."""
    features: list[dict[str, Any]] = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [square(n, 0)]},
         "properties": {"tract": f"T{n}", "hood": name, "people": 100 * (n + 1), "city": "Riverton", "floor": n % 2}}
        for n, name in enumerate(names)
    ]  # fmt: skip
    path = folder / "tracts.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_areas_of_one_name_become_one_with_the_sums_that_are_wanted(scope: Scope, tmp_path: Path) -> None:
    found = checked(tracts(tmp_path, ["Bay", "Bay ", "Hill", "Bay", None]))
    assert group_columns(found.areas) == ("hood",) and group_count(found.areas, "hood") == 2
    made = grouped(found, "hood", ["people"])
    assert grouped_said(found, made).replace("\u00a0", " ") == (
        "4 areas became 2 by hood. 1 area without a name is left out."
    )
    kept = add(scope, made, "hoods", "hood")
    assert (kept.size, kept.key_column, kept.amounts) == (2, "hood", ("people",)) and "5" in kept.source
    read = get_boundaries(scope, "hoods")
    assert read.keys == ("Bay", "Hill") and read.amounts["people"] == (700.0, 300.0)
    bay = shapely.from_geojson(read.exact[0])
    assert bay.equals(shapely.box(0, 0, 2, 1) | shapely.box(3, 0, 4, 1)) and bay.geom_type == "MultiPolygon"
    with pytest.raises(BadInput, match="cannot be added"):
        grouped(found, "hood", ["tract"])
    with pytest.raises(UnknownName, match="Did you mean `hood`"):
        grouped(found, "hod")


def test_a_flawed_part_of_a_larger_area_needs_its_repaired_form(scope: Scope, tmp_path: Path) -> None:
    found = checked(file_of(tmp_path, square(0, 0), BOW_TIE))
    made = grouped(found, "city")
    with pytest.raises(BadInput, match="feature 2: found a self-intersection"):
        add(scope, made, "city", "city")
    assert add(scope, made, "city", "city", repair=True).size == 1
    assert shapely.from_geojson(get_boundaries(scope, "city").exact[0]).area == pytest.approx(1.5)


@pytest.mark.skipif(not TRACTS.exists(), reason="the shared data is not here")
def test_the_tracts_of_san_francisco_become_its_neighbourhoods() -> None:
    found = checked(TRACTS)
    assert group_columns(found.areas) == ("nhood",)
    made = grouped(found, "nhood")
    assert grouped_said(found, made).replace("\u00a0", " ") == "195 areas became 41 by nhood."
    assert (
        set(made.areas.columns["nhood"]) == set(found.areas.column("nhood"))
        and shapely.is_valid(made.areas.geometries).all()
    )
    assert shapely.area(made.areas.geometries).sum() == pytest.approx(shapely.area(found.areas.geometries).sum())
    assert not shapely.get_num_interior_rings(shapely.get_parts(made.areas.geometries)).any(), "no slivers are left"
