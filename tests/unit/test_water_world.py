"""Can the stories of the made-up water utility be found in its rows, and do its towns agree with the pack?"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pandas as pd
import pytest

from data.settings import ROOT
from data.types import Workspace
from services.maps.networks import course_of
from services.model import load_pack
from services.simulate.worlds import make_world
from services.simulate.worlds.water_network import MAINS, SENSORS, TOWNS
from services.simulate.worlds.water_readings import DRIFT_DAYS, burst_on, drift_ends_on
from services.simulate.worlds.world import World
from tests.packs.worlds import frame

FIRST, LAST = date(2026, 2, 5), date(2026, 4, 8)
NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)


@lru_cache(maxsize=1)
def world() -> World:
    pack = load_pack(ROOT / "data" / "packs" / "water")
    return make_world(pack, Workspace(1, "county-water", "Water", "department", None, "America/Chicago"), 1.0)


@lru_cache(maxsize=1)
def history() -> dict[str, pd.DataFrame]:
    return {b.dataset.name: frame(b) for b in world().history(FIRST, LAST, NOW, "key", FIRST)}


def first_day(found: Callable[[date], object]) -> date:
    days = (FIRST + timedelta(days=n) for n in range(4, 55))
    return next(day for day in days if found(day))


def test_the_exposures_of_the_pack_are_the_mains_and_sensors_of_the_world() -> None:
    exposures = {e.name: dict(e.amounts) for e in load_pack(ROOT / "data" / "packs" / "water").exposures}
    for number, town in enumerate(TOWNS):
        km = sum(main.length_m for main in MAINS if main.town == number) / 1000
        assert exposures["main_length"][town.name] == pytest.approx(km, abs=0.001)
        assert exposures["sensors_installed"][town.name] == sum(sensor.town == number for sensor in SENSORS)
    standing = history()["pipelines"].drop_duplicates("pipeline_id", keep="last")
    in_service = standing[standing.abandoned_at.isna()]
    assert in_service.length_m.sum() / 1000 == pytest.approx(sum(exposures["main_length"].values()), abs=0.001)


def test_a_burst_main_is_a_fall_of_pressure_a_rise_of_flow_and_an_incident() -> None:
    day = first_day(burst_on)
    burst = burst_on(day)
    assert burst is not None
    midnight = pd.Timestamp(day, tz="America/Chicago").tz_convert("UTC").tz_localize(None)
    hours = [pd.Timedelta(hours=h) for h in (burst.start_h, burst.start_h + burst.lasts_h)]
    rows = history()["readings"]
    rows = rows[(rows.zone == burst.zone)]
    inside = rows.measured_at.between(midnight + hours[0], midnight + hours[1], inclusive="left")
    before = rows.measured_at.between(*(midnight + h - pd.Timedelta(days=1) for h in hours))
    means = {
        kind: [rows[mask & (rows.kind == kind)].value.mean() for mask in (inside, before)]
        for kind in ("pressure", "flow")
    }
    assert means["pressure"][0] < 0.65 * means["pressure"][1] and means["flow"][0] > 1.5 * means["flow"][1]
    assert (
        rows[inside & (rows.kind == "pressure")].score.min()
        > 0.8
        > rows[before & (rows.kind == "pressure")].score.median()
    )
    incidents = history()["incidents"]
    found = incidents[(incidents.kind == "break") & (incidents.zone == burst.zone) & (incidents.source == "sensor")]
    found = found[found.opened_at.between(midnight, midnight + hours[1])]
    assert len(found) == 1 and found.severity.item() == "critical" and found.lost_m3.item() > 300
    assert abs((found.repaired_at.item() - midnight - hours[1]).total_seconds()) < 60


def test_a_chlorine_sensor_drifts_until_it_is_set_right() -> None:
    day = first_day(lambda one: drift_ends_on(one) is not None)
    sensor = SENSORS[drift_ends_on(day) or 0]
    rows = history()["readings"]
    rows = rows[rows.sensor == sensor.key].set_index("measured_at").value
    spans = [rows[str(day + timedelta(days=a)) : str(day + timedelta(days=b))].mean() for a, b in ((-3, -2), (2, 3))]
    assert sensor.kind == "chlorine" and spans[1] - spans[0] > 0.35
    assert rows[str(day - timedelta(days=2)) : str(day - timedelta(days=1))].median() < 0.2
    calibrated = history()["sensors"].query("sensor_id == @sensor.key")
    offset = calibrated[calibrated.calibrated_at.dt.date == day].offset.item()
    assert offset == pytest.approx(-0.021 * (DRIFT_DAYS - 1), abs=0.01)


def test_towns_drink_by_day_and_sensors_measure_every_ten_or_fifteen_minutes() -> None:
    rows = history()["readings"]
    flow = rows[rows.kind == "flow"]
    hour = flow.measured_at.dt.tz_localize("UTC").dt.tz_convert("America/Chicago").dt.hour
    by_hour = flow.groupby(hour).value.mean()
    assert by_hour[7] > 2 * by_hour[3] and by_hour[19] > 1.5 * by_hour[3]
    gaps = rows.sort_values("measured_at").groupby("sensor").measured_at.diff().dt.total_seconds() / 60
    assert set(gaps.dropna().round().value_counts().head(2).index) == {10, 15} and gaps.max() > 90
    volumes = history()["volumes"].groupby("component").volume_m3.sum()
    assert 0.17 < 1 - volumes["billed"] / volumes.sum() < 0.25


def test_history_and_then_the_stream_end_where_a_later_history_ends() -> None:
    middle = datetime(2026, 3, 20, 17, 5, tzinfo=UTC)
    first = date(2026, 3, 12)
    begun = {b.dataset.name: b for b in world().history(first, date(2026, 3, 20), middle, "k", first)}
    later = {b.dataset.name: b for b in world().since(middle, NOW, "k", first)}
    whole = {b.dataset.name: b for b in world().history(first, LAST, NOW, "k", first)}
    for name, batch in whole.items():
        parts = pd.concat([frame(found[name]) for found in (begun, later) if name in found], ignore_index=True)
        expected, key = frame(batch), batch.dataset.key
        if key:
            parts, expected = (f.drop_duplicates(key, keep="last").sort_values(key) for f in (parts, expected))
        pd.testing.assert_frame_equal(
            parts.reset_index(drop=True), expected.reset_index(drop=True), check_dtype=False, obj=name
        )


def test_every_incident_on_a_main_names_one_of_the_register_that_lies_there() -> None:
    mains = history()["pipelines"].drop_duplicates("pipeline_id", keep="last").set_index("pipeline_id")
    on_mains = history()["incidents"].dropna(subset=["main"])
    assert len(on_mains) > 50 and set(on_mains["main"]) <= set(mains.index)
    ends = [course_of(text) for text in mains["path"]]
    assert all(len(course) == 2 for course in ends)
    for (west, east), lat, lon, metres in zip(ends, mains.lat, mains.lon, mains.length_m, strict=True):
        assert ((west[0] + east[0]) / 2, (west[1] + east[1]) / 2) == pytest.approx((lon, lat), abs=2e-6)
        north, across = (east[1] - west[1]) * 111_320, (east[0] - west[0]) * 111_320 * math.cos(math.radians(lat))
        assert math.hypot(north, across) == pytest.approx(metres, abs=0.5)
