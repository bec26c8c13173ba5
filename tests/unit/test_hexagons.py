"""Are parents, ranges of children and areas what the h3 library and geometry say?"""

from __future__ import annotations

import h3
import numpy as np
import pytest

from data.engine.hexagons import (
    Area,
    Cells,
    Hexagons,
    area_of,
    centres,
    children_between,
    parents,
    read_index,
    resolution_of,
)
from data.errors import BadInput


def cells(n: int, seed: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = [h3.latlng_to_cell(lat, lon, 12) for lat, lon in rng.uniform([-89, -180], [89, 180], (n, 2)).tolist()]
    return np.asarray([h3.str_to_int(cell) for cell in found], np.int64)


@pytest.mark.parametrize("resolution", range(13))
def test_parents_are_those_of_the_library(resolution: int) -> None:
    some = cells(300)
    wanted = [h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), resolution)) for cell in some.tolist()]
    assert parents(some, resolution).tolist() == wanted


@pytest.mark.parametrize("resolution", [0, 5, 9, 11, 12])
def test_children_of_a_cell_and_no_others_are_in_its_range(resolution: int) -> None:
    some = cells(400, seed=8)
    mine = parents(some, resolution)
    for cell in mine[:20].tolist():
        least, most = children_between(cell)
        assert ((some >= least) & (some <= most)).tolist() == (mine == cell).tolist()


def test_codes_of_hexagons_stay_as_they_are_when_cells_are_added() -> None:
    some = cells(500)
    few, all_of = Cells(cells=some[:200]), Cells(cells=some[:200])
    before = Hexagons(few, 1)
    all_of.parents_at(1)
    all_of.cells = some
    after = Hexagons(all_of, 1)
    assert after.of_code[:201].tolist() == before.of_code.tolist()
    assert after.names(range(before.size + 1)) == before.names(range(before.size + 1))
    wanted = [None, *(h3.cell_to_parent(h3.int_to_str(cell), 1) for cell in some.tolist())]
    assert after.names(after.of_code.tolist()) == wanted
    assert len(set(after.names(range(1, after.size + 1)))) == after.size == len(set(wanted)) - 1


def test_codes_are_found_by_index_and_by_part() -> None:
    found = Hexagons(Cells(cells=cells(100)), 2)
    names = found.names(range(1, found.size + 1))
    assert found.codes([names[4] or "", "nowhere", names[0] or ""]) == [1, 5]
    assert found.matching([(names[3] or "")[:6]]) == [
        i for i, n in enumerate(names, 1) if (n or "")[:6] in (names[3] or "")
    ]


def test_what_is_inside_grows_with_the_cells() -> None:
    some = cells(400)
    known = Cells(cells=some[:150])
    area = area_of("[-30, -40, 60, 50]")
    first = known.inside(area)
    known.cells = some
    lat, lon = centres(some)
    inside = (lon >= -30) & (lon <= 60) & (lat >= -40) & (lat <= 50)
    assert known.inside(area).tolist() == [0, *inside.astype(int).tolist()]
    assert first.tolist() == known.inside(area)[:151].tolist()
    assert 20 < inside.sum() < 300


def test_a_box_may_cross_the_date_line() -> None:
    lon = np.asarray([179.0, -179.0, 0.0, 170.0, 169.9])
    assert Area((170.0, -10.0, -170.0, 10.0)).holds(np.zeros(5), lon).tolist() == [True, True, False, True, False]


def test_polygons_have_holes_and_borders() -> None:
    ring, hole = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]
    area = area_of(f'{{"type": "Polygon", "coordinates": [{ring}, {hole}]}}')
    lon, lat = np.asarray([0.5, 2.0, 4.0, 4.1]), np.asarray([0.5, 2.0, 2.0, 2.0])
    assert area.holds(lat, lon).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("here", "found 'here'"),
        ("[1, 2, 3]", "found [1, 2, 3]"),
        ("[1, 50, 2, 40]", "south below north"),
        ("[1, true, 2, 3]", "found [1, True, 2, 3]"),
        ('{"type": "Point", "coordinates": [1, 2]}', "found 'Point'"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}', "Self-intersection"),
        ('{"type": "Polygon", "coordinates": 7}', "cannot be read"),
    ],
)
def test_an_area_that_cannot_be_is_named(text: str, said: str) -> None:
    with pytest.raises(BadInput, match="Field `place`") as raised:
        area_of(text)
    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["cell:13", "cell", "cell:", "cells:3", "cell:7x", "category"])
def test_other_names_are_no_hexagons(name: str) -> None:
    assert resolution_of(name) is None


def test_indexes_are_read_as_the_library_writes_them() -> None:
    cell = h3.latlng_to_cell(41.9, -87.6, 8)
    assert read_index(cell) == h3.str_to_int(cell)
    assert [read_index(text) for text in ("", "zz", "8", cell[:-1], "f" * 15)] == [None] * 5
