"""How does a test sign somebody in and open a page, by the front door?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer
from data.settings import ROOT
from data.types import Role, Scope
from services import people


def sign_in(patch: pytest.MonkeyPatch, name: str, role: Role, workspace: str) -> Scope:
    """Somebody new in a workspace with a session, as every page that is opened afterwards sees it."""
    now = datetime.now(UTC)
    secret = people.open_session(people.add_user(name, role, workspace, "", now).id, "here", now)
    patch.setattr(viewer, "find_scope", lambda: people.scope_of_session(secret, datetime.now(UTC)))
    scope = people.scope_of_session(secret, now)
    assert scope is not None
    return scope


def opened(page: str = "", **address: str) -> AppTest:
    """The dashboard at a page (`explore/heatmap`) and address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app = app.switch_page(f"pages/{page}.py") if page else app
    for name, value in address.items():
        app.query_params[name] = value
    return app.run() if page or address else app
