"""Do sessions, attempts and one-time links let in the right people, for as long as they should?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, TooMany, UnknownName
from data.types import Workspace
from services import people
from services.ingest import ingest_rows
from services.people.sign_in import PER_CLIENT, PER_NAME, WINDOW
from tests.support import fresh_database, make_scope, make_workspace

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def name(workspace: Workspace) -> str:
    """An analyst of the workspace with a password."""
    name = f"ana-{uuid4().hex[:8]}"
    people.add_user(name, "analyst", workspace.slug, PASSWORD, NOW)
    return name


@pytest.fixture
def client() -> str:
    """A network address of its own."""
    return f"client-{uuid4().hex[:8]}"


def secret_of(name: str, client: str, now: datetime = NOW) -> str:
    outcome = people.sign_in(name, PASSWORD, client, now)
    assert isinstance(outcome, people.SignedIn), outcome
    return outcome.secret


def rows(statement: str, *values: object) -> list[tuple[object, ...]]:
    with owner_transaction() as tx:
        return tx.execute(statement, values).fetchall()  # type: ignore[arg-type]  # statements of this file


def test_the_right_password_opens_a_session_of_the_account(name: str, client: str, workspace: Workspace) -> None:
    scope = people.scope_of_session(secret_of(name.upper(), client), NOW)
    assert scope is not None
    assert (scope.account, scope.role, scope.workspace.slug) == (name, "analyst", workspace.slug)
    assert scope.workspace_ids == (workspace.id,) and scope.via == "session"


def test_only_the_hash_of_the_session_is_stored(name: str, client: str) -> None:
    secret = secret_of(name, client)
    stored = rows("SELECT id_hash FROM belvedere.sessions WHERE id_hash = %s", hashlib.sha256(secret.encode()).digest())
    assert len(stored) == 1
    scope = people.scope_of_session(secret, NOW)
    assert scope is not None and secret not in repr(scope)
    assert people.scope_of_session(scope.session_id, NOW) is None, "the hash opens nothing"


@pytest.mark.parametrize("wrong", ["", "correct horse batter", "CORRECT HORSE BATTERY", PASSWORD + " "])
def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(name: str, client: str, wrong: str) -> None:
    refused = people.sign_in(name, wrong, client, NOW)
    assert refused == people.sign_in(f"nobody-{client}", PASSWORD, client, NOW)
    assert refused == people.Refused("The name or the password is not right.")


def test_a_session_ends_after_its_hours(name: str, client: str) -> None:
    secret = secret_of(name, client)
    assert people.scope_of_session(secret, NOW + timedelta(hours=11, minutes=59)) is not None
    assert people.scope_of_session(secret, NOW + timedelta(hours=12)) is None


def test_a_session_ends_with_sign_out_and_is_off_the_list_of_who_is_online(name: str, client: str) -> None:
    secret = secret_of(name, client)
    scope = people.scope_of_session(secret, NOW)
    assert scope is not None
    people.presence.touch(scope, "live", NOW)
    assert [seen.account for seen in people.presence.online(scope, NOW)] == [name]
    people.sign_out(secret, NOW)
    assert people.scope_of_session(secret, NOW) is None
    assert people.presence.online(scope, NOW) == []


def test_a_disabled_account_is_out_at_once_and_stays_out(name: str, client: str) -> None:
    secret = secret_of(name, client)
    people.set_disabled(name, True, NOW)
    assert people.scope_of_session(secret, NOW) is None
    assert isinstance(people.sign_in(name, PASSWORD, client, NOW), people.Refused)
    people.set_disabled(name, False, NOW)
    assert people.scope_of_session(secret, NOW) is None, "enabling does not bring old sessions back"
    assert secret_of(name, client)


def test_an_account_without_a_workspace_is_told_so_after_the_right_password(client: str) -> None:
    account = people.create_account(f"bo-{client}", NOW)
    people.set_password(account.name, PASSWORD, NOW)
    outcome = people.sign_in(account.name, PASSWORD, client, NOW)
    assert isinstance(outcome, people.Refused) and "no workspace" in outcome.reason


def test_after_five_failures_even_the_right_password_waits(name: str, client: str) -> None:
    for minute in range(PER_NAME):
        people.sign_in(name, "wrong", f"{client}-{minute}", NOW + timedelta(minutes=minute))
    at = NOW + timedelta(minutes=5)
    refused = people.sign_in(name, PASSWORD, client, at)
    assert refused == people.Refused("Too many attempts.", int((NOW + WINDOW - at).total_seconds()))
    assert secret_of(name, client, NOW + WINDOW), "and is let in when the first failure is 15 minutes old"


def test_attempts_while_waiting_do_not_lengthen_the_wait(name: str, client: str) -> None:
    for _ in range(PER_NAME):
        people.sign_in(name, "wrong", client, NOW)
    for minute in range(1, 15):
        assert isinstance(people.sign_in(name, "wrong", client, NOW + timedelta(minutes=minute)), people.Refused)
    assert secret_of(name, client, NOW + WINDOW)


def test_a_success_forgives_the_failures_of_the_name(name: str, client: str) -> None:
    for round_no in range(3):
        for second in range(PER_NAME - 1):
            people.sign_in(name, "wrong", client, NOW + timedelta(minutes=round_no, seconds=second))
        secret_of(name, client, NOW + timedelta(minutes=round_no, seconds=30))


def test_a_client_that_tries_many_names_waits_and_its_own_success_forgives_nothing(name: str, client: str) -> None:
    for i in range(PER_CLIENT - 1):
        with owner_transaction() as tx:
            tx.execute(
                "INSERT INTO belvedere.sign_in_attempts (at, name, client, succeeded) VALUES (%s, %s, %s, false)",
                (NOW, f"guess-{i}", client),
            )
    secret_of(name, client)
    people.sign_in("guess-again", "wrong", client, NOW)
    refused = people.sign_in(name, PASSWORD, client, NOW)
    assert isinstance(refused, people.Refused) and refused.wait_s == 900
    assert secret_of(name, f"{client}-elsewhere")


def test_guesses_at_the_same_moment_are_counted_one_by_one(name: str, client: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: people.sign_in(name, "wrong", client, NOW), range(12)))
    assert sum(outcome.wait_s == 0 for outcome in outcomes if isinstance(outcome, people.Refused)) == PER_NAME


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(name: str, client: str) -> None:
    here, elsewhere = secret_of(name, client), secret_of(name, client)
    scope = people.scope_of_session(here, NOW)
    assert scope is not None
    people.change_password(scope, PASSWORD, "another long password", "another long password", NOW)
    assert people.scope_of_session(here, NOW) is not None
    assert people.scope_of_session(elsewhere, NOW) is None
    assert isinstance(people.sign_in(name, PASSWORD, client, NOW), people.Refused)


def test_the_present_password_cannot_be_guessed_at_an_unlocked_screen(name: str, client: str) -> None:
    scope = people.scope_of_session(secret_of(name, client), NOW)
    assert scope is not None
    later = NOW + timedelta(seconds=1)
    with pytest.raises(BadInput, match="differ"):
        people.change_password(scope, PASSWORD, "another long password", "another long passwort", later)
    for _ in range(PER_NAME):
        with pytest.raises(NotAllowed, match="not right"):
            people.change_password(scope, "guess", "another long password", "another long password", later)
    with pytest.raises(TooMany, match="15 minutes"):
        people.change_password(scope, PASSWORD, "another long password", "another long password", later)


def test_sign_in_and_refusal_are_audited_in_the_workspace_of_the_account(
    name: str, client: str, workspace: Workspace
) -> None:
    people.sign_in(name, "wrong", client, NOW)
    people.sign_out(secret_of(name, client), NOW)
    found = rows(
        "SELECT action, client FROM belvedere.audit WHERE workspace_id = %s AND account = %s ORDER BY id",
        workspace.id, name,
    )  # fmt: skip
    assert found == [("sign_in_refused", client), ("sign_in", client), ("sign_out", "")]


def test_a_link_sets_the_password_once_and_looking_does_not_use_it(name: str) -> None:
    token = people.sign_in_link(name, NOW).partition("=")[2]
    for _ in range(3):
        account = people.link_account(token, NOW)
        assert account is not None and account.name == name
    with pytest.raises(BadInput, match="At least 12"):
        people.redeem_link(token, "short", NOW)
    assert people.redeem_link(token, "another long password", NOW) is not None
    assert people.redeem_link(token, "another long password", NOW) is None
    assert people.link_account(token, NOW) is None


def test_two_uses_of_a_link_at_once_give_one_of_them_the_account(name: str) -> None:
    token = people.sign_in_link(name, NOW).partition("=")[2]
    with ThreadPoolExecutor(4) as threads:
        used = list(threads.map(lambda i: people.redeem_link(token, f"a long password {i}", NOW), range(4)))
    assert sum(account is not None for account in used) == 1


def test_a_link_works_for_a_day_and_the_newest_alone(name: str) -> None:
    old = people.sign_in_link(name, NOW).partition("=")[2]
    new = people.sign_in_link(name, NOW).partition("=")[2]
    assert people.link_account(old, NOW) is None
    assert people.link_account(new, NOW + timedelta(hours=23, minutes=59)) is not None
    assert people.link_account(new, NOW + timedelta(hours=24)) is None


def test_a_disabled_account_gets_no_link_and_its_old_one_is_dead(name: str) -> None:
    token = people.sign_in_link(name, NOW).partition("=")[2]
    people.set_disabled(name, True, NOW)
    assert people.link_account(token, NOW) is None and people.redeem_link(token, PASSWORD, NOW) is None
    with pytest.raises(BadInput, match="disabled"):
        people.sign_in_link(name, NOW)


def test_sessions_can_be_listed_and_ended_from_another(name: str, client: str) -> None:
    here, elsewhere = secret_of(name, client), secret_of(name, f"{client}-2")
    scope = people.scope_of_session(here, NOW)
    assert scope is not None
    assert {row.client for row in people.list_sessions(scope, NOW)} == {client, f"{client}-2"}
    people.end_other_sessions(scope, NOW)
    assert people.scope_of_session(elsewhere, NOW) is None and people.scope_of_session(here, NOW) is not None


class TestFirstAdministrator:
    """On a database of its own, because it depends on nobody having a password."""

    @pytest.fixture(autouse=True)
    def empty(self) -> Iterator[None]:
        with fresh_database():
            yield

    def test_without_workspaces_there_is_an_organisation_to_begin_with(self) -> None:
        token = (people.first_sign_in_link(NOW) or "").partition("=")[2]
        account = people.redeem_link(token, PASSWORD, NOW)
        assert account is not None and account.name == "admin"
        scope = people.scope_of_session(secret_of("admin", "here"), NOW)
        assert scope is not None and (scope.role, scope.workspace.slug) == ("administrator", "home")
        assert people.first_sign_in_link(NOW) is None, "an administrator has a password now"

    def test_people_with_other_roles_do_not_take_its_link_away(self) -> None:
        people.create_workspace("city")
        people.add_user("eve", "operator", "city", PASSWORD, NOW)
        assert people.first_sign_in_link(NOW) is not None
        people.add_user("ada", "administrator", "city", PASSWORD, NOW)
        assert people.first_sign_in_link(NOW) is None

    def test_with_workspaces_it_administers_each_at_the_top_and_so_all(self) -> None:
        people.create_workspace("city")
        people.create_workspace("water", kind="department", parent="city")
        people.create_workspace("other")
        people.first_sign_in_link(NOW)
        token = (people.first_sign_in_link(NOW) or "").partition("=")[2]
        people.redeem_link(token, PASSWORD, NOW)
        scope = people.scope_of_session(secret_of("admin", "here"), NOW)
        assert scope is not None
        assert [w.slug for w in people.list_workspaces(scope)] == ["city", "water", "other"]

    def test_it_gets_new_workspaces_too_until_one_is_kept_from_it(self) -> None:
        token = (people.first_sign_in_link(NOW) or "").partition("=")[2]
        people.redeem_link(token, PASSWORD, NOW)
        people.add_user("other", "administrator", "home", PASSWORD, NOW)
        people.create_workspace("city")
        roles = {account.name: dict(found) for account, found in people.list_accounts()}
        assert roles == {
            "admin": {"home": "administrator", "city": "administrator"},
            "other": {"home": "administrator"},
        }
        people.add_member("city", "admin", "viewer", NOW)
        people.create_workspace("apart")
        assert "apart" not in {slug for account, found in people.list_accounts() for slug, _ in found}

    def test_a_workspace_can_be_switched_only_within_reach(self) -> None:
        for slug in ("city", "other"):
            people.create_workspace(slug)
        water = people.create_workspace("water", kind="department", parent="city", timezone="Europe/Berlin")
        people.add_user("ana", "viewer", "city", PASSWORD, NOW)
        secret = secret_of("ana", "here")
        before = people.scope_of_session(secret, NOW)
        assert before is not None and before.workspace.slug == "city" and water.id in before.workspace_ids
        people.switch_workspace(before.session_id, "water")
        after = people.scope_of_session(secret, NOW)
        assert after is not None and after.workspace == water and after.workspace_ids == (water.id,)
        with pytest.raises(UnknownName):
            people.switch_workspace(before.session_id, "other")
        assert people.scope_of_session(secret, NOW) == after


def test_a_session_begins_in_ones_own_workspace_not_in_a_department_with_more_rows(name: str, client: str) -> None:
    city = make_workspace()
    department = make_scope(people.create_workspace(f"{city.slug}-water", kind="department", parent=city.slug))
    people.add_user(f"{name}-2", "manager", city.slug, PASSWORD, NOW)
    rows = [{"complaint_id": str(n), "opened_at": NOW.isoformat()} for n in range(3)]
    ingest_rows(department, "grievance.complaints", rows, "three", NOW)
    first = people.scope_of_session(secret_of(f"{name}-2", client), NOW)
    assert first is not None and first.workspace.slug == department.workspace.slug, "the only one with rows"
    ingest_rows(make_scope(city), "grievance.complaints", rows[:1], "one", NOW)
    people.add_user(f"{name}-3", "manager", city.slug, PASSWORD, NOW)
    later = people.scope_of_session(secret_of(f"{name}-3", client), NOW)
    assert later is not None and later.workspace.slug == city.slug


def test_a_session_begins_where_most_rows_are_and_later_where_one_was_last(
    name: str, client: str, workspace: Workspace
) -> None:
    full = make_workspace()
    people.add_member(full.slug, name, "analyst", NOW)
    row = {"complaint_id": "1", "opened_at": NOW.isoformat()}
    ingest_rows(make_scope(full), "grievance.complaints", [row], "one", NOW)
    first = people.scope_of_session(secret_of(name, client), NOW)
    assert first is not None and first.workspace.slug == full.slug
    people.switch_workspace(first.session_id, workspace.slug)
    later = people.scope_of_session(secret_of(name, client, NOW + timedelta(minutes=1)), NOW + timedelta(minutes=1))
    assert later is not None and later.workspace.slug == workspace.slug
