"""Do tiles say a unit where one needs it, and is the newest of what keeps coming shown?"""

from __future__ import annotations

import pytest

from data.types import MetricResult
from services.live.boards import boards
from services.live.choices import Choice, range_of
from services.live.series import series
from services.live.tiles import tile, unit_beside
from services.model import load_model
from tests.unit.test_live_views import NOW

MODEL = load_model()


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("water.pressure_median", "bar"),
        ("water.flow_median", "l/s"),
        ("water.breaks_per_100_km", ""),
        ("water.water_supplied", "m\u00b3"),
        ("water.non_revenue_water", ""),
        ("services.lead_time_median", ""),
        ("water.incidents_opened", ""),
        ("grievance.complaints_per_1000", ""),
        ("services.active_users", ""),
        ("assessment.mean_go_d_prime", "SD"),
    ],
)
def test_a_unit_stands_beside_a_number_that_does_not_explain_itself(metric: str, unit: str) -> None:
    assert unit_beside(MODEL.metrics()[metric]) == unit


def test_a_tile_without_a_value_has_no_unit() -> None:
    metric = MODEL.metrics()["water.pressure_median"]
    assert tile(metric, {metric.qualified: 5.1}, [], {}).unit == "bar"
    assert tile(metric, {metric.qualified: None}, [], {}).unit == ""


def test_the_newest_rows_are_of_what_keeps_coming() -> None:
    filled = set(MODEL.datasets())
    shown = {board.pack.name: board.events(filled).name for board in boards(MODEL, filled)}
    assert shown["services"] == "sessions", "visits come all the time, shifts once a day"
    assert shown["water"] == "readings" and shown["system"] == "requests" and shown["grievance"] == "complaint_events"


def test_a_target_for_a_whole_range_is_no_line_across_its_days() -> None:
    metric = MODEL.metrics()["services.active_users"]
    choice = Choice("7d", range_of("7d", None, "UTC", NOW), None, metric.qualified)
    assert metric.shape == "distinct" and metric.target is not None
    assert series(metric, choice, MetricResult([], None, None, "segments", 0.0)).target is None
