"""Does the nightly scan raise false alarms as often as it says, find what is there, and say it in words?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import h3
import numpy as np

from data.types import Workspace
from data.unusual import PlaceCluster, PlaceScan
from services.maps.labels import Label
from services.maps.rarities import box_of, cards, episodes, labels_beside, left_out, nothing, picture
from services.maps.scans import WINDOW_DAYS, by_lot, clusters_in
from services.maps.unusual import Limit, is_due, next_scan
from services.spatial.scan import Scanned
from tests.support import make_scope

NIGHTS = 250
CELLS = tuple(sorted(h3.grid_disk(h3.latlng_to_cell(41.85, -87.65, 8), 1)))
CLUSTER = PlaceCluster(1, date(2026, 11, 20), 1, date(2026, 11, 18), CELLS, 41.85, -87.65, 900.0, 30, 10.0, 9.0, 0.002,
                       500.0, (("Noise", 0.6, 0.2), ("Parking", 0.2, 0.19)))  # fmt: skip


def test_false_alarms_come_as_often_as_the_recurrence_interval_says() -> None:
    """Of 250 nights of chance, with busy and quiet places and weekends, once in 10 nights is about 25."""
    rng = np.random.default_rng(8)
    lat, lon = rng.uniform(41.8, 41.9, 25), rng.uniform(-87.7, -87.6, 25)
    days = NIGHTS + WINDOW_DAYS
    often = rng.gamma(2, 0.1, 25)[:, None] * np.where(np.arange(days) % 7 < 5, 1.2, 0.5)[None, :]
    series = rng.poisson(often)
    values = []
    for night in range(NIGHTS):
        found = clusters_in(lat, lon, np.ascontiguousarray(series[:, night : night + WINDOW_DAYS]), night, 99)
        assert isinstance(found, Scanned)
        values.append(min((one.p for one in found.clusters), default=1.0))
    alarms = {once: sum(p <= 1 / once for p in values) for once in (2, 5, 10, 20)}
    # neighbouring nights share all but a day, so that alarms come in runs: about twice the spread of chance alone
    assert 90 <= alarms[2] <= 160 and 26 <= alarms[5] <= 74, alarms
    assert 8 <= alarms[10] <= 42 and 2 <= alarms[20] <= 25, alarms


def test_what_is_there_is_found_also_when_rows_are_drawn_by_lot() -> None:
    rng = np.random.default_rng(9)
    lat, lon = rng.uniform(41.8, 41.9, 40), rng.uniform(-87.7, -87.6, 40)
    counts = rng.poisson(6.0, (40, WINDOW_DAYS))
    near = np.argsort((lat - lat[0]) ** 2 + (lon - lon[0]) ** 2)[:3]
    counts[near, -4:] += 9
    for given in (counts, by_lot(counts, 8000, 1)):
        found = clusters_in(lat, lon, given, 1)
        assert isinstance(found, Scanned)
        one = found.clusters[0]
        assert one.p == 0.001 and set(near.tolist()) <= set(one.places) and one.first_day >= WINDOW_DAYS - 4
    drawn = by_lot(counts, 8000, 1)
    assert drawn.sum() == 8000 and (drawn <= counts).all() and by_lot(counts, 10**6, 1) is counts


def test_a_cluster_that_ended_before_the_last_day_is_no_alarm() -> None:
    counts = np.random.default_rng(10).poisson(1.0, (30, WINDOW_DAYS))
    counts[4, -20:-12] += 12
    lat = np.linspace(41.8, 41.9, 30)
    found = clusters_in(lat, lat - 129, counts, 1, 199)
    assert isinstance(found, Scanned) and all(one.p > 0.02 for one in found.clusters)


def test_each_night_is_scanned_once_and_the_next_time_is_told() -> None:
    scope = make_scope(Workspace(1, "town", "Town", "municipality", None, "America/Chicago"))
    at = datetime(2026, 11, 21, 7, 25, tzinfo=UTC)  # 01:25 there
    scanned = PlaceScan(1, date(2026, 11, 19), date(2026, 9, 25))
    hours = [at + timedelta(hours=n) for n in range(30)]
    assert is_due(scope, None, at) and not is_due(scope, scanned, at) and is_due(scope, scanned, hours[1])
    assert next_scan(scope, replace(scanned, last_on=date(2026, 11, 20)), hours) == hours[25]
    assert next_scan(scope, scanned, []) is None


def test_clusters_of_several_nights_are_told_as_one() -> None:
    before = replace(CLUSTER, last_on=date(2026, 11, 19), cells=CELLS[:2], recurrence_days=400.0)
    elsewhere = replace(CLUSTER, cells=("881f1d4881fffff",), recurrence_days=800.0, categories=())
    found = episodes([elsewhere, CLUSTER, before])
    assert [(one.cluster, one.nights) for one in found] == [(elsewhere, 1), (CLUSTER, 2)]
    second = cards(found, {CELLS[0]: "Hill", CELLS[1]: "Lake"})[1]
    assert (second.where, second.days, second.swatch) == ("Hill, Lake", "18 – 20 Nov 2026", 1)
    assert second.counted == "30\xa0rows where 10.0 are expected (3.0 ×), within 0.9 km"
    assert second.about == "Mainly Noise (60\u00a0%, 3.0 × the usual share), Parking (20\u00a0%)"
    assert second.rare == ("Such a cluster would arise by chance once in 16 months (p = 0.002). Found in 2 nights.")
    drawn = picture(cards(found, {}), "Unusual", False)
    assert {cell.index for cell in drawn.cells} == {*CELLS, "881f1d4881fffff"}
    labels = [Label("On it", -87.65, 41.85), Label("Beside", -87.5, 41.85)]
    assert [label.name for label in labels_beside(labels, cards(found, {}))] == ["Beside"]
    west, south, east, north = box_of(CLUSTER)
    assert all(west < lon < east and south < lat < north for lat, lon in map(h3.cell_to_latlng, CELLS))
    title, text = nothing(PlaceScan(1, date(2026, 11, 20), date(2026, 9, 25), rarest_days=5.0), Limit(365), 1, True)
    assert title == "Nothing unusual last night" and "once in a year" in text and "once in 5 days" in text


def test_clusters_that_are_not_shown_are_said() -> None:
    nights = [replace(CLUSTER, number=1 + n % 20) for n in range(200)]
    assert left_out(nights[:19]) == ""
    assert left_out(nights[:20]) == "Of a night's clusters the 20 least likely are kept."
    assert left_out(nights).endswith("The newest 200 clusters of these nights are shown.")
