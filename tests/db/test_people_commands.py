"""Do the commands for people do what they say, and say what they did?"""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
import typer
from typer.testing import CliRunner

from data.errors import BelvedereError
from data.types import Workspace
from services import people
from services.cli import people as commands
from tests.db.test_sign_in import NOW, PASSWORD, rows

app = typer.Typer()
commands.register(app)


def run(*words: str, typed: str = "") -> str:
    """What a command prints; its BelvedereError is raised, as manage.py gets it."""
    result = CliRunner().invoke(app, list(words), input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def name(workspace: Workspace) -> str:
    name = f"ana-{uuid4().hex[:8]}"
    run(
        "user",
        "add",
        name,
        "--role",
        "viewer",
        "--workspace",
        workspace.slug,
        "--password-stdin",
        typed=PASSWORD + "\n",
    )
    return name


def can_sign_in(name: str, password: str = PASSWORD) -> bool:
    return isinstance(people.sign_in(name, password, f"client-{uuid4()}", NOW), people.SignedIn)


def test_a_user_with_a_password_from_standard_input_can_sign_in(name: str, workspace: Workspace) -> None:
    assert can_sign_in(name)
    found = {row["name"]: row for row in json.loads(run("user", "list", "--json"))}
    roles = {workspace.slug: "viewer"}
    assert found[name] == {
        "name": name, "display_name": name, "has_password": True, "disabled": False, "roles": roles,
    }  # fmt: skip
    assert re.search(rf"{name} +viewer of {workspace.slug}", run("user", "list"))


def test_a_user_without_a_password_gets_a_link_that_sets_one(workspace: Workspace) -> None:
    name = f"bo-{uuid4().hex[:8]}"
    made = json.loads(run("user", "add", name, "--role", "analyst", "--workspace", workspace.slug, "--json"))
    assert made["link"].startswith("http://")
    assert people.redeem_link(made["link"].partition("token=")[2], PASSWORD, NOW) is not None


def test_a_user_is_disabled_enabled_and_given_a_password_and_a_role(name: str, workspace: Workspace) -> None:
    run("user", "disable", name)
    assert not can_sign_in(name)
    run("user", "enable", name)
    run("user", "password", name, "--password-stdin", typed="another long password\n")
    assert can_sign_in(name, "another long password") and not can_sign_in(name)
    run("user", "role", name, "--role", "manager", "--workspace", workspace.slug)
    assert dict(next(roles for account, roles in people.list_accounts() if account.name == name)) == {
        workspace.slug: "manager"
    }
    actions = rows("SELECT action FROM belvedere.audit WHERE object = %s ORDER BY id", name)
    assert [action for (action,) in actions] == [
        "member_added", "account_disabled", "account_enabled", "password_set", "member_added",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("user", "add", "x", "--role", "viewr", "--workspace", "w"), "Did you mean `viewer`"),
        (("user", "add", "x", "--role", "viewer", "--workspace", "no-such-place"), "No workspace `no-such-place`"),
        (("user", "disable", "nobody-at-all"), "No account `nobody-at-all`"),
        (("user", "password", "x"), "--password-stdin"),
        (("user", "password", "x", "--password-stdin"), "No password on standard input"),
        (("token", "create", "--workspace", "w", "--abilities", "raed"), "Did you mean `read`"),
        (("workspace", "add", "x", "--timezone", "Europe/Berln"), "Did you mean `Europe/Berlin`"),
        (("sign-in-link", "nobody-at-all"), "No account `nobody-at-all`"),
    ],
)
def test_what_is_wrong_is_said(database: str, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(BelvedereError, match=message):
        run(*words)


def test_workspaces_are_added_and_listed_below_their_parent(workspace: Workspace) -> None:
    slug = f"dep-{uuid4().hex[:8]}"
    options = ("--name", "Works", "--kind", "department", "--timezone", "Europe/Berlin", "--parent", workspace.slug)
    made = json.loads(run("workspace", "add", slug, *options, "--json"))
    assert made == {
        "slug": slug, "name": "Works", "kind": "department", "timezone": "Europe/Berlin", "parent": workspace.slug,
    }  # fmt: skip
    listed = json.loads(run("workspace", "list", "--json"))
    assert made in listed and listed.index(made) > [row["slug"] for row in listed].index(workspace.slug)
    assert "Europe/Berlin" in run("workspace", "list")


def test_a_token_is_printed_once_and_works(workspace: Workspace) -> None:
    made = json.loads(
        run("token", "create", "--workspace", workspace.slug, "--abilities", "read, write", "--days", "7", "--json")
    )
    found = people.scope_of_token(made["token"], NOW)
    assert found is not None and found[1] == {"read", "write"}


def test_a_link_for_a_forgotten_password(name: str) -> None:
    made = json.loads(run("sign-in-link", name, "--json"))
    assert made["name"] == name
    assert run("sign-in-link", name).startswith("http://")
