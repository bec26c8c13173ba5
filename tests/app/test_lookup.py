"""Does the page of one thing open by a link, find by typing, and keep other people's things to itself?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer
from components.markdown import plain
from data.settings import ROOT
from data.types import Role, Scope, Workspace
from services.ingest import ingest_rows
from services.model import enable_pack
from tests.support import make_scope, make_workspace

Open = Callable[..., AppTest]


def fill(scope: Scope) -> None:
    """Two chlorine sensors, each with a reading every quarter of an hour of the last six hours."""
    enable_pack(scope, "water")
    now = datetime.now(UTC)
    installed = {"installed_at": (now - timedelta(days=90)).isoformat(), "kind": "chlorine", "zone": "East"}
    ingest_rows(scope, "water.sensors", [{"sensor_id": name, **installed} for name in ("C-1", "C-2")], None, now)
    rows = [
        {"measured_at": (now - timedelta(minutes=15 * n)).isoformat(), "kind": "chlorine", "sensor": name, "value": 0.5}
        for n in range(24)
        for name in ("C-1", "C-2")
    ]
    ingest_rows(scope, "water.readings", rows, None, now)


@pytest.fixture
def page(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page at an address, for somebody of a role."""

    def opened(role: Role = "administrator", of: Workspace = workspace, **address: Any) -> AppTest:
        monkeypatch.setattr(viewer, "find_scope", lambda: make_scope(of, role))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for key, value in address.items():
            app.query_params[key] = value
        return app.switch_page("pages/explore/lookup.py").run()

    return opened


def test_a_link_opens_a_sensor_with_its_value_and_rows(page: Open, scope: Scope) -> None:
    fill(scope)
    app = page("analyst", kind="water.sensor", name="C-1", range="7d")
    assert not app.exception and not app.error
    assert app.subheader[0].value == plain("Sensor C-1")
    assert next(m.value for m in app.metric if m.label == "Last value") == "0.5\u00a0mg/l"
    assert len(app.dataframe[0].value) == 24
    assert set(app.dataframe[0].value["sensor"]) == {"/lookup?kind=water.sensor&name=C-1"}


def test_typing_finds_and_a_click_opens(page: Open, scope: Scope) -> None:
    fill(scope)
    app = page(kind="water.sensor")
    app.text_input(key="_lookup_search").set_value("c-2").run()
    found = [b for b in app.button if b.key and b.key.startswith("thing_")]
    assert [b.key for b in found] == ["thing_C-2"]
    found[0].click().run()
    assert app.query_params["name"] in ("C-2", ["C-2"]) and app.subheader[0].value == plain("Sensor C-2")


def test_a_thing_of_another_workspace_is_not_there(page: Open, scope: Scope) -> None:
    fill(scope)
    other = make_workspace()
    enable_pack(make_scope(other), "water")
    app = page(of=other, kind="water.sensor", name="C-1")
    assert not app.metric and not app.dataframe
    assert any("There is no sensor `C-1` in this workspace." in c.value for c in app.caption)


def test_people_are_no_choice_for_an_analyst(page: Open, scope: Scope) -> None:
    enable_pack(scope, "grievance")
    offered = page("analyst", kind="grievance.officer", name="Olga").selectbox(key="_kind_picker").options
    assert "Officer" not in offered and "Complaint" in offered
    assert "Officer" in page("manager").selectbox(key="_kind_picker").options
