"""Commands for people: accounts, workspaces, API tokens, one-time links."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from data.errors import BadInput

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]

users = typer.Typer(help="Accounts.", no_args_is_help=True)
workspaces = typer.Typer(help="Workspaces.", no_args_is_help=True)
tokens = typer.Typer(help="API tokens.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to manage.py."""
    app.add_typer(users, name="user")
    app.add_typer(workspaces, name="workspace")
    app.add_typer(tokens, name="token")
    app.command("sign-in-link")(sign_in_link)


@users.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="viewer, analyst, manager, operator or administrator.")],
    workspace: Annotated[str, typer.Option(help="Workspace in which the role holds, and in all below it.")],
    display_name: Annotated[str, typer.Option(help="Name to show.")] = "",
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account; without a password it gets a one-time link to set one."""
    from services import people

    now = datetime.now(UTC)
    password = _password() if password_stdin else ""
    account = people.add_user(name, role, workspace, password, now, display_name)
    link = "" if password else _address(people.sign_in_link(account.name, now))
    _say(
        {"name": account.name, "role": role, "workspace": workspace, "link": link or None},
        f"Added {account.name}." + (f" One-time link, valid for 24 hours: {link}" if link else ""),
        as_json,
    )


@users.command("role")
def user_role(
    name: str,
    role: Annotated[str, typer.Option(help="viewer, analyst, manager, operator or administrator.")],
    workspace: Annotated[str, typer.Option(help="Workspace in which the role holds, and in all below it.")],
) -> None:
    """Give an account a role in a workspace, or change it."""
    from services import people

    people.add_member(workspace, name, role, datetime.now(UTC))
    typer.echo(f"{name} is {role} in {workspace}.")


@users.command("list")
def user_list(as_json: Json = False) -> None:
    """List accounts with their roles."""
    from services import people

    found = [
        {
            "name": account.name,
            "display_name": account.display_name,
            "has_password": account.has_password,
            "disabled": account.disabled_at is not None,
            "roles": dict(roles),
        }
        for account, roles in people.list_accounts()
    ]
    lines = [f"{row['name']:<32} {_status(row):<12} {_roles(row['roles'])}" for row in found]
    _say(found, "\n".join(lines) or "No accounts yet.", as_json)


@users.command("disable")
def user_disable(name: str) -> None:
    """Disable an account and end its sessions; its tokens stop working."""
    from services import people

    people.set_disabled(name, True, datetime.now(UTC))
    typer.echo(f"Disabled {name}.")


@users.command("enable")
def user_enable(name: str) -> None:
    """Let a disabled account in again."""
    from services import people

    people.set_disabled(name, False, datetime.now(UTC))
    typer.echo(f"Enabled {name}.")


@users.command("password")
def user_password(name: str, password_stdin: PasswordStdin = False) -> None:
    """Set an account's password and end its sessions."""
    from services import people

    if not password_stdin:
        raise BadInput("Pass --password-stdin and the password on standard input, so that it is in no history.")
    people.set_password(name, _password(), datetime.now(UTC))
    typer.echo(f"Set the password of {name}; its sessions have ended.")


@workspaces.command("add")
def workspace_add(
    slug: str,
    name: Annotated[str, typer.Option(help="Name to show.")] = "",
    kind: Annotated[str, typer.Option(help="organisation, municipality or department.")] = "organisation",
    timezone: Annotated[str, typer.Option(help="IANA time zone in which days begin.")] = "UTC",
    parent: Annotated[str, typer.Option(help="Workspace above it.")] = "",
    as_json: Json = False,
) -> None:
    """Add a workspace."""
    from services import people

    made = people.create_workspace(slug, name, kind, timezone, parent or None)
    row = {"slug": made.slug, "name": made.name, "kind": made.kind, "timezone": made.timezone, "parent": parent or None}
    _say(row, f"Added the workspace {made.slug}.", as_json)


@workspaces.command("list")
def workspace_list(as_json: Json = False) -> None:
    """List workspaces, each below its parent."""
    from services import people

    found = people.all_workspaces()
    slugs = {workspace.id: workspace.slug for workspace in found}
    rows = [
        {"slug": w.slug, "name": w.name, "kind": w.kind, "timezone": w.timezone, "parent": slugs.get(w.parent_id or 0)}
        for w in found
    ]
    lines = [f"{row['slug']:<24} {row['kind']:<13} {row['timezone']:<24} {row['name']}" for row in rows]
    _say(rows, "\n".join(lines) or "No workspaces yet.", as_json)


@tokens.command("create")
def token_create(
    workspace: Annotated[str, typer.Option(help="Workspace that the token is for.")],
    abilities: Annotated[str, typer.Option(help="Separated by commas: read, rows, export, personal, write, manage.")],
    days: Annotated[int, typer.Option(help="How many days it lasts.")] = 90,
    name: Annotated[str, typer.Option(help="Which program uses it.")] = "command line",
    as_json: Json = False,
) -> None:
    """Create an API token for a program; it is shown once."""
    from services import people

    chosen = [ability.strip() for ability in abilities.split(",") if ability.strip()]
    secret = people.create_service_token(workspace, chosen, days, name, datetime.now(UTC))
    row = {"token": secret, "workspace": workspace, "abilities": chosen, "days": days, "name": name}
    _say(row, f"{secret}\nKeep it now: it is not shown again.", as_json)


def sign_in_link(name: Annotated[str, typer.Argument()] = "admin", as_json: Json = False) -> None:
    """Make a one-time link with which an account sets a new password; without NAME, the first administrator."""
    from services import people

    now = datetime.now(UTC)
    first = people.first_sign_in_link(now) if name == "admin" else None
    link = _address(first or people.sign_in_link(name, now))
    _say({"name": name, "link": link}, link, as_json)


def _password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadInput("No password on standard input.")
    return password


def _address(path: str) -> str:
    from services.processes import address

    return address() + path


def _roles(roles: object) -> str:
    assert isinstance(roles, dict)
    return ", ".join(f"{role} of {workspace}" for workspace, role in roles.items())


def _status(row: dict[str, object]) -> str:
    if row["disabled"]:
        return "disabled"
    return "" if row["has_password"] else "no password"


def _say(document: object, text: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else text)
