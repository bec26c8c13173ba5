"""Are the numbers on the map those of the rows, hexagon by hexagon, and is what it leaves out said?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import numpy as np
import pytest

from data.errors import NotAllowed
from data.model import Metric, Pack
from data.types import Filter, Scope, TimeRange
from services import model
from services.ingest import ingest_rows
from services.live.choices import Choice
from services.maps.choices import MapChoice
from services.maps.differences import difference
from services.maps.hexes import HexMap, hex_map, mappable
from services.maps.hotspots import hotspot_map
from services.maps.labels import names
from services.maps.pictures import Picture
from services.maps.places import hexagons_filter, place_in
from services.maps.views import picture
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
RANGE = TimeRange(NOW - timedelta(days=30), NOW + timedelta(hours=12))
DISTRICTS = ("North", "South")


def made_rows() -> list[dict[str, Any]]:
    """Rows spread over a city, many of them in one corner this month, some without a place, some before."""
    rng = np.random.default_rng(11)
    found: list[dict[str, Any]] = []
    for number in range(900):
        spot = rng.uniform([41.80, -87.70], [41.90, -87.60]) if number % 3 else rng.normal([41.83, -87.66], 0.002)
        at = NOW - timedelta(days=float(rng.uniform(0, 28)), hours=1)
        found.append(row(number, at, *spot.tolist()))
    found += [row(1000 + n, NOW - timedelta(days=40), 41.83 + n / 5000, -87.66) for n in range(40)]
    found += [
        {k: v for k, v in row(2000 + n, NOW - timedelta(days=3), 0, 0).items() if k not in ("lat", "lon")}
        for n in range(7)
    ]
    return [*found, row(3000, NOW - timedelta(days=2), -33.45, -70.66)]


def row(number: int, at: datetime, lat: float, lon: float) -> dict[str, Any]:
    return {
        "complaint_id": f"m{number}", "opened_at": at.isoformat(), "category": "Noise" if number % 2 else "Water",
        "district": DISTRICTS[lat < 41.85], "status": "open", "lat": round(lat, 6), "lon": round(lon, 6),
        "citizen": f"c{number % 50}",
    }  # fmt: skip


def hexagon(one: dict[str, Any], resolution: int) -> str:
    """The hexagon around the finest cell of a row: near its border not always the one around the point itself."""
    return h3.cell_to_parent(h3.latlng_to_cell(one["lat"], one["lon"], 12), resolution)


@pytest.fixture(scope="module")
def city(database: str) -> tuple[Scope, list[dict[str, Any]]]:
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    rows = made_rows()
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    return scope, rows


@pytest.fixture
def pack(city: Any) -> Pack:
    return model.current().pack("grievance")


@pytest.fixture
def opened(pack: Pack) -> Metric:
    return next(m for m in pack.metrics if m.name == "complaints_opened")


def choice(metric: Metric, **parts: Any) -> MapChoice:
    given: dict[str, Any] = {
        "layer": "hexagons", "metric": metric.qualified, "range": RANGE, "where": (), "box": None, "resolution": 8,
        "scale": "quantiles", "area": "", "against": "previous",
    }  # fmt: skip
    return MapChoice(**(given | parts))


def shown(city: tuple[Scope, Any], pack: Pack, metric: Metric, **parts: Any) -> HexMap:
    return hex_map(city[0], pack, metric, choice(metric, **parts), NOW)


def counted(rows: list[dict[str, Any]], resolution: int, box: tuple[float, ...] | None) -> Counter[str]:
    """Rows of the range by hexagon, by the library alone: a row is where the centre of its finest cell is."""
    found: Counter[str] = Counter()
    for one in rows:
        if "lat" not in one or not RANGE.from_at <= datetime.fromisoformat(one["opened_at"]) < RANGE.to_at:
            continue
        cell = h3.latlng_to_cell(one["lat"], one["lon"], 12)
        lat, lon = h3.cell_to_latlng(cell)
        if box is None or (box[0] <= lon <= box[2] and box[1] <= lat <= box[3]):
            found[h3.cell_to_parent(cell, resolution)] += 1
    return found


def test_each_hexagon_has_its_rows_and_what_is_left_out_is_said(
    city: tuple[Scope, list[dict[str, Any]]], pack: Pack, opened: Metric
) -> None:
    found = shown(city, pack, opened)
    wanted = counted(city[1], 8, found.box)
    assert {h.index: (h.value, h.rows) for h in found.hexagons} == {k: (v, v) for k, v in wanted.items()}
    assert [h.value for h in found.hexagons] == sorted(wanted.values(), reverse=True)
    assert (found.coverage.shown, found.coverage.unplaced) == (sum(wanted.values()), 7)
    assert found.coverage.total == 908 == found.coverage.shown + found.coverage.elsewhere + 7
    assert found.coverage.elsewhere >= 1 and "7\xa0rows have no place" in found.coverage.sentence()


def test_a_box_shows_what_lies_in_it_and_hexagons_are_as_fine_as_that_allows(
    city: tuple[Scope, list[dict[str, Any]]], pack: Pack, opened: Metric
) -> None:
    box = (-87.68, 41.81, -87.63, 41.86)
    found = shown(city, pack, opened, box=box, resolution=None)
    few = hex_map(city[0], pack, opened, choice(opened, box=box, resolution=None), NOW, most=20)
    assert few.resolution < found.resolution <= 11 and len(few.hexagons) <= 20
    for one in (found, few):
        assert {h.index: h.value for h in one.hexagons} == dict(counted(city[1], one.resolution, box))


def test_averages_and_people_are_those_of_the_hexagon(city: Any, pack: Pack) -> None:
    people = next(m for m in mappable(pack, pack.metrics) if m.shape == "distinct")
    found = shown(city, pack, people, resolution=4)
    rows = [
        r for r in city[1] if "lat" in r and datetime.fromisoformat(r["opened_at"]) >= RANGE.from_at and r["lat"] > 0
    ]
    by_cell: dict[str, set[str]] = {}
    for one in rows:
        by_cell.setdefault(hexagon(one, 4), set()).add(one["citizen"])
    assert {h.index: h.value for h in found.hexagons} == {cell: float(len(who)) for cell, who in by_cell.items()}


def test_metrics_by_exposure_have_no_map(pack: Pack) -> None:
    assert {m.shape for m in mappable(pack, pack.metrics)}.isdisjoint({"rate", "pace"})
    assert mappable(pack, pack.metrics)


def test_the_corner_with_many_rows_is_hot_on_other_grids_too(city: Any, pack: Pack, opened: Metric) -> None:
    seen = shown(city, pack, opened)
    dataset = next(d for d in pack.datasets if d.name == "complaints")
    found = hotspot_map(city[0], dataset, seen, choice(opened), NOW)
    corner = h3.latlng_to_cell(41.83, -87.66, 8)
    best = next(h for h in found.hexagons if h.index == corner)
    assert best.kind == "hot" and best.q < 0.001 and best.proof == "survives 12 of 12 grids"
    hot = {h.index for h in found.hexagons if h.kind == "hot"}
    assert hot <= set(h3.grid_disk(corner, 3)) and not any(h.kind == "cold" for h in found.hexagons)
    assert {h.index for h in found.hexagons} >= {h.index for h in seen.hexagons}


def test_change_is_tested_for_the_length_of_both_periods(city: Any, pack: Pack, opened: Metric) -> None:
    seen = shown(city, pack, opened)
    found = difference(city[0], opened, seen, choice(opened), "previous", NOW)
    corner = h3.latlng_to_cell(41.83, -87.66, 8)
    before = Counter(
        hexagon(one, 8) for one in city[1] if one["complaint_id"].startswith("m10") and
        int(one["complaint_id"][1:]) < 1040 and int(one["complaint_id"][1:]) >= 1000
    )  # fmt: skip
    cells = {c.index: c for c in found.cells}
    assert (cells[corner].now, cells[corner].before) == (counted(city[1], 8, seen.box)[corner], before[corner])
    assert cells[corner].q is not None and cells[corner].q < 0.01
    assert sum(c.before for c in found.cells) == sum(before.values())
    median = next(m for m in mappable(pack, pack.metrics) if m.shape == "percentile")
    none = difference(city[0], median, seen, choice(median), "previous", NOW)
    assert none.reason and not none.cells


def test_a_picked_hexagon_has_its_own_course_and_breakdowns(city: Any, pack: Pack, opened: Metric) -> None:
    corner = h3.latlng_to_cell(41.83, -87.66, 8)
    asked = Choice("custom", RANGE, None, opened.qualified, (Filter("category", "in", ("Noise",)),))
    found = place_in(city[0], pack, opened, asked, (hexagons_filter([corner]),), NOW)
    mine = [
        one for one in city[1]
        if "lat" in one and hexagon(one, 8) == corner and one["category"] == "Noise"
        and datetime.fromisoformat(one["opened_at"]) >= RANGE.from_at
    ]  # fmt: skip
    assert found.series is not None and sum(p.value or 0 for p in found.series.points) == len(mine)
    assert found.shown.startswith(f"{len(mine)}")
    board = next(b for b in found.leaderboards if b.dimension == "district")
    assert {bar.label: bar.value for bar in board.bars} == dict(Counter(one["district"] for one in mine))


def test_districts_are_named_where_their_rows_are(city: Any, pack: Pack, opened: Metric) -> None:
    seen = shown(city, pack, opened)
    found = names(city[0], pack, seen, choice(opened), NOW)
    where = {label.name: label.lat for label in found.labels}
    assert where["South"] < 41.85 < where["North"]
    assert found.of_hexagon[h3.latlng_to_cell(41.83, -87.66, 8)] == "South"


@pytest.mark.parametrize("layer", ["hexagons", "density", "hotspots", "difference"])
def test_every_layer_paints_every_hexagon_with_a_colour_of_the_legend(
    city: Any, pack: Pack, opened: Metric, layer: str
) -> None:
    asked = choice(opened, layer=layer)
    seen = hex_map(city[0], pack, opened, asked, NOW)
    drawn = picture(city[0], pack, opened, seen, names(city[0], pack, seen, asked, NOW), asked, False, NOW)
    assert isinstance(drawn, Picture)
    assert {cell.index for cell in drawn.cells} >= {h.index for h in seen.hexagons}
    assert all(0 <= cell.swatch < len(drawn.swatches) and cell.tip for cell in drawn.cells)
    assert all(len(line) == len(drawn.columns) + 1 for line in drawn.lines) and drawn.lines


def test_a_neighbour_sees_nothing_of_it(city: Any, pack: Pack, opened: Metric) -> None:
    stranger = make_scope(make_workspace())
    found = hex_map(stranger, pack, opened, choice(opened), NOW)
    assert (found.hexagons, found.coverage.total) == ((), 0) and found.reason


def test_a_map_filtered_by_a_person_is_for_those_who_see_persons(city: Any, pack: Pack, opened: Metric) -> None:
    asked = choice(opened, where=(Filter("citizen", "in", ("c1",)),))
    with pytest.raises(NotAllowed):
        hex_map(replace(city[0], role="viewer"), pack, opened, asked, NOW)
    assert sum(h.rows for h in hex_map(replace(city[0], role="manager"), pack, opened, asked, NOW).hexagons) > 0
    assert hex_map(replace(city[0], role="viewer"), pack, opened, choice(opened), NOW).hexagons
