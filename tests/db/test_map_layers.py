"""Are courses, frames, points, hours and categories on the map those of the rows, counted without our own code?"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pytest

from data.model import Metric, Pack
from data.types import TimeRange
from services.maps.hexes import placed_dataset
from services.maps.labels import names
from services.maps.patterns import patterns
from services.maps.pictures import Picture
from services.maps.playback import film, reel, running
from services.maps.points import groups, points
from services.maps.rhythms import left_out, rhythms, without_hours
from services.maps.sides import Sides, sides
from services.maps.trends import course, trend_map
from services.maps.views import picture
from tests.db.test_maps import NOW, RANGE, choice, city, counted, hexagon, opened, pack, shown

__all__ = ["city", "opened", "pack"]  # fixtures
ZONE = ZoneInfo("America/Chicago")


def at(one: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(one["opened_at"])


def placed(rows: list[dict[str, Any]], span: TimeRange = RANGE) -> list[dict[str, Any]]:
    """The rows of the city that are in the range and have a place there."""
    return [one for one in rows if "lat" in one and one["lat"] > 0 and span.from_at <= at(one) < span.to_at]


def test_the_course_of_a_hexagon_is_that_of_its_rows(city: Any, pack: Pack, opened: Metric) -> None:
    seen = shown(city, pack, opened, resolution=7)
    found = trend_map(city[0], placed_dataset(pack, opened), seen, choice(opened, resolution=7), NOW)
    assert found.steps is not None and found.steps.count >= 10 and found.steps.title == "day"
    corner = h3.latlng_to_cell(41.83, -87.66, 7)
    mine = [one for one in placed(city[1]) if hexagon(one, 7) == corner]
    by_step = [sum(a <= at(one) < b for one in mine) for a, b in pairwise(found.steps.edges)]
    hot = next(t for t in found.hexagons if t.index == corner)
    indexes, series = course(city[0], placed_dataset(pack, opened), seen, choice(opened), found.steps, NOW)
    assert series[indexes.index(corner)].tolist() == by_step and sum(by_step) > 200
    assert hot.kind.endswith("hot") and hot.steps_hot > 5 and hot.steps_cold == 0
    assert hot.value == len(mine)
    ages = next(m for m in pack.metrics if m.shape == "percentile")
    assert trend_map(city[0], placed_dataset(pack, opened), shown(city, pack, ages), choice(ages), NOW).reason


def test_frames_add_up_to_the_map_and_have_one_scale(city: Any, pack: Pack, opened: Metric) -> None:
    asked = choice(opened, resolution=7)
    seen = shown(city, pack, opened, resolution=7)
    found = film(city[0], seen, asked, False, NOW)
    rows = placed(city[1])
    assert sum(sum(v or 0 for v in frame) for frame in found.values) == len(rows)
    day = (NOW - timedelta(days=3)).astimezone(ZONE).date()
    frame = next(i for i, title in enumerate(found.titles) if title == f"{day:%a} {day.day} {day:%b %Y}")
    wanted = Counter(hexagon(one, 7) for one in rows if at(one).astimezone(ZONE).date() == day)
    assert {c: v for c, v in zip(found.cells, found.values[frame], strict=True) if v} == dict(wanted)
    sums = {c: running(course)[-1] for c, course in zip(found.cells, zip(*found.values, strict=True), strict=True)}
    assert sums == {cell: float(n) for cell, n in counted(city[1], 7, seen.box).items()}
    drawn = reel(found, ())
    assert len(drawn["outlines"]) == len(found.cells) and len(drawn["values"]) == len(found.titles)
    inside = [part for outline in drawn["outlines"] for part in outline[::2]]
    assert -5000 < min(inside) < max(inside) < 15_000 and len(drawn["legends"]) == 2 and drawn["border"] == []
    west, _, _, north = found.box
    corner = [[west, north], [west, north - 0.1], [west + 0.1, north], [west, north]]
    border = reel(found, (), json.dumps({"type": "MultiPolygon", "coordinates": [[corner], [corner]]}))["border"]
    assert len(border) == 2 and border[0][:2] == [0, 0] == border[0][-2:] and border[0][4] > 0 == border[0][5]


def test_two_periods_have_one_legend(city: Any, pack: Pack, opened: Metric) -> None:
    seen = shown(city, pack, opened, resolution=7)
    found = sides(city[0], seen, choice(opened, resolution=7), {}, False, NOW)
    assert isinstance(found, Sides) and found.before.swatches == found.now.swatches
    assert {c.index for c in found.now.cells} == set(counted(city[1], 7, seen.box))
    before = [one for one in city[1] if one["complaint_id"] in {f"m{n}" for n in range(1000, 1040)}]
    assert {c.index for c in found.before.cells} == {hexagon(one, 7) for one in before}
    counts = counted(city[1], 7, seen.box), Counter(hexagon(one, 7) for one in before)
    assert found.now.facts == {i: (counts[1][i], counts[0][i]) for i in counts[0] | counts[1]}
    assert all(found.from_at <= at(one) < found.to_at for one in before) and found.to_at <= RANGE.from_at


def test_a_share_of_zero_is_drawn_in_both_periods(city: Any, pack: Pack) -> None:
    urgent = next(m for m in pack.metrics if m.name == "urgent_share")
    seen = shown(city, pack, urgent, resolution=7)
    found = sides(city[0], seen, choice(urgent, resolution=7), {}, False, NOW)
    assert isinstance(found, Sides) and {h.value for h in seen.hexagons} == {0.0}
    assert {c.index for c in found.now.cells} == {h.index for h in seen.hexagons} and found.before.cells


def test_points_are_the_finest_cells_and_groups_hold_all_rows(city: Any, pack: Pack, opened: Metric) -> None:
    seen, dataset = shown(city, pack, opened), placed_dataset(pack, opened)
    found = points(city[0], pack, dataset, seen, choice(opened), {}, False, NOW)
    assert {m.index: m.rows for m in found.marks} == dict(counted(city[1], 12, seen.box))
    assert found.note.startswith("All") and [s.text for s in found.swatches] == ["open"]
    together = groups(city[0], pack, dataset, seen, choice(opened), {}, False, NOW)
    assert len(together.marks) <= 150
    assert sum(m.rows for m in together.marks) == sum(m.rows for m in found.marks) == seen.coverage.shown


def test_hours_of_the_week_are_means_of_local_hours(city: Any, pack: Pack, opened: Metric) -> None:
    found = rhythms(city[0], pack, placed_dataset(pack, opened), opened, RANGE, (), NOW)
    assert not found.hint
    everything, *categories = found.found
    rows = [one for one in city[1] if RANGE.from_at <= at(one) < RANGE.to_at]
    assert everything.rows == len(rows) and {c.title: c.rows for c in categories} == Counter(
        one["category"] for one in rows
    )
    wanted = Counter((at(one).astimezone(ZONE).weekday(), at(one).astimezone(ZONE).hour) for one in rows)
    start, hours = RANGE.from_at, int((NOW + timedelta(hours=1) - RANGE.from_at) / timedelta(hours=1))
    local = [(start + timedelta(hours=n)).astimezone(ZONE) for n in range(hours)]
    times = Counter((hour.weekday(), hour.hour) for hour in local)
    for (day, hour), count in times.items():
        assert everything.means[day, hour] == pytest.approx(wanted[day, hour] / count)


def test_a_category_that_is_everywhere_alike_does_not_stand_out(city: Any, pack: Pack, opened: Metric) -> None:
    seen, dataset = shown(city, pack, opened), placed_dataset(pack, opened)
    none = patterns(city[0], pack, dataset, seen, choice(opened), (), NOW)
    assert none.found == () and none.tested > 10
    rows = placed(city[1])
    noisy = {hexagon(one, 8) for one in rows if one["category"] == "Noise"} - {
        hexagon(one, 8) for one in rows if one["category"] == "Water"
    }
    found = patterns(city[0], pack, dataset, seen, choice(opened), noisy, NOW)
    here = sum(hexagon(one, 8) in noisy for one in rows)
    share = sum(one["category"] == "Noise" for one in rows) / len(rows)
    (best,) = found.found
    assert (best.category, best.rows) == ("Noise", here) and best.q < 0.001
    assert best.lift == pytest.approx(1 / share) and best.expected == pytest.approx(here * share)


@pytest.mark.parametrize("is_dark", [False, True])
def test_emerging_classes_are_painted_and_listed(city: Any, pack: Pack, opened: Metric, is_dark: bool) -> None:
    asked = choice(opened, layer="emerging", resolution=7)
    seen = shown(city, pack, opened, layer="emerging", resolution=7)
    drawn = picture(city[0], pack, opened, seen, names(city[0], pack, seen, asked, NOW), asked, is_dark, NOW)
    assert isinstance(drawn, Picture) and drawn.lines
    assert {cell.index for cell in drawn.cells} >= {h.index for h in seen.hexagons}
    assert len({s.colour for s in drawn.swatches}) == len(drawn.swatches) and set(drawn.facts) == {
        c.index for c in drawn.cells
    }
    assert np.all([len(line) == len(drawn.columns) + 1 for line in drawn.lines])


def test_rows_without_a_time_of_day_are_said() -> None:
    dated, timed = np.zeros((7, 24)), np.ones((7, 24))
    dated[:, 0] = 10
    assert "100\u00a0% of these rows are at 00:00" in without_hours(dated) and without_hours(timed) == ""


def test_hours_and_categories_that_are_not_shown_are_said() -> None:
    assert left_out(False, False) == ""
    said = "Only the last 791 days of the range are looked at. Of the categories the 5 largest have a chart."
    assert left_out(True, True).strip() == said
