"""Is the scan SaTScan's where its result is published, and Kulldorff's formula counted by hand elsewhere?"""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import hypergeom

from data.settings import ROOT
from data.types import CannotTell
from services.spatial.circles import Circle, circles, most_likely_circle
from services.spatial.earth import in_space
from services.spatial.scan import Scanned, Scanning, scan, spelled
from services.spatial.scanning import log_ratio, replicas

FOLDER = ROOT.parent / "shared" / "data" / "geo" / "scan_ny"


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no public data in {FOLDER}")
def test_the_leukaemia_of_new_york_is_satscans() -> None:
    """SaTScan 9.6 on Cartesian coordinates, circles up to half of the people: 28 tracts, 100 cases, ratio 14.083511."""
    cases, people, spots = (np.loadtxt(FOLDER / f"satscan_ny_{name}.txt") for name in ("cases", "pop", "coords"))
    assert np.array_equal(cases[:, 0], spots[:, 0]) and np.array_equal(people[:, 0], spots[:, 0])
    found = most_likely_circle(spots[:, [2, 1]], cases[:, 1], people[:, 2], replicas=199)
    assert isinstance(found, Circle)
    assert (found.places[0] + 1, len(found.places), found.observed) == (52, 28, 100)
    assert found.expected == pytest.approx(58.28, abs=0.005) and found.ratio == pytest.approx(14.083511, abs=1e-6)
    assert found.p <= 0.01
    # the order and radius that the tests of the R package smerc have, from the same run
    locations = [
        52,
        50,
        37,
        49,
        38,
        48,
        53,
        39,
        15,
        47,
        51,
        1,
        40,
        44,
        16,
        2,
        55,
        36,
        14,
        43,
        13,
        45,
        3,
        35,
        17,
        11,
        12,
        46,
    ]
    assert [place + 1 for place in found.places] == locations and found.radius == pytest.approx(0.087, abs=5e-4)


def test_the_ratio_by_hand() -> None:
    assert log_ratio(8.0, 2.0, 20.0) == pytest.approx(8 * log(4) + 12 * log(12 / 18))
    assert log_ratio(20.0, 5.0, 20.0) == pytest.approx(20 * log(4))
    assert log_ratio(2.0, 2.0, 20.0) == log_ratio(1.0, 2.0, 20.0) == log_ratio(0.0, 0.0, 20.0) == 0


def test_circles_grow_from_the_centre_up_to_share_and_radius() -> None:
    spots = np.array([[0.0], [1.0], [3.0], [7.0]])
    every = circles(spots, np.ones(4), share=1.0)
    assert every.count == 16 and every.nearest[every.starts[1] : every.starts[2]].tolist() == [1, 0, 2, 3]
    assert circles(spots, np.ones(4), share=0.5).count == 8
    near = circles(spots, np.ones(4), share=1.0, radius=2.0)
    assert np.diff(near.starts).tolist() == [2, 3, 2, 1]
    assert circles(spots, np.array([9.0, 1, 1, 1]), share=0.5).starts[1] == 1


def everything(lat: np.ndarray, lon: np.ndarray, place: np.ndarray, day: np.ndarray, wanted: Scanning) -> float:
    """The largest ratio of all cylinders, each counted anew from the events."""
    best, total = 0.0, day.size
    drawn = circles(in_space(lat, lon), np.bincount(place, minlength=lat.size).astype(float), wanted.share)
    for centre in range(lat.size):
        row = drawn.nearest[drawn.starts[centre] : drawn.starts[centre + 1]]
        for size in range(1, row.size + 1):
            inside = np.isin(place, row[:size])
            for end in [day.max()] if wanted.alive else range(day.min(), day.max() + 1):
                for begin in range(max(day.min(), end - wanted.longest_days + 1), end + 1):
                    during = (day >= begin) & (day <= end)
                    count = int((inside & during).sum())
                    if count >= wanted.least:
                        best = max(best, log_ratio(float(count), inside.sum() * during.sum() / total, float(total)))
    return best


@pytest.mark.parametrize("alive", [True, False])
def test_the_best_cylinder_is_the_best_of_all_counted_one_by_one(alive: bool) -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(41, 42, 12), rng.uniform(-88, -87, 12)
    place, day = rng.integers(0, 12, 150), rng.integers(100, 115, 150)
    wanted = Scanning(longest_days=4, alive=alive, replicas=99)
    found = scan(lat, lon, place, day, wanted)
    assert isinstance(found, Scanned)
    assert found.clusters[0].ratio == pytest.approx(everything(lat, lon, place, day, wanted))
    one = found.clusters[0]
    here, now = np.isin(place, one.places), (day >= one.first_day) & (day <= one.last_day)
    assert one.observed == (here & now).sum() and one.expected == pytest.approx(here.sum() * now.sum() / 150)
    members = [p for cluster in found.clusters for p in cluster.places]
    assert len(members) == len(set(members)) and (one.last_day == day.max() or not alive)
    assert (one.recurrence_days is not None) == (one.says is not None) == alive


@pytest.mark.parametrize("alive", [True, False])
def test_a_replica_is_scanned_as_the_events_are(alive: bool) -> None:
    """The largest ratio of a replica is that of its own dealt days, which two places and two days make plain.

    Ten events at each of two places, ten on each of two days: with k of the first place's on the first day, the largest
    ratio has max(k, 10 - k) where 5 are expected, and k is hypergeometric.
    """
    place, day = np.repeat([0, 1], 10), np.tile([0, 1], 10)
    drawn = circles(np.array([[0.0], [1.0]]), np.array([10.0, 10.0]))
    best = np.zeros(4000)
    replicas(place, day, drawn.starts, drawn.nearest, 2, 1, 1, int(alive), 5, 0, 4000, best)
    chance = hypergeom(20, 10, 10)
    for k in (5, 6, 7, 8):
        share = (best <= log_ratio(float(k), 5.0, 20.0) + 1e-9).mean()
        assert share == pytest.approx(chance.cdf(k) - chance.cdf(9 - k), abs=0.035)


def test_a_planted_outbreak_is_found_and_chance_is_not_called_one() -> None:
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(41, 42, 80), rng.uniform(-88, -87, 80)
    place, day = rng.integers(0, 80, 3000), rng.integers(0, 90, 3000)
    quiet = scan(lat, lon, place, day, Scanning(seed=1, replicas=199))
    assert isinstance(quiet, Scanned) and quiet.clusters[0].p > 0.02
    near = circles(in_space(lat, lon), np.ones(80)).nearest[:4]
    place, day = np.append(place, rng.choice(near, 25)), np.append(day, rng.integers(86, 90, 25))
    found = scan(lat, lon, place, day, Scanning(seed=1))
    assert isinstance(found, Scanned)
    one = found.clusters[0]
    assert one.p == 0.001 and set(near.tolist()) & set(one.places) and one.first_day >= 84 and one.last_day == 89
    assert (
        one.recurrence_days == pytest.approx(1000)
        and one.says == "such a cluster would arise by chance once in 2.7 years"
    )
    again = scan(lat, lon, place, day, Scanning(seed=1))
    assert again == found


def test_p_values_are_uniform_when_nothing_happens() -> None:
    """Of 60 sets of chance about a twentieth has p up to 0.05 and about half up to 0.5."""
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(41, 42, 15), rng.uniform(-88, -87, 15)
    values = []
    for _ in range(60):
        found = scan(lat, lon, rng.integers(0, 15, 200), rng.integers(0, 20, 200), Scanning(5, replicas=99))
        assert isinstance(found, Scanned)
        values.append(found.clusters[0].p if found.clusters else 1.0)
    assert sum(p <= 0.05 for p in values) <= 9 and 18 <= sum(p <= 0.5 for p in values) <= 42


def test_what_cannot_be_told_and_how_intervals_are_spelled() -> None:
    spots = np.array([0.0, 1.0])
    few = np.zeros(3, np.int64)
    assert isinstance(scan(spots, spots, few, few, Scanning()), CannotTell)
    assert isinstance(scan(spots, spots, np.zeros(20, np.int64), np.zeros(20, np.int64), Scanning()), CannotTell)
    spelt = {1: "1 day", 13: "13 days", 30: "4 weeks", 426: "14 months", 1000: "2.7 years", 4000: "11 years"}
    assert {days: spelled(days) for days in spelt} == spelt
