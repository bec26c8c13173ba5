"""Do downloads of districts, points and playback hold the numbers of the rows, their shapes and what they are about?"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import h3
import numpy as np
import pyarrow.parquet
import pytest
import shapely
from PIL import Image

from data.model import Metric, Pack
from data.types import Filter
from services.exports.areas import area_sheet
from services.exports.map_files import csv_text, geojson, kml, parquet
from services.exports.map_images import png
from services.exports.maps import map_download
from services.exports.marks import film_sheet, mark_sheet
from services.exports.sheets import PlainSheet
from services.maps import points
from services.maps.choices import MapChoice
from services.maps.choropleth import picture
from services.maps.districts import district_map
from services.maps.hexes import hex_map, placed_dataset
from services.maps.labels import names
from services.maps.pictures import Picture
from services.maps.playback import film
from services.maps.points import drawn_by_lot
from tests.db.test_districts import KEYS, NOW, RANGE, by_hand, city, opened, pack, ward

__all__ = ["city", "opened", "pack"]  # fixtures
KML = {"k": "http://www.opengis.net/kml/2.2"}
NOISE = (Filter("category", "in", ("Noise",)),)


def chosen(layer: str, metric: Metric, **parts: Any) -> MapChoice:
    given: dict[str, Any] = {"where": NOISE, "box": None, "resolution": None, "scale": "quantiles"} | parts
    return MapChoice(layer, metric.qualified, RANGE, **given)


def wards(city: Any, pack: Pack, metric: Metric, **parts: Any) -> PlainSheet:
    choice = chosen("districts", metric, boundaries="wards", rows_by="place", exposure="people", **parts)
    shown = district_map(city[0], pack, metric, choice, city[2], NOW)
    drawn = picture(shown, choice, False)
    assert isinstance(drawn, Picture)
    return area_sheet(city[0], shown, drawn, city[2], choice, ["category is Noise"], NOW)


def noisy(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["category"] == "Noise"]


def lines_of(sheet: PlainSheet) -> tuple[dict[str, str], list[dict[str, str]]]:
    text = csv_text(sheet).decode("utf-8-sig").splitlines()
    told = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    return told, list(csv.DictReader(line for line in text if not line.startswith("# ")))


def test_districts_have_polygons_numbers_and_rates_in_every_format(city: Any, pack: Pack, opened: Metric) -> None:
    sheet, inside = wards(city, pack, opened), by_hand(noisy(city[1]))
    wanted = {key: len(inside.get(key, ())) for key in KEYS}
    found = json.loads(geojson(sheet))
    assert {f["id"]: f["properties"]["number"] for f in found["features"]} == wanted
    for feature in found["features"]:
        number = KEYS.index(feature["id"])
        assert shapely.from_geojson(json.dumps(feature["geometry"])).equals(ward(number))
        rate = wanted[feature["id"]] / (500 + 250 * number) * 1000
        assert feature["properties"]["rate_per_1000"] == pytest.approx(rate)
    about = found["belvedere"]
    assert (about["areas"], about["rows"], about["filters"]) == (16, sum(wanted.values()), ["category is Noise"])
    newest = max(datetime.fromisoformat(row["opened_at"]) for row in city[1])
    assert abs((datetime.fromisoformat(about["as_of"]) - newest).total_seconds()) < 1
    told, lines = lines_of(sheet)
    assert {line["area"]: float(line["number"]) for line in lines} == wanted and told["Filters"] == "category is Noise"
    assert told["Areas"].startswith("16 areas of wards") and shapely.from_wkt(lines[0]["polygon"]).is_valid
    table = pyarrow.parquet.read_table(io.BytesIO(parquet(sheet)))
    assert dict(zip(table["area"].to_pylist(), table["rows"].to_pylist(), strict=True)) == wanted
    marks = ElementTree.fromstring(kml(sheet)).findall(".//k:Placemark", KML)
    assert {mark.findtext("k:name", "", KML) for mark in marks} == set(KEYS)


def test_hot_spots_of_districts_and_their_picture(city: Any, pack: Pack, opened: Metric) -> None:
    sheet = wards(city, pack, opened, show="hotspots")
    told = [dict(zip(sheet.columns, item.values, strict=True)) for item in sheet.items]
    assert [one["z"] for one in told] == sorted((one["z"] for one in told), reverse=True) and told[0]["q"] < 0.05
    assert told[0]["finding"] == "hot" and told[0]["area"] in {"W0", "W1", "W4", "W5"}
    pixels = np.asarray(Image.open(io.BytesIO(png(sheet, False))).convert("RGB"))
    drawn = Counter(item.swatch for item in sheet.items)
    for swatch in drawn:
        assert int((pixels == sheet.swatches[swatch].colour).all(axis=2).sum()) > 5_000 * drawn[swatch]


def test_points_say_how_many_of_how_many(city: Any, pack: Pack, opened: Metric, monkeypatch: Any) -> None:
    choice, dataset = chosen("points", opened), placed_dataset(pack, opened)
    assert dataset is not None
    shown = hex_map(city[0], pack, opened, choice, NOW)
    called = names(city[0], pack, shown, choice, NOW)
    every = points.points(city[0], pack, dataset, shown, choice, called.of_hexagon, False, NOW)
    wanted = Counter(h3.latlng_to_cell(row["lat"], row["lon"], 12) for row in noisy(city[1]) if "lat" in row)
    sheet = mark_sheet(city[0], shown, every, called, choice, ["category is Noise"], NOW)
    told, lines = lines_of(sheet)
    assert {line["h3"]: int(line["rows"]) for line in lines} == {line["h3"]: int(line["rows: open"]) for line in lines}
    assert {line["h3"]: int(line["rows"]) for line in lines} == wanted and told["Places"].startswith("All ")
    assert "polygon" not in lines[0] and lines[0]["mostly"] == "open"
    monkeypatch.setattr(points, "drawn_by_lot", lambda found, most: drawn_by_lot(found, 100))
    some = points.points(city[0], pack, dataset, shown, choice, called.of_hexagon, False, NOW)
    found = json.loads(geojson(mark_sheet(city[0], shown, some, called, choice, [], NOW)))
    about = found["belvedere"]
    assert (about["places"], about["places_in_view"], about["rows_in_view"]) == (100, len(wanted), wanted.total())
    assert about["rows_in_places"] == sum(wanted[f["id"]] for f in found["features"]) and "100 of" in about["note"]
    assert {f["geometry"]["type"] for f in found["features"]} == {"Point"}


def test_playback_lists_every_step_and_what_came_up_to_it(city: Any, pack: Pack, opened: Metric) -> None:
    choice = chosen("playback", opened, resolution=7)
    shown = hex_map(city[0], pack, opened, choice, NOW)
    called, shot = names(city[0], pack, shown, choice, NOW), film(city[0], shown, choice, False, NOW)
    sheet = film_sheet(city[0], shown, shot, called, choice, ["category is Noise"], NOW)
    told, lines = lines_of(sheet)
    wanted: Counter[tuple[str, int]] = Counter()
    for row in (one for one in noisy(city[1]) if "lat" in one):
        at = datetime.fromisoformat(row["opened_at"])
        cell = h3.cell_to_parent(h3.latlng_to_cell(row["lat"], row["lon"], 12), 7)
        wanted[cell, next(n for n, end in enumerate(shot.edges[1:]) if at < end)] += 1
    steps = [edge.isoformat() for edge in shot.edges]
    assert {(line["h3"], steps.index(line["begin"])): float(line["number"]) for line in lines} == wanted
    last = {line["h3"]: float(line["number_until"]) for line in lines}  # in order of time, so the last one stays
    assert last == {
        cell: sum(n for (one, _), n in wanted.items() if one == cell) for cell in {cell for cell, _ in wanted}
    }
    assert told["Steps"].startswith(f"{len(shot.titles)} steps (day)") and told["Filters"] == "category is Noise"
    dataset = placed_dataset(pack, opened)
    assert dataset is not None and map_download(city[0], dataset, sheet, "csv").startswith(b"\xef\xbb\xbf# Title")
