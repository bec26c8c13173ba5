"""Does the page of one thing show its own numbers, its standing among its peers, and nobody else's rows?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.database import transaction
from data.errors import NotAllowed
from data.types import Filter, MetricQuery, Scope, TimeRange
from services import entities, metrics, model
from services.entities import Kind, Sight
from services.entities.peers import percentile_of
from services.ingest import ingest_rows
from services.live.choices import Choice
from services.live.drills import read
from services.model import enable_pack
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 4, 8, 12, 0, tzinfo=UTC)
DAY = TimeRange(NOW - timedelta(days=1), NOW)
CHOICE = Choice("24h", DAY, None, "")
LOW_AT, SILENT = 3, range(10, 14)  # hours before now


def send(scope: Scope, dataset: str, rows: list[dict[str, Any]]) -> None:
    assert ingest_rows(scope, dataset, rows, None, NOW).rejected == 0


def readings(sensor: str, base: float) -> list[dict[str, Any]]:
    """One an hour for a day; one of them too low, and four hours of silence."""
    return [
        {
            "measured_at": (NOW - timedelta(hours=hour, minutes=-15)).isoformat(), "kind": "chlorine",
            "municipality": "Here", "zone": "East", "sensor": sensor, "score": 0.9 if hour == LOW_AT else 0.1,
            "value": 0.1 if hour == LOW_AT else base,
        }
        for hour in range(1, 25)
        if hour not in SILENT
    ]  # fmt: skip


def sensor_row(name: str) -> dict[str, Any]:
    installed = (NOW - timedelta(days=400)).isoformat()
    calibrated = (NOW - timedelta(hours=5)).isoformat()
    row = {"sensor_id": name, "installed_at": installed, "calibrated_at": calibrated, "kind": "chlorine"}
    return row | {"municipality": "Here", "zone": "East", "offset": 0.25}


@pytest.fixture(scope="module")
def water(database: str) -> Scope:
    """Seven chlorine sensors, the first with the most in its water, and an incident beside them."""
    scope = make_scope(make_workspace())
    enable_pack(scope, "water")
    names = [f"C-{number}" for number in range(7)]
    send(scope, "water.sensors", [sensor_row(name) for name in names])
    send(scope, "water.readings", [row for n, name in enumerate(names) for row in readings(name, 1 - n / 10)])
    opened = (NOW - timedelta(hours=2)).isoformat()
    near = {"incident_id": "near", "opened_at": opened, "kind": "leak", "zone": "East"}
    send(scope, "water.incidents", [near, {"incident_id": "far", "opened_at": opened, "kind": "leak", "zone": "West"}])
    return scope


def kind(scope: Scope, slug: str) -> Kind:
    return next(kind for kind in entities.kinds(model.model_of(scope)) if kind.slug == slug)


def seen(scope: Scope, slug: str, name: str) -> Sight:
    return entities.look(scope, kind(scope, slug), name, CHOICE, NOW)


def test_its_numbers_are_those_that_a_question_about_it_gives(water: Scope) -> None:
    sight = seen(water, "water.sensor", "C-0")
    where = (Filter("sensor", "in", ("C-0",)),)
    asked = metrics.answer(water, [MetricQuery(("water.anomalous_readings",), DAY, where=where)], NOW)[0].rows[0]
    shown = {s.metric: s for s in sight.standings}
    assert asked["water.anomalous_readings"] == 1
    assert shown["water.anomalous_readings"].value == "1"
    assert "water.sensors_reporting" not in shown, "one of one says nothing"
    assert "water.sensors_reporting_share" not in shown


def test_it_is_compared_with_its_peers(water: Scope) -> None:
    first, last = (seen(water, "water.sensor", name).standings for name in ("C-0", "C-6"))
    ranks = [next(s for s in found if s.metric == "water.chlorine_mean") for found in (first, last)]
    assert [(s.percentile, s.others) for s in ranks] == [(100, 6), (0, 6)]
    assert ranks[0].typical.startswith("0.6"), "the middle of the six others, 0.9 to 0.4, each with one reading of 0.1"


def test_a_percentile_counts_half_of_the_equal_ones_and_takes_five_others() -> None:
    assert percentile_of(3, [1, 2, 3, 4, 5]) == 50
    assert percentile_of(3, [3, 3, 3, 3, 1]) == 60
    assert percentile_of(9, [1, 2, 3, 4]) is None


def test_the_course_marks_what_is_out_of_limits_silence_and_calibration(water: Scope) -> None:
    sight = seen(water, "water.sensor", "C-0")
    course = sight.course
    assert course is not None and course.limits == (0.2, 4) and course.unit == "mg/l"
    assert (course.outside, course.unusual) == (1, 1)
    assert [(r.low, r.outside) for r in course.readings if r.outside] == [(0.1, 1)]
    assert sum(r.count for r in course.readings) == 20
    # Silent from 13 to 9 hours before noon UTC, which is eight in the morning in New York.
    assert course.gaps == (("2026-04-07T19:00:00", "2026-04-07T23:00:00"),)
    assert [word for _, word in course.marks] == ["Calibrated"]
    normal = next(r for r in course.readings if r.mean == 1)
    assert normal.peers == pytest.approx(sum(1 - n / 10 for n in range(7)) / 7)


def test_health_is_by_the_last_value_and_its_age(water: Scope) -> None:
    assert seen(water, "water.sensor", "C-0").health.state == "silent", "45 minutes, where 30 are usual"
    later = NOW - timedelta(minutes=30)
    fresh = entities.look(water, kind(water, "water.sensor"), "C-0", CHOICE, later)
    assert (fresh.health.state, fresh.health.value) == ("good", "1\u00a0mg/l")
    facts = {f.title: f.text for f in fresh.facts}
    assert facts["Offset found"] == "0.25\u00a0mg/l"


def test_related_rows_are_those_of_the_same_zone(water: Scope) -> None:
    lists = {d.title: d for d in seen(water, "water.sensor", "C-0").lists}
    rows = read(water, lists["Incidents of the same zone"], None)
    assert [line["incident_id"] for line in rows.lines] == ["near"]
    assert read(water, lists["Sensor readings"], None).total == 20


def test_a_search_finds_by_name_and_by_what_it_is_page_by_page(water: Scope) -> None:
    found = kind(water, "water.sensor")
    assert [name for name, _ in entities.find(water, found, "c-3", 0).things] == ["C-3"]
    assert len(entities.find(water, found, "chlor", 0).things) == 7
    assert entities.find(water, found, "pressure", 0).things == ()
    assert entities.find(water, found, "", 1).things == ()


def test_cases_come_newest_first_and_sensors_by_name(scope: Scope) -> None:
    enable_pack(scope, "water")
    opened = {"a": 3, "b": 1, "c": 2}
    incidents = [{"incident_id": n, "opened_at": (NOW - timedelta(hours=h)).isoformat()} for n, h in opened.items()]
    send(scope, "water.incidents", incidents)
    sensors = [{"sensor_id": n, "installed_at": (NOW - timedelta(days=h)).isoformat()} for n, h in opened.items()]
    send(scope, "water.sensors", sensors)
    for slug, wanted in (("water.incident", "bca"), ("water.sensor", "abc")):
        assert "".join(name for name, _ in entities.find(scope, kind(scope, slug), "", 0).things) == wanted


def test_a_stranger_finds_and_sees_nothing(water: Scope) -> None:
    stranger = make_scope(make_workspace())
    enable_pack(stranger, "water")
    assert entities.find(stranger, kind(stranger, "water.sensor"), "", 0).things == ()
    sight = seen(stranger, "water.sensor", "C-0")
    assert not sight.known and sight.facts == () and sight.course is None and sight.standings == ()


def audits(scope: Scope) -> list[str]:
    with transaction(scope) as tx:
        statement = "SELECT object FROM belvedere.audit WHERE action = 'read_personal' AND workspace_id = %s"
        return [row[0] for row in tx.execute(statement, (scope.workspace.id,))]


def test_people_are_shown_to_those_who_may_read_personal_data_and_it_is_audited(scope: Scope) -> None:
    enable_pack(scope, "grievance")
    case = {"complaint_id": "c", "opened_at": (NOW - timedelta(hours=2)).isoformat(), "officer": "Olga"}
    send(scope, "grievance.complaints", [case])
    analyst = make_scope(scope.workspace, "analyst")
    officer = kind(scope, "grievance.officer")
    assert officer.is_personal and not entities.may_see(analyst, officer)
    for refused in (lambda: entities.find(analyst, officer, "", 0), lambda: seen(analyst, "grievance.officer", "Olga")):
        with pytest.raises(NotAllowed):
            refused()
    assert audits(scope) == []
    manager = make_scope(scope.workspace, "manager")
    assert [name for name, _ in entities.find(manager, officer, "", 0).things] == ["Olga"]
    assert seen(manager, "grievance.officer", "Olga").known
    assert audits(scope) == ["list of officers", "grievance.complaints"]


def test_a_case_hides_who_worked_on_it_from_an_analyst(scope: Scope) -> None:
    enable_pack(scope, "grievance")
    case = {"complaint_id": "c", "opened_at": (NOW - timedelta(hours=2)).isoformat(), "officer": "Olga"}
    send(scope, "grievance.complaints", [case | {"category": "Noise"}])
    analyst = seen(make_scope(scope.workspace, "analyst"), "grievance.complaint", "c")
    assert "Officer" in analyst.hidden and "Olga" not in {f.text for f in analyst.facts}
    assert audits(scope) == []
    told = seen(scope, "grievance.complaint", "c")
    assert ("Officer", "Olga", "grievance.officer") in {(f.title, f.text, f.slug) for f in told.facts}
    assert audits(scope) == ["grievance.complaints"]
