"""Are the numbers of districts those of the rows in them, by name and by place, and what fits neither is said?"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
import shapely

from data.boundaries import Boundaries
from data.engine.answers import answer
from data.engine.zones import known_as
from data.errors import BadInput, UnknownName
from data.maps import hexagons_in
from data.model import Metric, Pack
from data.types import CannotTell, Filter, MetricQuery, Scope, TimeRange
from services import metrics, model
from services.ingest import ingest_rows
from services.maps.areas import drawn_text, resolved, selected
from services.maps.bad_places import bad_places
from services.maps.boundaries import add, checked, get_boundaries
from services.maps.choices import MapChoice
from services.maps.choropleth import picture
from services.maps.districts import District, DistrictMap, district_map, sentence
from services.maps.pictures import Picture
from services.queries import parse_filters
from services.spatial.rates import smooth
from tests.db.test_maps import opened, pack
from tests.support import make_scope, make_workspace

__all__ = ["opened", "pack"]  # fixtures
NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
RANGE = TimeRange(NOW - timedelta(days=30), NOW + timedelta(hours=12))
WEST, SOUTH, SIDE, WIDE = -87.70, 41.80, 0.03, 4
KEYS = tuple(f"W{n}" for n in range(WIDE * WIDE))


def ward(number: int) -> shapely.Polygon:
    x, y = WEST + number % WIDE * SIDE, SOUTH + number // WIDE * SIDE
    return shapely.box(x, y, x + SIDE, y + SIDE)


def made_rows() -> list[dict[str, Any]]:
    """Rows over sixteen wards and beside them, most in one corner; their district is the ward, or a wrong name."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(900):
        edge = SIDE * (1.9 if number % 3 == 0 else WIDE + 0.4)
        lon, lat = rng.uniform([WEST, SOUTH], [WEST + edge, SOUTH + edge]).round(6).tolist()
        name = next((key for n, key in enumerate(KEYS[:14]) if ward(n).covers(shapely.Point(lon, lat))), "Elsewhere")
        row: dict[str, Any] = {
            "complaint_id": f"d{number}", "opened_at": (NOW - timedelta(hours=number % 600 + 1)).isoformat(),
            "category": "Noise" if number % 2 else "Water", "district": name, "status": "open",
            "citizen": f"c{number % 70}", "lat": lat, "lon": lon,
        }  # fmt: skip
        found.append({k: v for k, v in row.items() if number >= 5 or k not in ("lat", "lon")})
    return found


@pytest.fixture(scope="module")
def city(database: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scope, list[dict[str, Any]], Boundaries]:
    scope, rows = make_scope(make_workspace(timezone="America/Chicago")), made_rows()
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    path: Path = tmp_path_factory.mktemp("wards") / "wards.geojson"
    features = [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shapely.orient_polygons(ward(n)))),
         "properties": {"ward": key, "people": 500 + 250 * n}}
        for n, key in enumerate(KEYS)
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    add(scope, checked(path), "wards", "ward")
    return scope, rows, get_boundaries(scope, "wards")


def shown(city: Any, pack: Pack, metric: Metric, **parts: Any) -> DistrictMap:
    given: dict[str, Any] = {"where": (), "box": None, "resolution": None, "scale": "quantiles"} | parts
    choice = MapChoice("districts", metric.qualified, RANGE, boundaries="wards", **given)
    return district_map(city[0], pack, metric, choice, city[2], NOW)


def by_hand(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by the ward that holds the centre of their cell, by the libraries alone."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in (one for one in rows if "lat" in one):
        lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(row["lat"], row["lon"], 12))
        inside = [key for n, key in enumerate(KEYS) if ward(n).covers(shapely.Point(lon, lat))]
        found.setdefault(inside[0] if inside else "", []).append(row)
    return found


def test_by_place_each_area_has_the_rows_that_lie_in_it_for_every_metric(city: Any, pack: Pack, opened: Metric) -> None:
    wanted = by_hand(city[1])
    found = shown(city, pack, opened, rows_by="place")
    assert {d.key: d.value for d in found.districts} == {key: len(wanted.get(key, ())) for key in KEYS}
    assert (found.coverage.elsewhere, found.coverage.unplaced) == (len(wanted[""]), 5)
    people = next(m for m in pack.metrics if m.shape == "distinct" and m.of == "citizen")
    by_area = {d.key: d.value for d in shown(city, pack, people, rows_by="place").districts}
    assert by_area == {key: len({row["citizen"] for row in wanted.get(key, ())}) for key in KEYS}


def test_both_engines_split_by_areas_alike(city: Any, pack: Pack) -> None:
    name = known_as(city[2].about.fingerprint, city[2].keys, city[2].exact)
    asked = tuple(m.qualified for m in pack.metrics if m.shape in ("count", "average", "share", "distinct"))[:6]
    where = (Filter("category", "in", ("Noise",)),)
    queries = [
        MetricQuery(asked, RANGE, by=(name,), where=where),
        MetricQuery(asked, RANGE, by=(name, "category"), top=7),
        MetricQuery(asked, RANGE, grain="week", by=(name,)),
    ]
    current = model.current()
    fast, plain = (answer(city[0], current, queries, NOW, engine) for engine in ("segments", "sql"))
    for one, other in zip(fast, plain, strict=True):
        assert sorted(map(repr, one.rows)) == sorted(map(repr, other.rows)) and one.rows


def test_by_name_what_fits_on_neither_side_is_said(city: Any, pack: Pack, opened: Metric) -> None:
    found = shown(city, pack, opened)
    counts = Counter(row["district"] for row in city[1])
    assert found.dimension == "district"
    assert {d.key: d.value for d in found.districts} == {key: counts.get(key, 0) for key in KEYS}
    assert found.without_rows == ("W14", "W15") and found.without_area == (("Elsewhere", counts["Elsewhere"]),)
    said = sentence(found)
    assert f"No area is called Elsewhere ({counts['Elsewhere']})." in said and "No row names W14, W15." in said


def test_rates_are_shown_raw_and_smoothed(city: Any, pack: Pack, opened: Metric) -> None:
    found = shown(city, pack, opened, exposure="people", show="smooth")
    events = np.array([d.value for d in found.districts], np.float64)
    people = np.array([500 + 250 * n for n in range(16)], np.float64)
    wanted = smooth(events, people)
    assert not isinstance(wanted, CannotTell)
    assert [d.rate for d in found.districts] == pytest.approx((events / people * 1000).tolist())
    assert [d.smoothed for d in found.districts] == pytest.approx((wanted.smoothed * 1000).tolist())
    choice = MapChoice("districts", opened.qualified, RANGE, (), None, None, "quantiles", show="smooth")
    drawn = picture(found, choice, False)
    assert isinstance(drawn, Picture) and len(drawn.cells) == 16 and "smoothed" in drawn.cells[0].tip
    assert {len(line) for line in drawn.lines} == {len(drawn.columns) + 1}


def test_the_corner_with_many_rows_is_hot(city: Any, pack: Pack, opened: Metric) -> None:
    found = shown(city, pack, opened, rows_by="place", show="hotspots")
    grades: dict[str, District] = {d.key: d for d in found.districts}
    assert grades["W0"].grade in (0, 1) and grades["W15"].grade not in (0, 1)
    assert "follow the size of areas" in found.note


def test_a_selected_area_is_a_filter_however_it_was_chosen(city: Any, pack: Pack, opened: Metric) -> None:
    wanted = by_hand(city[1])
    west, south, east, north = ward(0).bounds
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    texts = [["wards:W0"], [drawn_text({"type": "Polygon", "coordinates": [corners]})]]
    texts.append([f"poly:{','.join(f'{lon} {lat}' for lon, lat in corners)}"])
    for text in texts:
        area = selected(city[0], text)
        assert area is not None
        found = shown(city, pack, opened, rows_by="place", area=area.within)
        assert {d.key: d.rows for d in found.districts if d.rows} == {"W0": len(wanted["W0"])}
    both = selected(city[0], ["wards:W0", "wards:W1"])
    assert both is not None and both.title == "2\xa0areas"
    where = parse_filters(resolved(city[0], {"place": {"inside": ["wards:W0", "wards:W1"]}}))
    assert json.loads(str(where[0].values[0])) == json.loads(both.within)


def test_an_area_that_is_none_is_said_and_a_neighbour_has_none(city: Any) -> None:
    assert selected(city[0], []) is None
    with pytest.raises(UnknownName, match="Did you mean `W1`"):
        selected(city[0], ["wards:W1x"])
    for text in ("anything", "poly:1 2,3", "poly:0 0,1 1,1 0,0 1"):
        with pytest.raises(BadInput):
            selected(city[0], [text])
    with pytest.raises(UnknownName):
        selected(make_scope(make_workspace()), ["wards:W0"])


def test_rows_with_impossible_places_are_counted_by_kind_and_found_again(
    city: Any, pack: Pack, opened: Metric, tmp_path: Path
) -> None:
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    (tmp_path / "city.geojson").write_text(shapely.to_geojson(shapely.orient_polygons(ward(0).buffer(0.15).envelope)))
    areas = checked(tmp_path / "city.geojson")
    areas.areas.columns["name"] = areas.repaired.columns["name"] = ["all"]
    add(scope, areas, "city", "name")
    places: dict[str, list[Any]] = {
        "zero": [(0, 0)] * 3,
        "swapped": [(-87.66, 41.85)] * 2,
        "outside": [(-33.4, -70.6)],
        "missing": [()] * 4,
    }
    rows = [{**row, "complaint_id": f"b{n}"} for n, row in enumerate(city[1][5:105])]
    for n, place in enumerate(place for kind in places.values() for place in kind):
        rows[n] = {k: v for k, v in rows[n].items() if k not in ("lat", "lon")}
        rows[n] |= dict(zip(("lat", "lon"), place, strict=False))
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    choice = MapChoice("hexagons", opened.qualified, RANGE, (), None, None, "quantiles")
    found = bad_places(scope, pack, choice, opened.qualified, NOW)
    # the import takes a place of 0, 0 away and says so, so that those rows are among the ones without a place
    assert {one.kind: one.rows for one in found} == {"missing": 4 + 3, "swapped": 2, "outside": 1}
    assert "3 at 0, 0" in next(one.said for one in found if one.kind == "missing")
    for one in found:
        listed = metrics.rows(scope, "grievance.complaints", RANGE, (one.where,), 50, None, "opened_at")
        assert listed.total == one.rows


def test_hotspots_of_a_selected_area_do_not_take_in_empty_hexagons_outside(city: Any, pack: Pack) -> None:
    dataset = next(d for d in pack.datasets if d.name == "complaints")
    area = selected(city[0], ["wards:W0"])
    assert area is not None
    box = (WEST, SOUTH, WEST + 0.12, SOUTH + 0.12)
    inside, around = hexagons_in(city[0], dataset, box, 12, area.within), hexagons_in(city[0], dataset, box, 12)
    assert len(inside) < len(around) and set(inside) < set(around)
    assert all(ward(0).covers(shapely.Point(h3.cell_to_latlng(index)[::-1])) for index in inside)
