"""Does the page of trait profiles show a person's own numbers, to those who may see them?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer
from components.navigation import screens_for
from data.settings import ROOT
from data.types import Role, Scope
from services.assessment.portraits import portrait
from services.model import enable_pack
from services.simulate import write_history
from tests.support import make_scope, make_workspace

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def told(database: str) -> Scope:
    """A workspace with a week of assessments."""
    scope = make_scope(make_workspace())
    enable_pack(scope, "assessment")
    list(write_history(scope, "assessment", 7, datetime.now(UTC)))
    return scope


@pytest.fixture
def page(told: Scope, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page at an address, for somebody of a role."""

    def opened(role: Role = "manager", **address: Any) -> AppTest:
        monkeypatch.setattr(viewer, "find_scope", lambda: make_scope(told.workspace, role))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for key, value in address.items():
            app.query_params[key] = value
        return app.switch_page("pages/explore/profiles.py").run()

    return opened


def test_a_profile_shows_the_scores_that_are_stored(page: Open, told: Scope) -> None:
    app = page()
    first = next(b for b in app.button if b.key and b.key.startswith("thing_"))
    person = (first.key or "").removeprefix("thing_")
    first.click().run()
    assert not app.exception and not app.error
    shown = " ".join(h.proto.body for h in app.get("html"))
    found = portrait(told, person)
    for line in found.profile.traits:
        assert f"<td title='{line.score:.0f} ({line.low:.0f} to {line.high:.0f})'>" in shown
    for sitting in found.sittings:
        assert sitting.session in shown


def test_fairness_is_told_or_said_not_to_be(page: Open) -> None:
    app = page(see="fairness", by="device")
    shown = " ".join(h.proto.body for h in app.get("html"))
    assert "Ratio to the highest" in shown or any("cannot be told" in c.value for c in app.caption)


def test_those_who_may_not_read_personal_data_have_no_such_page(told: Scope) -> None:
    for role in ("viewer", "analyst"):
        assert "profiles" not in {screen.slug for screen in screens_for(make_scope(told.workspace, role))}
