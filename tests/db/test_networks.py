"""Are the numbers of lines those of the rows that name them, do they lie where they should, is each state true?"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from data.model import Pack
from data.types import Filter, Scope, TimeRange
from services import model
from services.exports.map_files import csv_text, geojson, kml, parquet
from services.exports.map_images import MARGIN, png
from services.exports.wires import network_sheet
from services.ingest import ingest_rows
from services.maps import networks
from services.maps import posts as sensors_module
from services.maps.choices import MapChoice
from services.maps.networks import Network, course_of, network, sentence
from services.maps.posts import OUTSIDE, SILENT, STATES, UNUSED, UNUSUAL, Posts, posts
from services.maps.wiring import wiring
from services.spatial.rates import smooth
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
RANGE = TimeRange(NOW - timedelta(days=30), NOW)
EARLIER = NOW - timedelta(days=200)
M_NORTH = 1 / 111_320


def main(name: str, metres: float, **more: Any) -> dict[str, Any]:
    return {"pipeline_id": name, "installed_at": EARLIER.isoformat(), "element": "pipe", "length_m": metres} | more


def burst(number: int, main_id: str, at: datetime, lat: float, kind: str = "break") -> dict[str, Any]:
    return {
        "incident_id": f"i{number}", "opened_at": at.isoformat(), "kind": kind, "status": "closed", "main": main_id,
        "lat": lat, "lon": -90.05,
    }  # fmt: skip


def sensor(name: str, kind: str, status: str = "in use") -> dict[str, Any]:
    return {
        "sensor_id": name, "installed_at": EARLIER.isoformat(), "kind": kind, "status": status, "lat": 41.3, "lon": -90,
    }  # fmt: skip


def reading(name: str, kind: str, value: float, minutes: int, score: float = 0.1) -> dict[str, Any]:
    at = NOW - timedelta(minutes=minutes)
    return {"measured_at": at.isoformat(), "kind": kind, "sensor": name, "value": value, "score": score}


@pytest.fixture(scope="module")
def town(database: str) -> Scope:
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    mains = [
        main("A", 500, path="-90.05 41.33, -90.05 41.334", material="CI"),
        main("B", 2000, path="LINESTRING (1 2, 3 4)"),
        main("C", 200), main("D", 100), main("E", 1000, lat=41.35, lon=-90.1),
    ]  # fmt: skip
    breaks = [burst(n, "A", NOW - timedelta(days=n + 1), 41.33) for n in range(3)]
    breaks += [burst(10, "B", NOW - timedelta(days=2), 41.33), burst(11, "X", NOW - timedelta(days=2), 41.33)]
    # C has no course: it lies where it broke, the last place is too far off; one break is before the range
    breaks += [burst(20 + n, "C", NOW - timedelta(days=3), 41.34 + n * 50 * M_NORTH) for n in range(3)]
    breaks += [burst(30, "C", EARLIER, 41.34 + 150 * M_NORTH), burst(31, "C", NOW - timedelta(days=4), 41.5)]
    breaks += [burst(40, "A", NOW - timedelta(days=5), 41.33, kind="leak")]
    sensors = [
        sensor("fine", "pressure"), sensor("low", "pressure"), sensor("odd", "pressure"), sensor("quiet", "flow"),
        sensor("gone", "flow", "retired"),
    ]  # fmt: skip
    readings = [
        reading("fine", "pressure", 5.0, 10), reading("fine", "pressure", 6.0, 20), reading("low", "pressure", 1.0, 10),
        reading("odd", "pressure", 5.0, 10, score=0.9),
        reading("quiet", "flow", 20, 300), reading("gone", "flow", 9, 5),
    ]  # fmt: skip
    for dataset, rows in (("pipelines", mains), ("incidents", breaks), ("sensors", sensors), ("readings", readings)):
        done = ingest_rows(scope, f"water.{dataset}", rows, None, NOW)
        assert not done.rejected, done
    return scope


@pytest.fixture
def pack(town: Scope) -> Pack:
    return model.current().pack("water")


def shown(town: Scope, pack: Pack, name: str = "breaks", **parts: Any) -> Network:
    metric = next(m for m in pack.metrics if m.name == name)
    given: dict[str, Any] = {"where": (), "box": None, "resolution": None, "scale": "quantiles"} | parts
    return network(town, pack, metric, MapChoice("network", metric.qualified, RANGE, **given), NOW)


def test_each_line_has_the_rows_that_name_it_and_its_own_course(town: Scope, pack: Pack) -> None:
    found = shown(town, pack)
    lines = {line.name: line for line in found.lines}
    assert {name: line.value for name, line in lines.items()} == {"A": 3, "B": 1, "C": 4, "E": 0}
    assert lines["A"].course == ((-90.05, 41.33), (-90.05, 41.334)) and lines["E"].course == ((-90.1, 41.35),)
    assert lines["B"].course == ((1.0, 2.0), (3.0, 4.0)) and not lines["B"].is_seen and lines["C"].is_seen
    wanted = [41.34, 41.34 + 50 * M_NORTH, 41.34 + 100 * M_NORTH, 41.34 + 150 * M_NORTH]
    assert sorted(lat for _, lat in lines["C"].course) == pytest.approx(wanted, abs=2e-6)
    along = [lat for _, lat in lines["C"].course]
    assert along in (sorted(along), sorted(along, reverse=True))
    assert (found.without, found.elsewhere) == (1, 1)
    assert "4 pipelines of 5 have a place" in sentence(found) and "1\N{NO-BREAK SPACE}row names" in sentence(found)


def test_rates_are_by_kilometre_and_drawn_to_the_mean_of_all_lines(town: Scope, pack: Pack) -> None:
    lines = {line.name: line for line in shown(town, pack).lines}
    assert {name: line.rate for name, line in lines.items()} == {"A": 6.0, "B": 0.5, "C": 20.0, "E": 0.0}
    wanted = smooth(np.array([3.0, 1, 4, 0, 0]), np.array([0.5, 2, 0.2, 0.1, 1]))
    assert [lines[name].smoothed for name in "ABC"] == pytest.approx(wanted.smoothed[:3].tolist())
    leaks = shown(town, pack, "leaks", where=(Filter("kind", "in", ("leak",)),))
    assert {line.name: line.value for line in leaks.lines if line.value} == {"A": 1}


def test_a_number_that_no_line_tells_leaves_lines_without_a_colour(town: Scope, pack: Pack) -> None:
    found = shown(town, pack, "calibrations")
    assert not found.is_measured and "is not told by pipelines" in sentence(found)
    drawn = wiring(found, Posts(), MapChoice("network", "", RANGE, (), None, None, "quantiles"), False)
    assert len(drawn.picture.swatches) == 1 and not drawn.picture.lines


def test_a_sensor_is_as_its_newest_readings_say(town: Scope, pack: Pack) -> None:
    there = posts(town, pack, NOW)
    found = {post.name: post for post in there.shown}
    states = {"fine": 0, "low": OUTSIDE, "odd": UNUSUAL, "quiet": SILENT, "gone": UNUSED}
    assert {name: post.state for name, post in found.items()} == states
    assert found["fine"].shown.startswith("5.5") and found["fine"].readings == 2 and "bar" in found["fine"].shown
    drawn = wiring(shown(town, pack), there, MapChoice(
        "network", "water.breaks", RANGE, (), None, None, "quantiles", show="rate"), False)  # fmt: skip
    assert [swatch.text for swatch in drawn.posts_picture.swatches] == [f"{said} (1)" for said in STATES]
    assert drawn.picture.lines[0][1].endswith("name=C") and drawn.picture.lines[0][-2] == "20.0"
    assert drawn.posts_picture.lines[0][3] == "Out of its range"


def test_a_network_is_taken_along_with_its_lines_and_states(town: Scope, pack: Pack) -> None:
    choice = MapChoice("network", "water.breaks", RANGE, (), None, None, "quantiles", show="number")
    found, there = shown(town, pack), posts(town, pack, NOW)
    sheet = network_sheet(town, found, there, wiring(found, there, choice, False), choice, ["none"], NOW)
    features = {f["id"]: f for f in json.loads(geojson(sheet))["features"]}
    told = {name: f["properties"]["number"] for name, f in features.items() if f["properties"]["kind"] == "pipeline"}
    assert told == {"A": 3, "B": 1, "C": 4, "E": 0} and features["C"]["properties"]["per_km"] == 20.0
    assert features["A"]["geometry"] == {"type": "LineString", "coordinates": [[-90.05, 41.33], [-90.05, 41.334]]}
    assert features["low"]["properties"]["state"] == "Out of its range" and features["E"]["geometry"]["type"] == "Point"
    assert sheet.about["as_of"] == NOW - timedelta(days=1)  # of the newest incident
    lines = csv_text(sheet).decode("utf-8-sig").splitlines()
    assert any(line.startswith("# Lines: 4") for line in lines) and b"<LineString>" in kml(sheet)
    assert len(pyarrow.parquet.read_table(io.BytesIO(parquet(sheet)))) == len(features) == 9
    near = replace(choice, box=(-90.06, 41.325, -90.04, 41.345))
    pixels = np.asarray(Image.open(io.BytesIO(png(replace(sheet, choice=near, box=near.box), False))).convert("RGB"))
    colour = sheet.swatches[next(item.swatch for item in sheet.items if item.key == "C")].colour
    drawn = np.abs(pixels.astype(int) - colour).sum(axis=2)[: -MARGIN - 34 * 3] < 30  # without the legend
    rows = np.flatnonzero(drawn.any(axis=1))
    assert rows.max() - rows.min() == pytest.approx(150 * M_NORTH / 0.02 * 1120, rel=0.15)  # as long as it is


def test_of_too_many_lines_and_posts_those_that_matter_are_shown_and_the_others_said(
    town: Scope, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {line.name: line for line in shown(town, pack).lines}
    monkeypatch.setattr(networks, "MOST_LINES", 2)
    monkeypatch.setattr(sensors_module, "MOST_POSTS", 3)
    found, there = shown(town, pack), posts(town, pack, NOW)
    assert {line.name: line for line in found.lines} == {name: everything[name] for name in "AC"}  # the same rates, too
    assert (found.registered, found.without, found.cut_rows, found.elsewhere) == (5, 0, 1, 1)
    said = sentence(found).replace("\u00a0", " ")
    assert said.startswith("2 of 5 pipelines shown: those with most main breaks; 2 of them have a place.")
    assert "1 row names one that is not shown. 1 row names one without a place or one that is not registered." in said
    assert [post.name for post in there.shown] == ["low", "odd", "quiet"] and there.states == (1,) * 5
    assert there.cut_said == "3 of 5 shown: those that need a look first"
    choice = MapChoice("network", "water.breaks", RANGE, (), None, None, "quantiles")
    drawn = wiring(found, there, choice, False)
    assert [swatch.text for swatch in drawn.posts_picture.swatches] == [f"{said} (1)" for said in STATES]
    sheet = network_sheet(town, found, there, drawn, choice, ["none"], NOW)
    head = csv_text(sheet).decode("utf-8-sig").replace("\u00a0", " ")
    assert "# Rows: 2 of 5 pipelines shown" in head
    assert "# Lines: 2 lines and 3 sensors; sensors: 3 of 5 shown: those that need a look first" in head
    assert {name: sheet.about[name] for name in ("lines", "lines_registered", "sensors", "sensors_with_place")} == {
        "lines": 2, "lines_registered": 5, "sensors": 3, "sensors_with_place": 5
    }  # fmt: skip
    assert sheet.about["rows_of_lines_not_shown"] == 1
    leaks = shown(town, pack, "calibrations")
    assert leaks.kept == 2 and "2 of 5 pipelines shown: the first by name" in sentence(leaks)


def test_a_line_lies_where_the_newest_of_its_rows_do(town: Scope, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_MOST_PLACES", 3)
    course = next(line for line in shown(town, pack).lines if line.name == "C").course
    assert sorted(lat for _, lat in course) == pytest.approx([41.34 + n * 50 * M_NORTH for n in range(3)], abs=2e-6)


def test_the_points_of_a_line_are_read_or_left_out() -> None:
    assert course_of("1 2, 3 4") == course_of("LINESTRING (1 2, 3 4)") == ((1.0, 2.0), (3.0, 4.0))
    assert course_of("") == course_of("541741.1 4812353.8, 1 2") == course_of("here, there") == ()
