"""Are reports of one incident linked and no others, and is a league table shrunk as it should be?"""

from __future__ import annotations

import numpy as np
import pytest

from data.types import CannotTell
from services.spatial.incidents import Incidents, League, Linking, gamma_poisson, league, link

METRE = 1 / 111_195.08  # degrees of latitude


def linked(rows: list[tuple[float, float, str]], limits: Linking = Linking(50, 24)) -> Incidents:
    """Incidents of reports given as metres north, hours, category."""
    north, hours = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    kinds = np.array([row[2] for row in rows])
    return link(45 + north * METRE, np.full(len(rows), -73.0), hours, kinds, limits)


def test_near_in_place_and_time_and_of_one_category_is_one_incident() -> None:
    found = linked([(0, 0, "leak"), (49, 23, "leak"), (0, 1, "noise"), (-51, 2, "leak"), (0, 25, "leak")])
    assert found.incident.tolist() == [0, 0, 1, 2, 3]
    assert found.reports.tolist() == [2, 1, 1, 1] and found.first.tolist() == [0, 2, 3, 4]
    assert found.ratio == 5 / 4 and found.lat[0] == pytest.approx(45 + 24.5 * METRE)


def test_an_incident_does_not_grow_along_the_street() -> None:
    found = linked([(40 * step, step, "leak") for step in range(5)])
    assert found.incident.tolist() == [0, 0, 1, 1, 2]


def test_reports_join_the_nearest_incident_in_whatever_order_they_come() -> None:
    rows = [(70.0, 3.0, "leak"), (0.0, 1.0, "leak"), (100.0, 2.0, "leak"), (45.0, 4.0, "leak")]
    found = linked(rows, Linking(60, 24))
    assert found.first.tolist() == [1, 2] and found.incident.tolist() == [1, 0, 1, 0]


def test_every_linked_pair_is_within_the_limits_and_lone_reports_are_not() -> None:
    rng = np.random.default_rng(2)
    north, hours = rng.uniform(0, 2000, 400), rng.uniform(0, 200, 400)
    kinds = rng.choice(["a", "b"], 400)
    found = linked(list(zip(north.tolist(), hours.tolist(), kinds.tolist(), strict=True)))
    first = found.first[found.incident]
    assert (np.abs(north - north[first]) <= 50.001).all() and (kinds == kinds[first]).all()
    later = hours - hours[first]
    assert (later >= 0).all() and (later <= 24).all() and found.reports.sum() == 400
    for row in found.first:
        earlier = [
            one for one in found.first
            if one != row and kinds[one] == kinds[row] and 0 <= hours[row] - hours[one] <= 24
        ]  # fmt: skip
        assert all(abs(north[one] - north[row]) > 49.999 for one in earlier)


def test_shrinking_by_hand() -> None:
    """Rates 2/4, 0/2, 10/10: m = 0.75; s2 = (4 x 0.0625 + 2 x 0.5625 + 10 x 0.0625) / 16 = 0.125; the mean exposure
    16/3 takes 0.75 / 5.333 = 0.140625 off, so that nothing is left: all are 0.75. With 20 of 10 there is more.
    """
    none, low, high = gamma_poisson(np.array([2.0, 0, 10]), np.array([4.0, 2, 10]))
    assert none == pytest.approx([0.75] * 3, abs=1e-6) and (high - low < 0.01).all()
    events, exposure = np.array([2.0, 0, 20]), np.array([4.0, 2, 10])
    mean = 22 / 16
    spread = (4 * (0.5 - mean) ** 2 + 2 * mean**2 + 10 * (2 - mean) ** 2) / 16
    variance = spread - mean / (16 / 3)
    weight = variance / (variance + mean / exposure)
    shrunk, low, high = gamma_poisson(events, exposure)
    assert shrunk == pytest.approx(mean + weight * (events / exposure - mean))
    assert ((low < shrunk) & (shrunk < high)).all()


def made(areas: dict[str, tuple[int, int]]) -> tuple[np.ndarray, Incidents]:
    """Areas with so many incidents of so many reports each."""
    names = [name for name, (count, _) in areas.items() for _ in range(count)]
    size = np.array([each for count, each in areas.values() for _ in range(count)], np.int64)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    where = np.repeat(np.array(names), size)
    return where, Incidents(np.repeat(np.arange(len(size)), size), size, first, size * 0.0, size * 0.0)


def test_a_small_area_does_not_lead_the_table_by_chance() -> None:
    areas = {"tiny": (1, 4), "often": (200, 3), "usual": (200, 2), "seldom": (200, 1)}
    table = league(*made(areas))
    assert isinstance(table, League)
    by = {one.area: one for one in table.standings}
    assert (by["tiny"].raw, by["often"].raw, table.overall) == (4, 3, pytest.approx(1204 / 601))
    assert [one.area for one in table.standings][:1] == ["often"] and by["often"].rank == 1
    assert by["tiny"].shrunk < by["often"].shrunk and not by["tiny"].differs and by["often"].differs
    assert by["tiny"].high - by["tiny"].low > 4 * (by["often"].high - by["often"].low)


def test_intervals_hold_the_true_rate_about_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(6)
    exposure = rng.integers(5, 80, 400).astype(np.float64)
    truth = rng.gamma(4, 0.25, 400)
    _, low, high = gamma_poisson(rng.poisson(truth * exposure).astype(np.float64), exposure)
    assert 0.92 < ((low <= truth) & (truth <= high)).mean() < 0.98


def test_a_table_of_too_little_is_not_made() -> None:
    assert isinstance(league(*made({"a": (5, 2), "b": (5, 2)})), CannotTell)
    assert isinstance(league(*made({"a": (5, 1), "b": (5, 1), "c": (5, 1)})), CannotTell)
