"""Do files of what was found (periods, clusters, risks, unusual clusters, patterns, incidents) hold what was shown?"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import h3
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import shapely
from PIL import Image

from data.model import Dataset, Metric
from data.routes import Errand
from data.studies import Study
from data.types import Scope, TimeRange, Workspace
from data.unusual import PlaceCluster, PlaceScan
from services.exports.effects import Finding, place_sheet, placebo_sheet, week_sheet
from services.exports.incidents import incident_sheet, league_sheet
from services.exports.map_files import csv_text, geojson, kml, parquet
from services.exports.map_images import HEIGHT, MARGIN, WIDTH, png
from services.exports.maps import map_file_name
from services.exports.patterns import pattern_sheet, rhythm_sheet
from services.exports.sheets import PlainSheet
from services.exports.sides import sides_sheet
from services.exports.studies import cluster_sheet, looked_at, member_sheet, risk_sheet
from services.exports.unusual import unusual_sheet
from services.field import effects
from services.field.effects import EffectAsk
from services.field.linked import incident_map
from services.field.repeats import RepeatsAsk, as_json
from services.formats import number, plural
from services.maps.choices import MapChoice
from services.maps.found import cluster_labels, cluster_picture, risk_picture
from services.maps.hexes import Coverage, HexMap
from services.maps.labels import Label, Names
from services.maps.patterns import Pattern, Patterns, lines_of
from services.maps.pictures import Painted, Picture, Swatch
from services.maps.rarities import cards, episodes, picture
from services.maps.rhythms import Rhythm, Rhythms
from services.maps.sides import Sides
from services.maps.unusual import Limit
from services.spatial.backtesting import Backtest, Calibration, Estimate
from tests.support import make_scope

KML = {"k": "http://www.opengis.net/kml/2.2"}
NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
RANGE = TimeRange(NOW - timedelta(days=30), NOW)
OPENED = Metric("grievance", "opened", "Opened", "", "count", "cases", "integer", "neutral", "volume", "")
CASES = Dataset(
    1, "grievance", "cases", "Cases", "keyed", "id", "opened_at", (), (), (), (), (), None, True, ("opened_at",)
)  # fmt: skip
BOX = (-87.70, 41.80, -87.60, 41.90)
CELLS = tuple(sorted(h3.grid_disk(h3.latlng_to_cell(41.85, -87.65, 8), 1)))
NAMES = Names((Label("North", -87.65, 41.87),), {cell: "North" if n % 2 else "South" for n, cell in enumerate(CELLS)})
SHOWN = HexMap(OPENED, 8, BOX, (), Coverage(80, 15, 5), "", 0.0, "", NOW)
CHOICE = MapChoice("hexagons", OPENED.qualified, RANGE, (), None, None, "quantiles")
FILTERS = ["category is Noise"]
RED, BLUE = Swatch((200, 20, 20), "1 to 4"), Swatch((20, 20, 200), "5 to 9")


@pytest.fixture(scope="module")
def scope() -> Scope:
    return make_scope(Workspace(1, "town", "Town", "municipality", None, "America/Chicago"))


def lines_of_csv(sheet: PlainSheet) -> tuple[dict[str, str], pd.DataFrame]:
    text = csv_text(sheet).decode("utf-8-sig").splitlines()
    told = dict(line[2:].split(": ", 1) for line in text if line.startswith("# "))
    return told, pd.read_csv(io.StringIO("\n".join(line for line in text if not line.startswith("# "))))


def same_in_every_format(sheet: PlainSheet) -> pd.DataFrame:
    """The table of the GeoParquet file, after all four formats were found to hold the same numbers and shapes."""
    held = pyarrow.parquet.read_table(io.BytesIO(parquet(sheet)))
    found = held.to_pandas()
    told, lines = lines_of_csv(sheet)
    features = json.loads(geojson(sheet))
    marks = ElementTree.fromstring(kml(sheet)).findall(".//k:Placemark", KML)
    assert len(found) == len(lines) == len(features["features"]) == len(marks) == len(sheet.items) > 0
    for column in sheet.columns:
        wanted = held[column].to_pylist()
        assert [f["properties"][column] for f in features["features"]] == wanted, column
        told_of = [mark.findtext(f"k:ExtendedData/k:Data[@name='{column}']/k:value", "", KML) for mark in marks]
        assert told_of == ["" if value is None else str(value) for value in wanted], column
        if pd.api.types.is_numeric_dtype(found[column]):
            np.testing.assert_allclose(lines[column].astype(float), found[column].astype(float))
    shapes = shapely.from_wkb(found["geometry"].to_list())
    assert shapely.is_valid(shapes).all() and json.loads(held.schema.metadata[b"geo"])["version"] == "1.1.0"
    for shape, feature in zip(shapes, features["features"], strict=True):
        assert shape.equals(shapely.from_geojson(json.dumps(feature["geometry"])))
    assert features["belvedere"]["filters"] == list(sheet.about["filters"]) and told["Filters"]
    assert features["belvedere"]["as_of"] and features["belvedere"]["rows"] == sheet.about["rows"]
    return found


def pixels_of(sheet: PlainSheet) -> Any:
    return np.asarray(Image.open(io.BytesIO(png(sheet, False))).convert("RGB"))[:, MARGIN : MARGIN + WIDTH]


def painted(pixels: Any, swatch: Swatch) -> Any:
    """Where the map, not the legend, has a colour."""
    top = pixels.shape[0] - HEIGHT - MARGIN - 34 - 24
    return (pixels[top : top + HEIGHT] == swatch.colour).all(axis=2)


def test_two_periods_have_both_numbers_a_hexagon_and_two_maps_in_one_picture(scope: Scope) -> None:
    facts = {CELLS[0]: (3.0, 7.0), CELLS[1]: (0.0, 5.0), CELLS[2]: (2.0, 0.0)}
    made = [
        Picture(title, (RED, BLUE), tuple(Painted(i, int(v[side] > 4), "") for i, v in facts.items() if v[side]), "",
                ("Where",), (), ("before", "now"), None, facts)
        for side, title in enumerate(("Before", "Now"))
    ]  # fmt: skip
    found = Sides(made[0], made[1], RANGE.from_at - timedelta(days=30), RANGE.from_at)
    sheet = sides_sheet(scope, SHOWN, found, NAMES, replace(CHOICE, layer="sides"), FILTERS, NOW)
    table = same_in_every_format(sheet).set_index("h3")
    assert {index: (row["before"], row["now"]) for index, row in table.iterrows()} == facts
    assert table.index[0] == CELLS[0] and table.loc[CELLS[1], "legend_before"] == ""
    assert table.loc[CELLS[0], ["legend_before", "legend_now"]].tolist() == ["1 to 4", "5 to 9"]
    about = json.loads(geojson(sheet))["belvedere"]
    assert datetime.fromisoformat(about["before_to"]) == RANGE.from_at and about["hexagons"] == 3
    pixels = pixels_of(sheet)
    red, blue = (painted(pixels, one).any(axis=0) for one in (RED, BLUE))
    assert red[: WIDTH // 2].any() and not red[WIDTH // 2 :].any()  # before: two low ones
    assert blue[WIDTH // 2 :].any() and not blue[: WIDTH // 2].any()  # now: two high ones


def clusters() -> dict[str, Any]:
    ring = [[-87.66, 41.84], [-87.64, 41.84], [-87.64, 41.86], [-87.66, 41.86], [-87.66, 41.84]]
    small = [[lon + 0.03, lat] for lon, lat in ring]
    shared = {"radius_m": 120.5, "area_km2": 3.7, "category": "Noise", "category_share": 0.75, "category_lift": 2.5}
    return {
        "from_at": "2026-01-01T06:00:00+00:00", "to_at": "2026-04-01T05:00:00+00:00", "as_of": NOW.isoformat(),
        "method": "dbscan", "radius_m": 80.0, "points": 9, "rows": 500, "used": 400, "in_clusters": 60, "moved_m": 0.0,
        "fitted": 400, "clusters": [
            {"number": 1, "size": 40, "lat": 41.85, "lon": -87.65, "hull": ring, "stability": 0.9, **shared},
            {"number": 2, "size": 20, "lat": 41.85, "lon": -87.62, "hull": small, "stability": None, **shared},
        ],
    }  # fmt: skip


def study(result: dict[str, Any]) -> Study:
    return Study("done", 1.0, "", "", 3, result, NOW, NOW)


def test_clusters_have_hull_size_category_and_stability(scope: Scope) -> None:
    result = clusters()
    made = cluster_picture(OPENED, result, 8, {}, False)
    sheet = cluster_sheet(
        scope, OPENED, study(result), made, NAMES, 8, BOX, replace(CHOICE, layer="clusters"), FILTERS, NOW
    )
    table = same_in_every_format(sheet)
    assert table["rows"].tolist() == [40, 20] and table["category"].tolist() == ["Noise", "Noise"]
    assert [number for _, number, *_ in made.picture.lines] == table["cluster"].astype(str).tolist()
    assert table["legend"].tolist() == ["Stable (0.75 and more)", "Not to be trusted (below 0.6)"]
    assert table["stability"][0] == 0.9 and pd.isna(table["stability"][1])
    hulls = shapely.from_wkb(table["geometry"].to_list())
    assert hulls[0].equals(shapely.Polygon(result["clusters"][0]["hull"]))
    told, _ = lines_of_csv(sheet)
    assert told["Rows"] == "60 of 400 rows lie in clusters." and "1 Jan" in told["Range"] and "DBSCAN" in told["Note"]
    assert sheet.about["rows"] == 500 and sheet.about["radius_m"] == 80.0
    earlier = {name: value for name, value in result.items() if name not in ("from_at", "to_at", "as_of")}
    old = cluster_sheet(scope, OPENED, study(earlier), made, NAMES, 8, BOX, CHOICE, FILTERS, NOW)
    assert (old.about["from"], old.about["as_of"]) == (RANGE.from_at, None)
    pixels = pixels_of(sheet)
    assert all(painted(pixels, made.picture.swatches[item.swatch]).sum() > 5_000 for item in sheet.items)


def test_each_place_has_its_cluster_or_is_noise(scope: Scope) -> None:
    result = clusters()
    made = cluster_picture(OPENED, result, 8, {}, False)
    places = [h3.latlng_to_cell(lat, lon, 12) for lat, lon in ((41.85, -87.65), (41.855, -87.65), (41.85, -87.62))]
    far = h3.latlng_to_cell(41.89, -87.69, 12)
    members = {
        "cells": [far, places[2], places[0], places[1], places[0]],
        "categories": [None, "Noise", "Noise", "Trash", "Trash"],
        "clusters": [None, 2, 1, 1, 1], "rows": [340, 20, 25, 5, 10],
    }  # fmt: skip
    sheet = member_sheet(
        scope, OPENED, study(result), members, made, NAMES, 8, BOX, replace(CHOICE, layer="clusters"), FILTERS, NOW
    )
    table = same_in_every_format(sheet)
    assert table["cluster"].fillna(0).tolist() == [1, 1, 1, 2, 0] and table["rows"].tolist() == [25, 10, 5, 20, 340]
    assert table["membership"].tolist() == ["cluster"] * 4 + ["noise"] and table["legend"][4] == "Noise: in no cluster"
    sizes = {one["number"]: one["size"] for one in result["clusters"]}
    assert table.groupby("cluster")["rows"].sum().to_dict() == sizes and table["rows"].sum() == result["used"]
    assert [point.distance(shapely.Point(-87.65, 41.85)) < 0.0005 for point in shapely.from_wkb(table["geometry"])] == [
        True, True, False, False, False,
    ]  # fmt: skip
    told = dict(sheet.sentences)["Places"].replace("\xa0", " ")
    assert told == "5 lines of place and category with 400 rows; 100 rows not drawn by lot are left out"
    assert sheet.about["rows_left_out"] == 100 and sheet.about["places"] == 5
    pixels = pixels_of(sheet)
    assert all(painted(pixels, sheet.swatches[grade]).any() for grade in (0, 2, 3))


def test_risks_have_reasons_and_both_back_tests_in_the_header(scope: Scope) -> None:
    model, plain = Estimate(0.4, 0.3, 0.5), Estimate(0.25, 0.2, 0.3)
    test = Backtest(12, 0.05, 900, model, plain, Estimate(8, 6, 10), Estimate(5, 4, 6), Estimate(0.15, 0.1, 0.2),
                    (Calibration(10.0, 11.0, 70),))  # fmt: skip
    result = {
        "resolution": 8, "box": list(BOX), "days": 200, "first_on": "2025-11-01", "events": 900, "from_on": None,
        "cells": [[CELLS[0], 12.5, 0.13, [["own past", 2.0], ["season", 0.8]]], [CELLS[1], 80.0, 1.6, []]],
        "backtest": asdict(test), "sentence": test.sentence, "as_of": NOW.isoformat(),
    }  # fmt: skip
    drawn = risk_picture(OPENED, result, 8, {}, False)
    sheet = risk_sheet(scope, OPENED, study(result), drawn, NAMES, 8, replace(CHOICE, layer="risk"), FILTERS, NOW)
    table = same_in_every_format(sheet).set_index("h3")
    assert table.index.tolist() == [line[0] for line in drawn.lines] == [CELLS[1], CELLS[0]]
    assert table.loc[CELLS[0], ["score", "expected"]].tolist() == [12.5, 0.13]
    assert table["why"].tolist() == [line[-1] for line in drawn.lines]
    assert table.loc[CELLS[0], "factor: its own past"] == 2.0 and pd.isna(table.loc[CELLS[1], "factor: season"])
    told, _ = lines_of_csv(sheet)
    assert told["Back-test"] == test.sentence.replace("\u00a0", " ")
    assert told["Score, predictive accuracy index"] == "8.00 (6.00 to 10.00)"
    about = json.loads(geojson(sheet))["belvedere"]
    assert about["backtest"]["plain_hit"] == asdict(plain) and about["backtest"]["model_pai"]["value"] == 8
    assert (about["score_from"], about["score_to"], about["rows"]) == ("2026-05-20", "2026-05-27", 900)
    asked = looked_at(scope, study(result), CHOICE)
    assert map_file_name(scope, OPENED, asked, "png", NOW).endswith("-20251101-20260520.png")
    text = Image.open(io.BytesIO(png(sheet, True))).info
    assert text["Score, events in 5\u00a0% of the area"] == "40.0\u00a0% (30.0\u00a0% to 50.0\u00a0%)"
    assert text["Last four weeks' map, events in 5\u00a0% of the area"] == "25.0\u00a0% (20.0\u00a0% to 30.0\u00a0%)"


def test_where_most_scores_are_near_100_colours_tell_what_is_expected() -> None:
    result: dict[str, Any] = {
        "days": 200, "events": 900, "cells": [[cell, 99.9, 10.0 + n, []] for n, cell in enumerate(CELLS)],
    }  # fmt: skip
    drawn = risk_picture(OPENED, result, 8, {}, False)
    assert len({cell.swatch for cell in drawn.cells}) >= len(CELLS) - 1 and "most scores are near 100" in drawn.note
    result["cells"] = [[cell, 10.0 * n, 0.1, []] for n, cell in enumerate(CELLS)]
    assert "near 100" not in risk_picture(OPENED, result, 8, {}, False).note


def test_the_largest_clusters_have_their_number_before_districts_have_their_name() -> None:
    result = clusters()
    result["clusters"] = [result["clusters"][0] | {"number": n} for n in range(1, 15)]
    made = cluster_picture(OPENED, result, 8, {}, False)
    found = [label.name for label in cluster_labels(made, (Label("North", 0, 0), Label("43", 0, 0)))]
    assert found == [*map(str, range(1, 11)), "North", *map(str, range(11, 15))]


def test_unusual_clusters_are_shapes_of_all_their_hexagons(scope: Scope) -> None:
    cluster = PlaceCluster(1, date(2026, 5, 19), 1, date(2026, 5, 17), CELLS, 41.85, -87.65, 900.0, 30, 10.0, 9.0,
                           0.002, 500.0, (("Noise", 0.6, 0.2),))  # fmt: skip
    scan = PlaceScan(1, date(2026, 5, 19), date(2026, 3, 25), 8, 900, 900, 70, 5000, 500.0, "", NOW)
    listed = cards(episodes([cluster]), NAMES.of_hexagon)
    drawn = picture(listed, "Unusual clusters of cases", False)
    sheet = unusual_sheet(scope, OPENED, scan, Limit(365), listed, drawn, NAMES, BOX, CHOICE, NOW, "There are more.")
    assert dict(sheet.sentences)["Note"].endswith(". There are more.")
    table = same_in_every_format(sheet)
    assert table[["rows", "expected", "hexagons", "recurrence_days"]].loc[0].tolist() == [30, 10, 7, 500]
    assert table["times_as_many"][0] == 3 and table["where"][0] == listed[0].where and table["p"][0] == 0.002
    shape = shapely.from_wkb(table["geometry"][0])
    assert shape.geom_type == "Polygon" and all(
        shape.contains(shapely.Point(*reversed(h3.cell_to_latlng(one)))) for one in CELLS
    )
    assert "2026" in dict(sheet.sentences)["Range"] and sheet.about["limit_days"] == 365
    assert painted(pixels_of(sheet), drawn.swatches[listed[0].swatch]).sum() > 5_000


def test_patterns_hold_all_pairs_or_those_of_what_is_picked(scope: Scope) -> None:
    pairs = tuple(Pattern(CELLS[n % 7], f"Kind {n}", 9 + n, 3.25, 2.0 + n, 0.0001 * n) for n in range(130))
    found = Patterns("Category", pairs, 700)
    table = same_in_every_format(pattern_sheet(scope, SHOWN, found, (), NAMES, CHOICE, FILTERS, NOW))
    assert len(table) == 130 > len(lines_of(found, {}))
    assert table[["category", "rows", "expected", "times_as_many", "q"]].values.tolist() == [
        [one.category, one.rows, one.expected, one.lift, one.q] for one in pairs
    ]
    picked = Patterns("Category", (replace(pairs[0], index="here"),), 5)
    sheet = pattern_sheet(scope, SHOWN, picked, CELLS[:2], NAMES, CHOICE, FILTERS, NOW)
    one = same_in_every_format(sheet)
    assert (
        one["h3"][0].split() == list(CELLS[:2]) and "place and category, of 5 tested" in dict(sheet.sentences)["Pairs"]
    )


def test_hours_of_the_week_are_taken_along_with_those_that_never_were(scope: Scope) -> None:
    means = np.arange(168.0).reshape(7, 24)
    means[6, 23] = np.nan
    found = Rhythms((Rhythm("Opened", means, 900), Rhythm("Noise", means / 2, 400)), "Mean opened an hour")
    sheet = rhythm_sheet(scope, SHOWN, found, "in view", NAMES, CHOICE, FILTERS, NOW)
    told, lines = lines_of_csv(sheet)
    assert len(lines) == 336 and told["Note"] == "Mean opened an hour, in view." and "latitude" not in lines
    tuesday = lines[(lines["weekday"] == "Tue") & (lines["hour"] == 5)]
    assert tuesday["rows_an_hour"].tolist() == [29.0, 14.5] and pd.isna(lines["rows_an_hour"][167])
    held = pyarrow.parquet.read_table(io.BytesIO(parquet(sheet)))
    assert held["rows_an_hour"].to_pylist()[167] is None and sheet.about["rows_of"] == {"Opened": 900, "Noise": 400}


def repeats() -> Errand:
    asked = RepeatsAsk("grievance.cases", RANGE.from_at.isoformat(), RANGE.to_at.isoformat(), "category", "district")
    first = (NOW - timedelta(days=3)).isoformat()
    shares = {"raw": 1.5, "shrunk": 1.25, "low": 1.1, "high": 1.4}
    found = {
        "reports": 12, "total": 14, "incidents": 6, "ratio": 2.0, "largest": 6, "repeated": 2, "reason": "",
        "placed": [
            [41.85, -87.65, 6, first, "Noise", "North"], [41.851, -87.652, 2, first, "Water", "South"],
            *([41.86 + n / 1000, -87.66, 1, first, "Noise", "North"] for n in range(4)),
        ],
        "overall": 1.3, "standings": [
            {"rank": 1, "area": "North", "reports": 10, "incidents": 5, "differs": True, **shares},
            {"rank": 2, "area": "South", "reports": 2, "incidents": 1, "differs": False, **shares},
        ],
    }  # fmt: skip
    return Errand(7, 1, "repeats", "Cases", "done", 1.0, "", NOW, "ana", NOW, NOW, as_json(asked), found)


def test_incidents_and_the_league_table_hold_what_is_shown(scope: Scope) -> None:
    errand = repeats()
    shown = incident_map(errand.found, False, "America/Chicago")
    assert shown is not None and len(shown.marks.lines) == 2 and "2 were reported more than once" in shown.marks.note
    sheet = incident_sheet(scope, CASES, errand, shown, FILTERS, NOW)
    table = same_in_every_format(sheet)
    assert table["reports"].tolist() == [mark.rows for mark in shown.marks.marks] == [6, 2, 1, 1, 1, 1]
    assert table["area"][0] == "North" and table["legend"].tolist()[:3] == ["5 and more", "2 reports", "1 report"]
    assert shapely.from_wkb(table["geometry"][0]).equals(shapely.Point(-87.65, 41.85))
    told, _ = lines_of_csv(sheet)
    assert told["Rows"].startswith("12 of 14 reports were linked into 6 incidents") and sheet.about["within_m"] == 75.0
    league = league_sheet(scope, CASES, errand, FILTERS, NOW)
    told, lines = lines_of_csv(league)
    assert lines["area"].tolist() == ["North", "South"] and "latitude" not in lines and lines["ratio"][0] == 1.25
    assert told["Filters"] == "category is Noise" and "1.300 reports an incident" in told["Note"]
    held = pyarrow.parquet.read_table(io.BytesIO(parquet(league)))
    assert held["ratio_high"].to_pylist() == [1.4, 1.4] and b"geo" not in held.schema.metadata
    assert json.loads(held.schema.metadata[b"belvedere"])["incidents"] == 6
    assert incident_map(errand.found | {"placed": []}, False, "UTC") is None


PLACES = tuple(h3.grid_disk(h3.latlng_to_cell(41.85, -87.65, 8), 3))  # 37 hexagons


def effect(outcomes: Any, treated: tuple[str, ...] = PLACES[:2], **more: Any) -> Finding:
    """What is found for hexagons of which the treated ones have 6 less from week 30 on."""
    asked = EffectAsk(OPENED.qualified, "cell:8", treated, "2026-03-02")
    weeks = [(date(2025, 8, 4) + timedelta(weeks=n)).isoformat() for n in range(40)]
    found = {"weeks": weeks, "before": 30, "rows": 900, "rows_elsewhere": 80, "rows_unplaced": 20}
    found |= effects.judged(asked, PLACES, outcomes, 30) | more
    errand = Errand(8, 1, "effect", "Opened", "done", 1.0, "", NOW, "ana", NOW, NOW, effects.as_json(asked), found)
    return Finding(OPENED, CASES, errand, FILTERS)


def course(treated: int) -> Any:
    """Places that share two seasons, with noise; so many of them have 6 less from week 30 on."""
    rng, at = np.random.default_rng(4), np.arange(40)
    seasons = np.stack([np.ones(40), np.sin(at / 3), at / 40])
    loads = np.column_stack([rng.uniform(20, 40, 37), rng.uniform(0, 8, 37), rng.uniform(-5, 5, 37)])
    found = loads @ seasons + rng.normal(0, 1, (37, 40))
    found[:treated, 30:] -= 6
    return found


def test_an_effect_can_be_worked_out_again_from_its_files(scope: Scope) -> None:
    outcomes = course(2)
    finding = effect(outcomes)
    found = finding.errand.found
    told, weeks = lines_of_csv(week_sheet(scope, finding, NOW))
    after = weeks[weeks["phase"] == "after"]
    assert weeks["week"].tolist() == found["weeks"] and len(after) == 10 and after["week"].iloc[0] == "2026-03-02"
    np.testing.assert_allclose(weeks["treated"], outcomes[:2].mean(axis=0))
    assert after["difference"].mean() == pytest.approx(found["effect"]) and found["effect"] < -4
    table = same_in_every_format(place_sheet(scope, finding, NOW)).set_index("place")
    assert table.index[:2].tolist() == found["treated"] == list(PLACES[:2]) and table["weight"][:2].isna().all()
    beside = {cell for name in PLACES[:2] for cell in h3.grid_disk(name, 1)}
    assert set(table.index[2:]) == set(PLACES) - beside and (table["role"][2:] == "compared").all()
    mixed = table["weight"][2:]
    series = outcomes[[PLACES.index(name) for name in mixed.index]]
    np.testing.assert_allclose(mixed.to_numpy(float) @ series, weeks["synthetic"], atol=0.05)
    placebos = lines_of_csv(placebo_sheet(scope, finding, NOW))[1]
    compared = placebos[placebos["compared"] == "yes"]
    own = placebos[placebos["is_placebo"] == "no"].iloc[0]
    assert compared["ratio"].is_monotonic_decreasing and own["rank"] / len(compared) == pytest.approx(found["p"])
    low, high = np.quantile(compared["effect_alike"][compared["is_placebo"] == "yes"], [0.025, 0.975])
    assert [own["effect"] - high, own["effect"] - low] == pytest.approx([found["low"], found["high"]])
    assert set("; ".join(compared["places"]).split("; ")) <= set(table.index)
    told = dict(placebo_sheet(scope, finding, NOW).sentences)
    assert told["Chance of as much"] == f"{number(found['p'], 'percent')}, from {plural(found['placebos'], 'placebo')}"
    assert told["Rows"] == f"900 of {plural(1000, 'row')} lie in the places that are compared."
    assert told["Filters"] == FILTERS[0] and f"{found['low']:.2f}".replace("-", "−") in told["Change a week and place"]
    assert told["Change a week and place"].endswith("it is hardly chance") and found["p"] <= 0.05
    about = json.loads(geojson(place_sheet(scope, finding, NOW)))["belvedere"]
    assert (about["effect"], about["low"], about["p"]) == (found["effect"], found["low"], found["p"])
    assert (about["rows"], about["rows_elsewhere"], about["places"]) == (900, 80, len(table))
    assert painted(pixels_of(place_sheet(scope, finding, NOW)), place_sheet(scope, finding, NOW).swatches[0]).any()


def test_what_cannot_be_told_or_was_told_by_an_earlier_version_is_taken_along_as_far_as_it_goes(scope: Scope) -> None:
    outcomes = course(2)
    outcomes[:2] = 200 * (1 + np.arange(40) % 2)
    told, weeks = lines_of_csv(week_sheet(scope, effect(outcomes), NOW))
    assert told["Note"].startswith("Before the intervention no mixture") and "Chance of as much" not in told
    assert weeks["treated"].tolist() == outcomes[0].tolist() and weeks[["synthetic", "difference"]].isna().all(
        axis=None
    )
    earlier = effect(course(2))
    for name in ("controls", "trials", "rows"):
        del earlier.errand.found[name]
    table = lines_of_csv(place_sheet(scope, earlier, NOW))[1]
    assert table["weight"][2:].to_list() == sorted(earlier.errand.found["weights"].values(), reverse=True)
    assert lines_of_csv(week_sheet(scope, earlier, NOW))[0]["Rows"] == "not counted"
