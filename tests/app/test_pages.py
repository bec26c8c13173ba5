"""Does every page open for every role that may see it, and for no other, and do the pages for people work?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import viewer
from components.navigation import SCREENS, Screen, menu_for, screens_for
from data.database import owner_transaction
from data.errors import DatabaseDown, NotAllowed
from data.settings import ROOT
from data.types import ROLES, Role, Scope, Workspace
from services import people
from services.observing.notes import notes
from tests.app.visits import opened, sign_in
from tests.support import make_scope

PASSWORD = "correct horse battery"
Visit = Callable[..., AppTest]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def signed_in(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[Role], Scope]:
    """Signs somebody of a role in, as every page that is opened afterwards sees it."""
    return lambda role: sign_in(monkeypatch, f"{role}-{uuid4().hex[:8]}", role, workspace.slug)


def button(app: AppTest, label: str) -> AppTest:
    found = next(b for b in app.button if b.label == label)
    return found.click().run()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_opens_on_an_empty_workspace(signed_in: Callable[[Role], Scope], role: Role) -> None:
    scope = signed_in(role)
    app = opened()
    for screen in screens_for(scope):
        app.switch_page(f"pages/{screen.path}.py").run()
        # No worker runs here, and the Health page says so in red.
        wrong = [e.value for e in app.error if not re.search(r"of \d+\s+components needs? attention", e.value)]
        assert not app.exception and not wrong, (screen, app.exception, wrong)
        assert app.title[0].value == screen.title, screen


def test_a_page_that_a_role_may_not_see_is_no_page(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("operator")
    hidden = [screen for screen in SCREENS if screen not in screens_for(scope)]
    assert {screen.slug for screen in hidden} >= {"people", "audit"}
    for screen in hidden:
        with pytest.raises(ValueError, match="registered"):
            opened(screen.path)


@pytest.mark.parametrize("role", ROLES)
def test_the_address_of_every_page_leads_to_it_or_says_whose_it_is(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "Page", lambda _page, **told: SimpleNamespace(**told))
    town = Workspace(1, "town", "Town", "municipality", None, "UTC")
    scope = Scope(1, "ana", role, town, (1,))
    pages = [page for pages in menu_for(scope).values() for page in pages]
    assert {screen.slug for screen in SCREENS} < {page.url_path for page in pages}
    for screen in set(SCREENS) - set(screens_for(scope)):
        with pytest.raises(NotAllowed, match=rf"{role}.* or administrator|That takes administrator"):
            people.require(scope, screen.ability)


def test_nobody_gets_any_page(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.setattr(viewer, "find_scope", lambda: None)
    app = opened()
    assert [s.value for s in app.subheader] == ["You are signed out"]
    assert not app.title and not app.sidebar.selectbox


def test_while_the_database_is_down_a_page_says_so(
    signed_in: Callable[[Role], Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in("viewer")
    app = opened("manage/account")

    def down() -> None:
        raise DatabaseDown

    find_scope = viewer.find_scope
    monkeypatch.setattr(viewer, "find_scope", down)
    app.run()
    assert not app.exception and not app.title and "tried again" in app.error[0].value
    monkeypatch.setattr(viewer, "find_scope", find_scope)
    app.run()
    assert not app.error and app.title[0].value == "Your account"


def test_a_session_that_ends_while_the_page_is_open_stops_it(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("viewer")
    app = opened("manage/account")
    assert app.title[0].value == "Your account"
    people.set_disabled(scope.account, True, now())
    app.run()
    assert not app.title and app.subheader[0].value == "You are signed out"


def test_a_tab_that_comes_back_under_another_account_forgets_what_was_chosen(
    signed_in: Callable[[Role], Scope],
) -> None:
    signed_in("viewer")
    app = opened("manage/account")
    app.session_state["chosen"] = "the first one's"
    signed_in("viewer")
    app.run()
    assert "chosen" not in app.session_state


def test_page_files_are_one_folder_down_and_registered_once() -> None:
    files = {str(path.relative_to(ROOT / "pages").with_suffix("")) for path in (ROOT / "pages").rglob("*.py")}
    assert files == {screen.path for screen in SCREENS}
    assert all(path.count("/") == 1 for path in files)
    assert len({screen.slug for screen in SCREENS}) == len(SCREENS)


def test_screens_follow_abilities() -> None:
    screens = (Screen("a/x", "X", "x", "A"), Screen("a/y", "Y", "y", "A", "manage"))
    here = Workspace(1, "home", "Home", "organisation", None, "UTC")
    assert screens_for(make_scope(here, "viewer"), screens) == [screens[0]]
    assert screens_for(make_scope(here, "administrator"), screens) == list(screens)


def test_an_administrator_adds_somebody_and_hands_over_the_link(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("administrator")
    app = opened("manage/people")
    name = f"new-{uuid4().hex[:8]}"
    app.text_input[0].input(name)
    app = button(app, "Add to this workspace")
    link = app.code[0].value
    account = people.redeem_link(link.partition("token=")[2], PASSWORD, now())
    assert account is not None and account.name == name
    assert name in {member.name for member in people.list_members(scope)}
    app = button(app, "Add to this workspace")
    assert "already a member" in app.error[0].value


def test_an_administrator_changes_a_role_and_removes_the_member(
    signed_in: Callable[[Role], Scope], workspace: Workspace
) -> None:
    scope = signed_in("administrator")
    other = people.add_user(f"bo-{uuid4().hex[:8]}", "viewer", workspace.slug, "", now()).name
    app = opened("manage/people")
    next(box for box in app.selectbox if box.label == "Member").select(other).run()
    app.selectbox(key=f"role_{other}").select("manager").run()
    app = button(app, "Save role")
    assert {m.name: m.role for m in people.list_members(scope)}[other] == "manager"
    app = button(app, "Remove from workspace")
    assert not app.exception and other not in {m.name for m in people.list_members(scope)}


def test_somebody_makes_a_token_sees_it_once_and_ends_it(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("analyst")
    app = opened("manage/account")
    next(field for field in app.text_input if field.label == "Which program will use it").input("notebook")
    app = button(app, "Create token")
    secret = app.code[0].value
    found = people.scope_of_token(secret, now())
    assert found is not None and found[1] == {"read"}
    app.run()
    assert not app.code
    next(box for box in app.selectbox if box.label == "Token").select_index(0)
    app = button(app, "End this token")
    assert people.scope_of_token(secret, now()) is None and people.list_tokens(scope, now()) == []


def test_a_wrong_present_password_is_told(signed_in: Callable[[Role], Scope]) -> None:
    signed_in("viewer")
    app = opened("manage/account")
    for field, typed in zip(app.text_input, ("wrong", PASSWORD, PASSWORD), strict=False):
        field.input(typed)
    app = button(app, "Change password")
    assert "not right" in app.warning[0].value


def test_who_has_a_page_open_is_online_on_it(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("viewer")
    app = opened("manage/account")
    seen = people.presence.online(scope, now())
    assert [(row.account, row.page) for row in seen] == [(scope.account, "Your account")]
    with owner_transaction() as tx:
        tx.execute("DELETE FROM belvedere.presence")
    app.session_state["_seen_at"] = now() - timedelta(minutes=1)
    app.run()
    assert [seen.account for seen in people.presence.online(scope, now())] == [scope.account], "and stays so"


def test_the_audit_shows_what_was_done(signed_in: Callable[[Role], Scope]) -> None:
    scope = signed_in("administrator")
    app = opened("manage/audit")
    shown = app.dataframe[0].value
    assert set(shown.columns) == {"When", "Account", "Action", "What", "Details", "From"}
    assert scope.account in set(shown["What"])


def test_opening_a_page_is_noted_once_and_its_refreshes_are_not(
    signed_in: Callable[[Role], Scope], monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = signed_in("viewer")
    app = opened("manage/account")
    monkeypatch.setattr(notes, "is_on", True)
    app.run()
    assert notes.take().get("page_views") is None
    app.switch_page("pages/monitor/live.py").run()
    views = [columns for _, columns in notes.take()["page_views"]]
    assert views == [{"page": "Live", "workspace": scope.workspace.slug, "account": scope.account}]
