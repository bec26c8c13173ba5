"""Does an API token open what it was made for, and nothing else?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import data.people
import data.sign_in
from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope, Workspace
from services import people
from tests.db.test_members import person

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def operator(workspace: Workspace) -> Scope:
    return person("operator", workspace)


def test_a_token_is_for_its_workspace_and_abilities(workspace: Workspace, operator: Scope) -> None:
    secret = people.create_token(operator, "feeder", ["write", "read"], 30, NOW)
    found = people.scope_of_token(secret, NOW)
    assert found is not None
    scope, abilities = found
    assert abilities == {"read", "write"} == scope.abilities
    assert (scope.via, scope.account, scope.workspace_ids) == ("token", operator.account, (workspace.id,))
    assert people.can(scope, "write") and not people.can(scope, "personal")


def test_the_secret_is_in_no_table(operator: Scope) -> None:
    secret = people.create_token(operator, "feeder", ["read"], 30, NOW)
    assert secret.startswith("bv_") and len(secret) >= 46
    with owner_transaction() as tx:
        for table in ("api_tokens", "audit"):
            found = tx.execute(f"SELECT count(*) FROM belvedere.{table} t WHERE t::text LIKE %s", (f"%{secret[3:]}%",))  # type: ignore[arg-type]  # names of this file
            assert found.fetchone() == (0,)


def test_a_token_expires_and_can_be_ended(operator: Scope) -> None:
    secret = people.create_token(operator, "feeder", ["read"], 1, NOW)
    assert people.scope_of_token(secret, NOW + timedelta(hours=23)) is not None
    assert people.scope_of_token(secret, NOW + timedelta(days=1)) is None
    row = people.list_tokens(operator, NOW)[0]
    people.revoke_token(operator, row.id, NOW)
    assert people.scope_of_token(secret, NOW) is None and people.list_tokens(operator, NOW) == []


def test_a_token_loses_what_its_account_loses(workspace: Workspace, operator: Scope) -> None:
    secret = people.create_token(operator, "feeder", ["read", "write"], 30, NOW)
    people.add_member(workspace.slug, operator.account, "viewer", NOW)
    found = people.scope_of_token(secret, NOW)
    assert found is not None and found[1] == {"read"}
    people.set_disabled(operator.account, True, NOW)
    assert people.scope_of_token(secret, NOW) is None


def test_a_token_ends_with_the_membership(workspace: Workspace, operator: Scope) -> None:
    secret = people.create_token(operator, "feeder", ["read"], 30, NOW)
    people.remove_member(person("administrator", workspace), operator.account, NOW)
    assert people.scope_of_token(secret, NOW) is None


def test_nobody_makes_a_token_that_may_more_than_they(operator: Scope) -> None:
    with pytest.raises(NotAllowed, match="no ability `manage`"):
        people.create_token(operator, "feeder", ["manage"], 30, NOW)
    with pytest.raises(UnknownName, match="Did you mean `write`"):
        people.create_token(operator, "feeder", ["wrte"], 30, NOW)


@pytest.mark.parametrize(
    ("name", "abilities", "days", "message"),
    [(" ", ["read"], 30, "needs a name"), ("x", [], 30, "at least one ability"), ("x", ["read"], 0, "1 to 730 days")],
)
def test_a_token_needs_name_ability_and_days(
    operator: Scope, name: str, abilities: list[str], days: int, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        people.create_token(operator, name, abilities, days, NOW)


def test_one_ends_ones_own_tokens_and_an_administrator_everybodys(workspace: Workspace, operator: Scope) -> None:
    other, administrator = person("operator", workspace), person("administrator", workspace)
    people.create_token(operator, "feeder", ["read"], 30, NOW)
    row = people.list_tokens(operator, NOW)[0]
    assert people.list_tokens(other, NOW) == []
    with pytest.raises(UnknownName):
        people.revoke_token(other, row.id, NOW)
    assert [t.name for t in people.list_tokens(administrator, NOW, everybody=True)] == ["feeder"]
    people.revoke_token(administrator, row.id, NOW)
    assert people.list_tokens(operator, NOW) == []


def test_a_command_makes_a_token_that_belongs_to_no_person(workspace: Workspace) -> None:
    reading = people.create_service_token(workspace.slug, ["read"], 30, "dashboard", NOW)
    writing = people.create_service_token(workspace.slug, ["write"], 30, "feeder", NOW)
    read, write = people.scope_of_token(reading, NOW), people.scope_of_token(writing, NOW)
    assert read is not None and write is not None
    assert read[0].account == f"service.{workspace.slug}" == write[0].account
    assert (read[1], write[1]) == ({"read"}, {"write"})


@pytest.mark.parametrize("token", ["", "bv_", "bv_x", "x" * 46, "bv_" + "\x00"])
def test_anything_else_is_no_token(database: str, token: str) -> None:
    assert people.scope_of_token(token, NOW) is None


def test_nobody_takes_the_account_of_programs_before_there_is_one(workspace: Workspace) -> None:
    name = f"service.{workspace.slug}"
    with pytest.raises(BadInput, match="of programs"):
        people.invite(person("administrator", workspace), name, "", "viewer", NOW)
    with owner_transaction() as tx:  # as an earlier version let it happen
        made = data.people.create_account(tx, name, name, NOW)
        assert made is not None
        data.sign_in.set_password_hash(tx, made.id, "their own")
    with pytest.raises(BadInput, match="somebody's account"):
        people.create_service_token(workspace.slug, ["write"], 1, "feeder", NOW)
