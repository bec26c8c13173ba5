"""Are plans and effects stored and read within the scope, and does what a stop is said to need serve it?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data import routes
from data.database import transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope, TimeRange
from services import model
from services.field import asks, candidates, crews, effects, errands, planning, plans, repeats, running
from services.field.asks import RoutesAsk
from services.field.candidates import Service
from services.field.running import run_errand
from services.ingest import ingest_rows
from services.live.choices import Choice
from services.routing.checking import wrong_with_plan
from services.routing.plans import Place, Stop
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
OFFICERS = [
    {"id": "1", "name": "Ada", "lat": "41.85", "lon": "-87.65", "from": "08:00", "to": "10:00",
     "breaks": "09:00-09:30 15", "skills": "water", "capacity": None},
    {"id": "2", "lat": "41.86", "lon": "-87.66", "from": "08:00", "to": "09:00", "breaks": "", "skills": float("nan")},
]  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """These days are so small that the best plan is found at once."""
    monkeypatch.setattr(asks, "PLAN_S", 0.1)
    monkeypatch.setattr(planning, "EXPLAIN_S", 0.3)


@pytest.fixture
def scope(database: str) -> Scope:
    return make_scope(make_workspace(timezone="America/Chicago"), "manager")


def stop(name: str, lat: float, **more: Any) -> Stop:
    return Stop(name, Place(lat, -87.65), **({"service_s": 1200} | more))


def ask(**more: Any) -> RoutesAsk:
    """A day on which one stop needs a skill that nobody has, and another closes before anybody begins."""
    stops = (
        stop("a", 41.851), stop("b", 41.853), stop("skilled", 41.852, skills=frozenset({"gas"})),
        stop("early", 41.854, closes_s=7 * 3600),
    )  # fmt: skip
    asked = RoutesAsk("2026-05-21", stops, crews.officers(OFFICERS), {"detour": 1.3}, seconds=0.1)
    return replace(asked, **more)


def planned(scope: Scope, number: int) -> plans.Planned:
    """What the worker makes of it."""
    waiting = errands.read(scope, "routes", number)
    assert waiting is not None and run_errand(waiting)
    found = errands.read(scope, "routes", number)
    assert found is not None and found.status == "done", found
    return plans.planned(found)


def test_a_plan_is_stored_and_read_back_as_it_was_made(scope: Scope) -> None:
    found = planned(scope, plans.ask_for(scope, ask(), NOW, NOW))
    assert found.ask == ask() and found.errand.as_of == NOW
    assert wrong_with_plan(found.ask.measured(), found.plan) == []
    assert {one.stop for one in found.unserved} == {"skilled", "early"} == set(found.plan.unserved)
    assert sum(len(plans.lines(found, route)) for route in found.plan.routes) >= found.served == 2
    csv = plans.download(scope, found.errand.id, "csv").decode("utf-8-sig")
    assert csv.count("\n") == 5 and plans.download(scope, found.errand.id, "gpx").startswith(b"<?xml")
    with pytest.raises(UnknownName, match="No format `pdf`"):
        plans.download(scope, found.errand.id, "pdf")
    with pytest.raises(NotAllowed):
        plans.download(replace(scope, abilities=frozenset({"plan"})), found.errand.id, "csv")


def test_the_change_that_an_unserved_stop_needs_serves_it(scope: Scope) -> None:
    found = planned(scope, plans.ask_for(scope, ask(), NOW, NOW))
    for name in ("skilled", "early"):  # the one after the other
        number = plans.apply(scope, found, name, 0, NOW)
        found = planned(scope, number)
        assert name not in found.plan.unserved and found.ask.promised[-1] == name
        assert wrong_with_plan(found.ask.measured(), found.plan) == []
    assert found.plan.unserved == () and len(found.ask.changes) == 2
    with pytest.raises(BadInput, match="no such change"):
        plans.apply(scope, found, "skilled", 0, NOW)


def test_every_change_that_is_offered_can_be_applied(scope: Scope) -> None:
    found = planned(scope, plans.ask_for(scope, ask(), NOW, NOW))
    for one in found.unserved:
        for number, proposal in enumerate(one.proposals):
            again = planned(scope, plans.apply(scope, found, one.stop, number, NOW))
            assert one.stop not in again.plan.unserved, proposal.sentence
            assert proposal.change.drops not in again.stops


def test_locked_stops_stay_where_they_are(scope: Scope) -> None:
    found = planned(scope, plans.ask_for(scope, ask(), NOW, NOW))
    who = next(route.officer for route in found.plan.routes if route.visits)
    first = found.routes[who][0]
    kept = planned(scope, plans.lock(scope, found, [first], True, NOW))
    assert kept.routes[who][0] == first and kept.ask.begun == {who: [first]}
    assert not planned(scope, plans.free(scope, kept, NOW)).ask.begun


def test_a_question_that_cannot_be_answered_says_why(scope: Scope) -> None:
    missing = {"matrix": "from,to,minutes\na,b,5\n"}
    number = plans.ask_for(scope, ask(travel=missing), None, NOW)
    waiting = errands.read(scope, "routes", number)
    assert waiting is not None and run_errand(waiting)
    failed = errands.read(scope, "routes", number)
    assert failed is not None and failed.status == "failed" and "ways are missing" in failed.message


def test_what_ends_the_worker_is_given_up_after_three_tries(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed leaves without a word, as one does here by an exception that nobody catches."""

    def killed(*_: Any) -> dict[str, Any]:
        raise SystemExit

    def told_to_stop(_scope: Scope, _ask: Any, progress: Any, _now: datetime) -> dict[str, Any]:
        progress(0.1, "Begun")
        return {}

    number = plans.ask_for(scope, ask(), None, NOW)
    waiting = errands.read(scope, "routes", number)
    assert waiting is not None
    for _ in range(3):
        monkeypatch.setitem(running.TOPICS, "routes", told_to_stop)
        assert not run_errand(waiting, lambda: True), "a worker that stops in time has not tried"
        monkeypatch.setitem(running.TOPICS, "routes", killed)
        with pytest.raises(SystemExit):
            run_errand(waiting)
    assert run_errand(waiting)
    failed = errands.read(scope, "routes", number)
    assert failed is not None and failed.status == "failed" and "not begun again" in failed.message


def test_a_neighbour_and_a_viewer_see_nothing(scope: Scope) -> None:
    number = plans.ask_for(scope, ask(), NOW, NOW)
    crews.save(scope, OFFICERS, {}, NOW)
    neighbour = make_scope(make_workspace(), "administrator")
    assert errands.read(neighbour, "routes", number) is None and errands.newest(neighbour, "routes") == []
    assert crews.read(neighbour).officers == []
    forged = replace(neighbour, workspace=scope.workspace)  # the right number, without the right to it
    assert routes.find_errand(forged, number) is None and routes.crew(forged).officers == []
    for role in ("viewer", "analyst"):
        with pytest.raises(NotAllowed, match="manager, operator or administrator"):
            errands.read(make_scope(scope.workspace, role), "routes", number)  # type: ignore[arg-type]
    assert errands.read(scope, "effect", number) is None, "a plan is not read as something that analysts may see"


def test_officers_are_kept_audited_and_checked(scope: Scope) -> None:
    crews.save(scope, [*OFFICERS, {"id": None}], {"detour": 1.4}, NOW)
    kept = crews.read(scope)
    assert [one["id"] for one in kept.officers] == ["1", "2"] and kept.travel == {"detour": 1.4}
    assert crews.officers(kept.officers) == crews.officers(OFFICERS)
    assert crews.officers(crews.rows_of(crews.as_csv(kept.officers), "mine.csv")) == crews.officers(OFFICERS)
    with pytest.raises(BadInput, match=r"Officers, line 2, field from: found '25', expected a time"):
        crews.save(scope, [OFFICERS[0], OFFICERS[1] | {"from": "25"}], {}, NOW)
    for who in (scope, replace(scope, role="administrator", via="session")):  # of one workspace among others
        with pytest.raises(NotAllowed):
            crews.save(who, OFFICERS, {"server": "http://inside"}, NOW)
    with transaction(scope) as tx:
        told = tx.execute("SELECT detail FROM belvedere.audit WHERE action = 'officers_changed'").fetchall()
    assert told == [({"officers": 2},)], "the audit holds no names"


@pytest.fixture(scope="module")
def city(database: str) -> Scope:
    """A year of complaints in 30 hexagons' worth of places; from March the first place has half of them."""
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    found: list[dict[str, Any]] = []
    for place in range(30):
        for day in range(180):
            at = datetime(2026, 5, 17, 17, tzinfo=UTC) - timedelta(days=day)
            often = 2 + place % 3 if place or at < datetime(2026, 3, 2, tzinfo=UTC) else 1
            often += (day // 7 + place) % 2
            status = "open" if day < 3 else "closed"
            found += [row(f"{place}-{day}-{number}", at, place, status) for number in range(often)]
    ingest_rows(scope, "grievance.complaints", found, None, NOW)
    return scope


def row(name: str, at: datetime, place: int, status: str) -> dict[str, Any]:
    told = {
        "complaint_id": name, "opened_at": at.isoformat(), "category": "Noise", "district": f"D{place:02d}",
        "status": status, "lat": 41.80 + place * 0.02, "lon": -87.65, "citizen": "c",
    }  # fmt: skip
    return told if status == "open" else told | {"resolved_at": (at + timedelta(hours=2)).isoformat()}


def test_open_cases_become_stops_the_oldest_first(city: Scope) -> None:
    pack = model.current().pack("grievance")
    dataset = candidates.case_datasets(pack)[0]
    choice = Choice("custom", TimeRange(NOW - timedelta(days=30), NOW), None, "")
    service = Service(20, 8 * 3600, 16 * 3600, "urban", "district")
    found = candidates.cases(city, pack, dataset, choice, (), 40, service, date(2026, 5, 21))
    assert len(found.stops) == 40 and found.as_of is not None and "open cases" in found.sentence
    assert all(one.service_s == 1200 and one.closes_s == 16 * 3600 and len(one.skills) == 1 for one in found.stops)
    assert {one.id.split("-")[1] for one in found.stops} == {"2"}, "those of the third last day wait longest"
    filtered = replace(choice, where=(candidates.Filter("officer", "in", ("Ada",)),))
    with pytest.raises(NotAllowed):
        candidates.cases(
            make_scope(city.workspace, "analyst"), pack, dataset, filtered, (), 4, service, date(2026, 5, 21)
        )


def test_an_effect_is_found_where_it_was_made(city: Scope) -> None:
    asked = effects.EffectAsk("grievance.complaints_opened", "district", ("D00",), "2026-03-02", 14)
    found = effects.run(city, effects.as_json(asked), lambda *_: None, NOW)
    assert found["reason"] == "" and found["before"] == 14 and len(found["weeks"]) == len(found["actual"])
    assert -8.0 < found["effect"] < -6.0 and found["high"] < 0, "a complaint a day less is seven a week"
    assert found["p"] <= 1 / 20 and sum(found["weights"].values()) == pytest.approx(1.0, abs=0.01)
    untouched = replace(asked, treated=("D05",))
    assert effects.run(city, effects.as_json(untouched), lambda *_: None, NOW)["p"] > 0.1


def test_an_effect_that_cannot_be_told_says_why(city: Scope) -> None:
    asked = effects.EffectAsk("grievance.complaints_opened", "district", ("D00",), "2026-05-18", 20)
    assert "No whole week" in effects.run(city, effects.as_json(asked), lambda *_: None, NOW)["reason"]
    nobody = replace(asked, treated=("Nowhere",), since="2026-03-04")
    assert "None of the chosen" in effects.run(city, effects.as_json(nobody), lambda *_: None, NOW)["reason"]


def test_the_week_of_the_intervention_is_left_out_when_it_began_midway() -> None:
    asked = effects.EffectAsk("x", "district", ("D00",), "2026-03-04", 8)
    weeks = effects.weeks_of(asked, "America/Chicago", NOW)
    assert isinstance(weeks, effects.Weeks)
    assert date(2026, 3, 2) not in weeks.starts and weeks.starts[weeks.before] == date(2026, 3, 9)
    assert weeks.before == 8 and weeks.starts[-1] == date(2026, 5, 11), "the week that runs is not over"


def test_weeks_before_the_data_begins_are_not_taken_for_nothing_happening(city: Scope) -> None:
    asked = effects.EffectAsk("grievance.complaints_opened", "district", ("D00",), "2026-03-02", 40)
    found = effects.run(city, effects.as_json(asked), lambda *_: None, NOW)
    assert found["weeks"][0] == "2025-11-24" and found["before"] == 14 and min(found["actual"]) > 0


def test_repeated_reports_are_counted_by_district(city: Scope) -> None:
    span = ((NOW - timedelta(days=40)).isoformat(), NOW.isoformat())
    asked = repeats.RepeatsAsk("grievance.complaints", *span, "category", "district", 75.0, 12.0)
    found = repeats.run(city, repeats.as_json(asked), lambda *_: None, NOW)
    assert found["incidents"] == 30 * 38 and found["reports"] == found["total"], "one incident a day and place"
    assert found["ratio"] == pytest.approx(found["reports"] / (30 * 38))
    assert len(found["placed"]) == 30 * 38 and sum(one[2] for one in found["placed"]) == found["reports"]
    assert found["placed"][0][2] == found["largest"] and datetime.fromisoformat(found["as_of"]) <= NOW
    assert len(found["standings"]) == 30 and found["standings"][-1]["area"] == "D00"
    assert found["standings"][0]["low"] <= found["standings"][0]["shrunk"] <= found["standings"][0]["high"]
