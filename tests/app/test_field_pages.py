"""Are plans and incidents that the worker found shown with all that belongs to them, and does a click go on?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from data import routes
from data.types import Scope
from services import people
from services.field import crews, effects, errands, plans, reading
from services.field.asks import RoutesAsk
from services.field.repeats import RepeatsAsk
from services.field.running import run_errand
from services.ingest import ingest_rows
from services.model import current
from services.routing.plans import Place, Stop
from tests.app.visits import opened, sign_in
from tests.support import fresh_database, make_workspace


@pytest.fixture(scope="module")
def manager() -> Iterator[Scope]:
    """A manager who is signed in."""
    with fresh_database():
        workspace = make_workspace("fieldtown")
        with pytest.MonkeyPatch.context() as patch:
            yield sign_in(patch, "mia", "manager", workspace.slug)


def test_an_unserved_stop_is_explained_and_its_change_applied(manager: Scope) -> None:
    now = datetime.now(UTC)
    crew = crews.officers(crews.example((41.85, -87.65))[:1])
    stops = (Stop("near", Place(41.851, -87.65)), Stop("gas", Place(41.852, -87.65), skills=frozenset({"gas"})))
    number = plans.ask_for(manager, RoutesAsk("2026-05-21", stops, crew, {}, "two stops", seconds=0.1), now, now)
    waiting = errands.read(manager, "routes", number)
    assert waiting is not None and run_errand(waiting)
    app = opened("explore/routes", plan=str(number))
    assert not app.exception and [m.value for m in app.metric][:2] == ["1 of 2", "1"]
    assert any("No officer who may serve it has gas" in found.value for found in app.markdown)
    apply = next(button for button in app.button if button.label.startswith("Apply:"))
    assert "skill gas for Officer 1" in apply.label
    apply.click().run()
    assert not app.exception and app.query_params["plan"] == str(number + 1)
    asked = errands.read(manager, "routes", number + 1)
    assert asked is not None and asked.ask["officers"][0]["skills"] == ["gas"] and asked.ask["promised"] == ["gas"]


def test_incidents_have_a_map_and_a_ranking_that_can_be_taken_along(manager: Scope) -> None:
    now = datetime.now(UTC)
    rows = [
        {"complaint_id": f"r{n}", "opened_at": (now - timedelta(days=1 + n % 4, minutes=n)).isoformat(), "lon": -87.65,
         "category": "Noise", "district": f"D{n % 4}", "lat": 41.8 + n % 4 / 50}
        for n in range(24)
    ]  # fmt: skip
    ingest_rows(people.command_scope("fieldtown"), "grievance.complaints", rows, None, now)
    asked = RepeatsAsk(
        "grievance.complaints", (now - timedelta(days=9)).isoformat(), now.isoformat(), "category", "district"
    )
    dataset = current().datasets()["grievance.complaints"]
    number = reading.ask_repeats(manager, dataset, asked, "Complaints", now)
    waiting = errands.read(manager, "repeats", number)
    assert waiting is not None and run_errand(waiting)
    app = opened("learn/effects", tab="repeats", repeats=str(number))
    assert not app.exception and [m.value for m in app.metric] == ["24", "4", "6.000", "6"]
    assert app.dataframe[0].value["Reports"].tolist() == [6, 6, 6, 6] and len(app.dataframe) == 2
    assert [one.label for one in app.get("download_button")] == [
        "GeoJSON", "KML", "CSV", "GeoParquet", "PNG", "CSV", "Parquet",
    ]  # fmt: skip


def test_what_an_intervention_did_can_be_taken_along(manager: Scope) -> None:
    now = datetime.now(UTC)
    asked = effects.EffectAsk("grievance.complaints_opened", "district", ("D00",), "2026-03-02")
    weeks = [f"2026-{month:02d}-{day:02d}" for month, day in ((2, 9), (2, 16), (2, 23), (3, 2), (3, 9))]
    trial = {"effect": 0.1, "error_before": 1.0, "error_after": 1.0, "ratio": 1.0, "is_compared": True}
    found = {
        "weeks": weeks, "before": 3, "reason": "", "actual": [9.0, 8.0, 9.0, 2.0, 1.0], "donors": 20, "near": 0,
        "synthetic": [9.0, 8.5, 9.0, 9.0, 9.0], "effect": -7.5, "low": -9.0, "high": -6.0, "relative": -0.83, "p": 0.05,
        "fit": 0.04, "placebos": 19, "weights": {"D01": 0.7, "D02": 0.3}, "treated": ["D00"], "rows": 900,
        "controls": ["D01", "D02"], "trials": [trial | {"places": [], "ratio": 9.0}, trial | {"places": [1]}],
    }  # fmt: skip
    number = reading.ask_effect(manager, current().pack("grievance"), asked, "Complaints in D00", now)
    routes.errand_ended(manager, number, found, "", now, now)
    app = opened("learn/effects", effect=str(number))
    assert not app.exception and next(m.value for m in app.metric) == "−7.50"
    offered = app.get("download_button")
    assert [one.label for one in offered] == ["CSV", "Parquet"] * 3, "of districts nobody knows where they lie"
