"""Who may change who belongs to a workspace, and what do they get?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from data.database import transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope, Workspace
from services import people
from tests.support import make_workspace

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


def unique(stem: str) -> str:
    return f"{stem}-{uuid4().hex[:8]}"


def person(role: str, workspace: Workspace) -> Scope:
    """A new member of a workspace, as their session sees it."""
    account = people.add_user(unique(role), role, workspace.slug, "", NOW)
    secret = people.open_session(account.id, "here", NOW)
    scope = people.scope_of_session(secret, NOW)
    assert scope is not None
    return scope


def role_of(name: str, scope: Scope) -> str | None:
    return {member.name: member.role for member in people.list_members(scope)}.get(name)


@pytest.fixture
def administrator(workspace: Workspace) -> Scope:
    return person("administrator", workspace)


@pytest.fixture
def below(workspace: Workspace) -> Workspace:
    return people.create_workspace(unique("below"), kind="department", parent=workspace.slug)


def test_an_invited_person_sets_a_password_and_has_the_role(administrator: Scope) -> None:
    name = unique("new")
    path = people.invite(administrator, name, "New Person", "analyst", NOW)
    assert path is not None and path.startswith("/login/link?token=")
    account = people.redeem_link(path.partition("=")[2], PASSWORD, NOW)
    assert account is not None and account.display_name == "New Person"
    assert role_of(name, administrator) == "analyst"
    outcome = people.sign_in(name, PASSWORD, unique("client"), NOW)
    assert isinstance(outcome, people.SignedIn)


def test_somebody_of_another_workspace_is_added_without_a_link(administrator: Scope) -> None:
    stranger = person("viewer", people.create_workspace(unique("other")))
    assert people.invite(administrator, stranger.account, "", "viewer", NOW) is None
    with pytest.raises(BadInput, match="already a member"):
        people.invite(administrator, stranger.account, "", "viewer", NOW)


@pytest.mark.parametrize("role", ["viewer", "analyst", "manager", "operator"])
def test_only_administrators_manage_people(workspace: Workspace, administrator: Scope, role: str) -> None:
    other = person(role, workspace)
    for refused in (
        lambda: people.list_members(other),
        lambda: people.invite(other, unique("x"), "", "viewer", NOW),
        lambda: people.change_role(other, administrator.account, "viewer", NOW),
        lambda: people.remove_member(other, administrator.account, NOW),
        lambda: people.set_member_disabled(other, administrator.account, True, NOW),
        lambda: people.member_link(other, administrator.account, NOW),
        lambda: people.create_workspace_below(other, unique("w"), "", "department", "UTC", NOW),
        lambda: people.audit_page(other, NOW, NOW),
        lambda: people.list_tokens(other, NOW, everybody=True),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_a_role_above_holds_below_and_the_stronger_one_counts(workspace: Workspace, below: Workspace) -> None:
    strong_above, strong_below = person("operator", workspace), person("viewer", workspace)
    people.add_member(below.slug, strong_above.account, "viewer", NOW)
    people.add_member(below.slug, strong_below.account, "operator", NOW)
    boss = person("administrator", below)
    assert role_of(strong_above.account, boss) == "operator"
    assert role_of(strong_below.account, boss) == "operator"
    assert role_of(strong_below.account, person("administrator", workspace)) == "viewer"


def test_a_role_below_gives_nothing_above(workspace: Workspace, below: Workspace) -> None:
    boss = person("administrator", below)
    assert boss.workspace_ids == (below.id,)
    assert [w.slug for w in people.list_workspaces(boss)] == [below.slug]
    with pytest.raises(UnknownName):
        people.switch_workspace(boss.session_id, workspace.slug)


def test_nobody_changes_their_own_role_or_account(administrator: Scope) -> None:
    for change in (
        lambda: people.change_role(administrator, administrator.account, "viewer", NOW),
        lambda: people.remove_member(administrator, administrator.account, NOW),
        lambda: people.set_member_disabled(administrator, administrator.account, True, NOW),
        lambda: people.member_link(administrator, administrator.account, NOW),
    ):
        with pytest.raises(NotAllowed, match="their own"):
            change()


def test_an_administrator_cannot_take_over_an_account_that_reaches_further(
    workspace: Workspace, below: Workspace
) -> None:
    chief, boss = person("administrator", workspace), person("administrator", below)
    for change in (
        lambda: people.member_link(boss, chief.account, NOW),
        lambda: people.set_member_disabled(boss, chief.account, True, NOW),
    ):
        with pytest.raises(NotAllowed, match="workspaces that you do not manage"):
            change()
    elsewhere = person("viewer", people.create_workspace(unique("other")))
    people.invite(boss, elsewhere.account, "", "viewer", NOW)
    with pytest.raises(NotAllowed, match="workspaces that you do not manage"):
        people.member_link(boss, elsewhere.account, NOW)


def test_the_administrator_of_all_its_workspaces_may(workspace: Workspace, below: Workspace) -> None:
    chief, boss = person("administrator", workspace), person("administrator", below)
    scope = Scope(chief.account_id, chief.account, "administrator", below, (below.id,), session_id=chief.session_id)
    assert people.link_account(people.member_link(scope, boss.account, NOW).partition("=")[2], NOW) is not None
    people.set_member_disabled(scope, boss.account, True, NOW)
    states = {member.name: member.state for member in people.list_members(scope)}
    assert states[boss.account] == "disabled"


def test_a_removed_member_is_out_at_the_next_look(workspace: Workspace, administrator: Scope) -> None:
    viewer = people.add_user(unique("viewer"), "viewer", workspace.slug, "", NOW)
    secret = people.open_session(viewer.id, "here", NOW)
    assert people.scope_of_session(secret, NOW) is not None
    people.remove_member(administrator, viewer.name, NOW)
    assert people.scope_of_session(secret, NOW) is None


def test_a_changed_role_counts_at_the_next_look(workspace: Workspace, administrator: Scope) -> None:
    viewer = people.add_user(unique("viewer"), "viewer", workspace.slug, "", NOW)
    secret = people.open_session(viewer.id, "here", NOW)
    people.change_role(administrator, viewer.name, "manager", NOW)
    scope = people.scope_of_session(secret, NOW)
    assert scope is not None and scope.role == "manager"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"slug": "No"}, "lower-case letters"),
        ({"slug": "a" * 64}, "1 to 63"),
        ({"slug": "fine", "timezone": "Europe/Berln"}, "Did you mean `Europe/Berlin`"),
        ({"slug": "fine", "timezone": "../etc/passwd"}, "No time zone"),
        ({"slug": "fine", "kind": "city"}, "Did you mean `municipality`"),
        ({"slug": "fine", "kind": "planet"}, "It is one of organisation, municipality, department"),
        ({"slug": "fine", "parent": "nowhere-at-all", "kind": "department"}, "No workspace `nowhere-at-all`"),
        ({"slug": "fine", "parent": "x"}, "organisation has no parent"),
    ],
)
def test_a_wrong_workspace_is_refused_with_the_reason(database: str, values: dict[str, str], message: str) -> None:
    with pytest.raises((BadInput, UnknownName), match=message):
        people.create_workspace(**values)


@pytest.mark.parametrize("name", ["", "with space", "-x", "x" * 101, "ä", "a/b"])
def test_a_wrong_account_name_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(BadInput, match="Account name"):
        people.add_user(name, "viewer", workspace.slug, PASSWORD, NOW)


def test_adding_a_user_is_all_or_nothing(workspace: Workspace) -> None:
    name = unique("ana")
    with pytest.raises(BadInput, match="At least 12"):
        people.add_user(name, "viewer", workspace.slug, "short", NOW)
    with pytest.raises(UnknownName, match="Did you mean `viewer`"):
        people.add_user(name, "viewr", workspace.slug, PASSWORD, NOW)
    people.add_user(name, "viewer", workspace.slug, PASSWORD, NOW)
    with pytest.raises(BadInput, match="already an account"):
        people.add_user(name, "viewer", workspace.slug, PASSWORD, NOW)


def test_presence_shows_each_account_once_with_its_newest_page_for_six_minutes(workspace: Workspace) -> None:
    ana, bo = person("viewer", workspace), person("viewer", workspace)
    people.presence.touch(ana, "live", NOW)
    people.presence.touch(bo, "live", NOW)
    people.presence.touch(ana, "data", NOW + timedelta(seconds=1))
    seen = {row.account: row.page for row in people.presence.online(ana, NOW + timedelta(seconds=1))}
    assert seen == {ana.account: "data", bo.account: "live"}
    people.presence.touch(ana, "data", NOW + timedelta(minutes=5))
    assert [row.account for row in people.presence.online(bo, NOW + timedelta(minutes=7))] == [ana.account]


def test_audit_is_written_with_the_callers_transaction_and_read_by_page(administrator: Scope) -> None:
    with transaction(administrator) as tx, tx.transaction(force_rollback=True):
        people.record(tx, administrator, "imported", "never.csv")
    with transaction(administrator) as tx:
        for i in range(3):
            people.record(tx, administrator, "imported", f"{i}.csv", {"rows": i})
    now = datetime.now(UTC)
    recent = (now - timedelta(hours=1), now + timedelta(hours=1))
    first = people.audit_page(administrator, *recent, action="imported", limit=2)
    rest = people.audit_page(administrator, *recent, action="imported", before=first[-1].id)
    assert [row.object for row in first + rest] == ["2.csv", "1.csv", "0.csv"]
    assert first[0].summary() == "rows: 2" and first[0].account == administrator.account
    assert "imported" in people.audit_actions(administrator)


def test_a_mistyped_member_suggests_nobody_of_another_workspace(workspace: Workspace) -> None:
    stranger = person("viewer", make_workspace())
    for change in (people.member_link, people.remove_member):
        with pytest.raises(UnknownName) as error:
            change(person("administrator", workspace), f"{stranger.account}x", NOW)
        assert f"`{stranger.account}`" not in str(error.value)
