"""What does the database know about accounts, workspaces, memberships, audit and presence?

Every function runs inside the caller's transaction; those on accounts, memberships and all workspaces need the owner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from data.database import Transaction
from data.statements import run
from data.types import ROLES, Role, Workspace


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: int
    name: str
    display_name: str
    has_password: bool
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """An account with its strongest role in a workspace; `granted_in` is the workspace that gives the role."""

    account_id: int
    name: str
    display_name: str
    role: Role
    granted_in: str
    has_password: bool
    disabled_at: datetime | None
    last_seen_at: datetime | None

    @property
    def state(self) -> str:
        """Whether the account can sign in, in words."""
        if self.disabled_at is not None:
            return "disabled"
        return "active" if self.has_password else "no password yet"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """What somebody did, when and from where."""

    id: int
    at: datetime
    account: str
    action: str
    object: str
    detail: dict[str, Any]
    client: str

    def summary(self) -> str:
        """The detail in one line: `role: viewer, days: 90`."""
        return ", ".join(f"{name}: {value}" for name, value in self.detail.items())


@dataclass(frozen=True, slots=True)
class Sighting:
    """An account that is using a workspace now."""

    account: str
    page: str
    seen_at: datetime


def create_workspace(
    tx: Transaction, slug: str, name: str, kind: str, timezone: str, parent_id: int | None
) -> Workspace:
    """Insert a workspace; psycopg.errors.UniqueViolation when the slug is taken."""
    values = {"slug": slug, "name": name, "kind": kind, "timezone": timezone, "parent_id": parent_id}
    return Workspace(*run(tx, "workspace_create", values)[0])


def give_to_administrator(tx: Transaction, workspace_id: int, name: str) -> None:
    """Make an account administrator of a new top workspace, if it is administrator of all the others."""
    run(tx, "workspace_to_admin", {"workspace_id": workspace_id, "name": name})


def find_workspace(tx: Transaction, slug: str) -> Workspace | None:
    """The workspace of that slug."""
    rows = run(tx, "workspace_by_slug", {"slug": slug})
    return Workspace(*rows[0]) if rows else None


def all_workspaces(tx: Transaction) -> list[Workspace]:
    """Every workspace, each right after its parent."""
    return [Workspace(*row) for row in run(tx, "workspaces_all", {})]


def workspaces_of_account(tx: Transaction, account_id: int) -> list[Workspace]:
    """The workspaces that an account reaches, each right after its parent."""
    return [Workspace(*row) for row in run(tx, "workspaces_of_account", {"account_id": account_id})]


def workspace_ids_below(tx: Transaction, workspace_id: int) -> tuple[int, ...]:
    """The ids of a workspace and of all its descendants."""
    return tuple(row[0] for row in run(tx, "workspace_ids_below", {"workspace_id": workspace_id}))


def create_account(tx: Transaction, name: str, display_name: str, now: datetime) -> Account | None:
    """A new account without a password; None when the name is taken."""
    rows = run(tx, "account_create", {"name": name, "display_name": display_name, "now": now})
    return Account(*rows[0]) if rows else None


def find_account(tx: Transaction, name: str) -> Account | None:
    """The account of that name."""
    rows = run(tx, "account_by_name", {"name": name})
    return Account(*rows[0]) if rows else None


def all_accounts(tx: Transaction) -> list[tuple[Account, list[tuple[str, Role]]]]:
    """Every account with its own memberships (workspace slug, role), by name."""
    memberships: dict[int, list[tuple[str, Role]]] = {}
    for account_id, slug, role in run(tx, "memberships_all", {}):
        memberships.setdefault(account_id, []).append((slug, role))
    accounts = [Account(*row) for row in run(tx, "accounts_all", {})]
    return [(account, memberships.get(account.id, [])) for account in accounts]


def memberships(tx: Transaction, account_id: int) -> list[tuple[str, Role]]:
    """The own memberships of one account (workspace slug, role)."""
    return [(slug, role) for slug, role in run(tx, "memberships_of_account", {"account_id": account_id})]


def anybody_has_password(tx: Transaction) -> bool:
    """Whether some enabled account has a password."""
    return bool(run(tx, "account_has_password", {})[0][0])


def administrator_has_password(tx: Transaction) -> bool:
    """Whether some enabled account that administers a workspace has a password."""
    return bool(run(tx, "administrator_has_password", {})[0][0])


def set_disabled(tx: Transaction, account_id: int, disabled_at: datetime | None) -> None:
    """Disable an account from a time on, or enable it with None."""
    run(tx, "account_set_disabled", {"account_id": account_id, "disabled_at": disabled_at})


def set_membership(tx: Transaction, workspace_id: int, account_id: int, role: Role) -> None:
    """Give an account a role in a workspace."""
    run(tx, "membership_set", {"workspace_id": workspace_id, "account_id": account_id, "role": role})


def remove_membership(tx: Transaction, workspace_id: int, account_id: int) -> None:
    """Take an account's own role in a workspace away."""
    run(tx, "membership_remove", {"workspace_id": workspace_id, "account_id": account_id})


def members(tx: Transaction, workspace_id: int) -> list[Member]:
    """Who has a role in a workspace, by name."""
    values = {"workspace_id": workspace_id, "roles": list(ROLES)}
    return [Member(*row) for row in run(tx, "members_of_workspace", values)]


def role_in(tx: Transaction, workspace_id: int, account_id: int) -> Role | None:
    """The strongest role of an account in a workspace, its own or from a parent."""
    values = {"workspace_id": workspace_id, "account_id": account_id, "roles": list(ROLES)}
    rows = run(tx, "role_in_workspace", values)
    return rows[0][0] if rows else None


def memberships_outside(tx: Transaction, account_id: int, actor_id: int) -> int:
    """How many memberships of an account lie where `actor_id` is no administrator."""
    return int(run(tx, "memberships_outside", {"account_id": account_id, "actor_id": actor_id})[0][0])


def add_audit(
    tx: Transaction, workspace_id: int | None, account: str, action: str, object: str = "",
    detail: Mapping[str, Any] | None = None, client: str = "", at: datetime | None = None,
) -> None:  # fmt: skip
    """One audit row; `at` defaults to the transaction's time."""
    values = {
        "workspace_id": workspace_id, "account": account, "action": action, "object": object,
        "detail": Jsonb(dict(detail or {})), "client": client, "at": at,
    }  # fmt: skip
    run(tx, "audit_add", values)


def audit_page(
    tx: Transaction, workspace_id: int, from_at: datetime, to_at: datetime,
    account: str | None, action: str | None, before: int | None, limit: int,
) -> list[AuditRow]:  # fmt: skip
    """Audit rows of a workspace in a half-open range, newest first, before an id."""
    values = {
        "workspace_id": workspace_id, "from_at": from_at, "to_at": to_at, "account": account, "action": action,
        "before": before, "limit": limit,
    }  # fmt: skip
    return [AuditRow(*row) for row in run(tx, "audit_page", values)]


def audit_actions(tx: Transaction, workspace_id: int) -> list[str]:
    """The actions that occur in a workspace's audit."""
    return [row[0] for row in run(tx, "audit_actions", {"workspace_id": workspace_id})]


def touch_presence(tx: Transaction, workspace_id: int, key: str, account: str, page: str, now: datetime) -> None:
    """Say that a session is on a page; a repeat within 15 seconds writes nothing."""
    values = {"workspace_id": workspace_id, "session_key": key, "account": account, "page": page, "now": now}
    run(tx, "presence_touch", values)


def online(tx: Transaction, workspace_id: int, since: datetime) -> list[Sighting]:
    """Accounts seen in a workspace since a time, by name."""
    rows = run(tx, "presence_online", {"workspace_id": workspace_id, "since": since})
    return [Sighting(*row) for row in rows]
