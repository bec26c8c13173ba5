"""Does a downloaded map hold the numbers that were counted, what it is about, and leave a trace of who took it?"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import h3
import numpy as np
import pyarrow.parquet
import pytest
import shapely
from PIL import Image

from data.errors import NotAllowed, UnknownName
from data.model import Pack
from data.types import Filter, Scope
from services import metrics, model
from services.exports.map_files import geojson, kml, parquet, polygon
from services.exports.map_images import HEIGHT, MARGIN, WIDTH, Canvas
from services.exports.maps import MapSheet, map_download, map_file_name, map_sheet
from services.ingest import ingest_rows
from services.maps.hexes import hex_map
from services.maps.labels import names
from services.maps.layout import camera
from services.maps.views import picture
from services.people.audit import audit_page
from tests.db.test_maps import NOW, RANGE, choice, counted, hexagon, row
from tests.support import make_scope, make_workspace

KML = {"k": "http://www.opengis.net/kml/2.2"}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def town(database: str) -> tuple[Scope, Rows]:
    """120 rows in a corner and 80 elsewhere; half of each is Noise."""
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    spots = [(41.83 + (n % 7) / 900, -87.66 + (n % 5) / 900) for n in range(120)]
    spots += [(41.80 + n / 900, -87.70 + n / 900) for n in range(80)]
    rows = [row(n, RANGE.from_at + (NOW - RANGE.from_at) / 200 * n, *spot) for n, spot in enumerate(spots)]
    rows.append({k: v for k, v in row(900, NOW, 0, 0).items() if k not in ("lat", "lon")})
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    return scope, rows


@pytest.fixture(scope="module")
def pack(town: Any) -> Pack:
    return model.current().pack("grievance")


def sheet(town: tuple[Scope, Rows], pack: Pack, layer: str = "hexagons", where: tuple[Filter, ...] = ()) -> MapSheet:
    opened = next(m for m in pack.metrics if m.name == "complaints_opened")
    asked = choice(opened, layer=layer, where=where)
    shown = hex_map(town[0], pack, opened, asked, NOW)
    called = names(town[0], pack, shown, asked, NOW)
    drawn = picture(town[0], pack, opened, shown, called, asked, False, NOW)
    assert not isinstance(drawn, str), drawn
    return map_sheet(town[0], shown, drawn, called, asked, [f.sentence() for f in where], NOW)


@pytest.fixture(scope="module")
def noise(town: tuple[Scope, Rows], pack: Pack) -> MapSheet:
    return sheet(town, pack, where=(Filter("category", "in", ("Noise",)),))


def noise_counted(town: tuple[Scope, Rows], box: tuple[float, ...]) -> Counter[str]:
    return counted([one for one in town[1] if one["category"] == "Noise"], 8, box)


def taken(town: tuple[Scope, Rows], pack: Pack, made: MapSheet, form: Any, is_dark: bool = False) -> bytes:
    dataset = next(d for d in pack.datasets if d.name == "complaints")
    return map_download(town[0], dataset, made, form, is_dark)


def test_geojson_holds_polygons_numbers_and_what_it_is_about(town: Any, pack: Pack, noise: MapSheet) -> None:
    found = json.loads(taken(town, pack, noise, "geojson"))
    wanted = noise_counted(town, noise.shown.box)
    told = {f["properties"]["h3"]: (f["properties"]["number"], f["properties"]["rows"]) for f in found["features"]}
    assert told == {index: (n, n) for index, n in wanted.items()}
    for feature in found["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        lat, lon = h3.cell_to_latlng(feature["id"])
        assert shape.is_valid and shape.exterior.is_ccw and shape.contains(shapely.Point(lon, lat))
    about = found["belvedere"]
    assert (about["filters"], about["rows"], about["hexagons"]) == (
        ["category is Noise"], sum(wanted.values()), len(wanted),
    )  # fmt: skip
    assert [datetime.fromisoformat(about[edge]) for edge in ("from", "to")] == [RANGE.from_at, RANGE.to_at]
    newest = max(datetime.fromisoformat(one["opened_at"]) for one in town[1])
    assert abs((datetime.fromisoformat(about["as_of"]) - newest).total_seconds()) < 1
    assert about["rows_without_place"] == len([r for r in town[1] if "lat" not in r and r["category"] == "Noise"])


def test_csv_begins_with_what_it_is_about(town: Any, pack: Pack, noise: MapSheet) -> None:
    text = taken(town, pack, noise, "csv").decode("utf-8-sig").splitlines()
    told = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    assert told["Filters"] == "category is Noise" and "America/Chicago" in told["Range"]
    assert told["Data as of"] == "20 May 2026 07:00"
    lines = list(csv.DictReader(io.StringIO("\n".join(line for line in text if not line.startswith("#")))))
    wanted = noise_counted(town, noise.shown.box)
    assert {line["h3"]: float(line["number"]) for line in lines} == wanted
    assert told["Rows"].startswith(f"{sum(wanted.values())} of ") or told["Rows"].startswith("All ")
    assert all(shapely.from_wkt(line["polygon"]).is_valid for line in lines)
    assert {line["district"] for line in lines} == {"North", "South"}


def test_geoparquet_is_read_by_another_library(town: Any, pack: Pack, noise: MapSheet) -> None:
    found = pyarrow.parquet.read_table(io.BytesIO(taken(town, pack, noise, "parquet")))
    geo = json.loads(found.schema.metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    shapes = shapely.from_wkb(found["geometry"].to_pylist())
    assert geo["columns"]["geometry"]["bbox"] == pytest.approx(list(shapely.total_bounds(shapes)))
    assert dict(zip(found["h3"].to_pylist(), found["rows"].to_pylist(), strict=True)) == noise_counted(
        town, noise.shown.box
    )
    assert json.loads(found.schema.metadata[b"belvedere"])["filters"] == ["category is Noise"]


def test_kml_holds_a_placemark_for_each_hexagon(town: Any, pack: Pack, noise: MapSheet) -> None:
    root = ElementTree.fromstring(taken(town, pack, noise, "kml"))
    marks = root.findall(".//k:Placemark", KML)
    told = {
        mark.findtext("k:ExtendedData/k:Data[@name='h3']/k:value", None, KML):
        float(mark.findtext("k:ExtendedData/k:Data[@name='number']/k:value", "", KML))
        for mark in marks
    }  # fmt: skip
    assert told == noise_counted(town, noise.shown.box)
    styles = {style.get("id") for style in root.iterfind(".//k:Style", KML)}
    assert all(mark.findtext("k:styleUrl", "", KML)[1:] in styles for mark in marks)
    assert "Filters: category is Noise" in root.findtext("k:Document/k:description", "", KML)


def test_a_picture_shows_every_colour_and_says_what_it_is_about(town: Any, pack: Pack, noise: MapSheet) -> None:
    light, dark = (Image.open(io.BytesIO(taken(town, pack, noise, "png", is_dark))) for is_dark in (False, True))
    assert light.info["Filters"] == "category is Noise" and light.info["Title"] == noise.picture.title
    pixels, swatches = np.asarray(light.convert("RGB")), noise.picture.swatches
    drawn = {line.swatch: int((pixels == swatches[line.swatch].colour).all(axis=2).sum()) for line in noise.lines}
    assert all(count > 1000 for count in drawn.values()) and light.size[0] > 1600
    assert light.getpixel((2, 2)) != dark.getpixel((2, 2))


def test_the_picture_of_a_density_is_darkest_where_most_rows_are(town: Any, pack: Pack) -> None:
    made = sheet(town, pack, "density")
    pixels = np.asarray(Image.open(io.BytesIO(taken(town, pack, made, "png"))).convert("RGB")).astype(int)
    pixels = pixels[: -MARGIN - 34 * 2]  # without the legend
    darkest = (np.abs(pixels - made.picture.swatches[-1].colour).sum(axis=2) < 12).nonzero()
    canvas = Canvas(camera(made.shown.box, WIDTH, HEIGHT), WIDTH, HEIGHT)
    x, _ = canvas.at(*reversed(h3.cell_to_latlng(made.lines[0].index)))
    assert abs(float(np.median(darkest[1])) - MARGIN - x) < 60


def test_a_hexagon_has_the_name_that_most_of_its_rows_have(town: Any, pack: Pack) -> None:
    dataset = next(d for d in pack.datasets if d.name == "complaints")
    found = metrics.leading(town[0], dataset, "opened_at", RANGE, (), ("cell:5", "district"))
    by_cell: dict[str | None, Counter[str]] = {}
    for one in town[1]:
        cell = hexagon(one, 5) if "lat" in one else None
        by_cell.setdefault(cell, Counter())[one["district"]] += 1
    assert {cell: (name, count) for cell, name, count in found} == {
        cell: names.most_common(1)[0] for cell, names in by_cell.items()
    }
    assert any(len(names) > 1 for names in by_cell.values()) and len(found) == len(by_cell) > 1


def test_what_a_layer_found_is_taken_along(town: Any, pack: Pack) -> None:
    made = sheet(town, pack, "difference")
    rows = json.loads(geojson(made))["features"]
    best = rows[0]["properties"]
    assert best["now"] == best["number"] and best["before"] == 0 and best["change"] == best["now"]
    assert best["ratio_high"] is None and best["q"] < 0.05  # without rows before the ratio has no upper bound
    hot = json.loads(geojson(sheet(town, pack, "hotspots")))["features"]
    assert {f["properties"]["finding"] for f in hot} >= {"hot"} and all(f["properties"]["z"] for f in hot)


def test_each_download_is_audited_and_needs_the_ability(town: Any, pack: Pack, noise: MapSheet) -> None:
    scope = town[0]
    taken(town, pack, noise, "csv")
    newest = audit_page(replace(scope, role="administrator"), datetime(2000, 1, 1, tzinfo=NOW.tzinfo), datetime(
        2100, 1, 1, tzinfo=NOW.tzinfo), action="exported")[0]  # fmt: skip
    assert newest.object == "map of grievance.complaints_opened"
    assert (newest.detail["format"], newest.detail["filters"]) == ("csv", ["category is Noise"])
    assert newest.detail["hexagons"] == len(noise.lines)
    with pytest.raises(NotAllowed):
        taken((replace(scope, role="viewer"), town[1]), pack, noise, "csv")
    with pytest.raises(UnknownName):
        taken(town, pack, noise, "shp")
    assert map_file_name(scope, noise.shown.metric, noise.choice, "kml", NOW).endswith("-20260420-20260520.kml")


def test_a_hexagon_on_the_date_line_is_two_halves_and_odd_names_stay_readable(noise: MapSheet) -> None:
    index = h3.latlng_to_cell(-16.5, 180.0, 5)
    shape = polygon(index)
    assert shape.geom_type == "MultiPolygon" and shape.is_valid and shape.bounds[2] == 180.0
    sizes = {part.bounds[0] < 0: part.bounds[2] - part.bounds[0] for part in shape.geoms}
    assert all(size < 1 for size in sizes.values()) and len(sizes) == 2
    odd = replace(noise, lines=(replace(noise.lines[0], index=index, district="A\x0bB <&"),))
    assert ElementTree.fromstring(kml(odd)).findtext(".//k:Placemark/k:name", "", KML) == "A B <&"
    assert pyarrow.parquet.read_table(io.BytesIO(parquet(odd)))["h3"].to_pylist() == [index]
