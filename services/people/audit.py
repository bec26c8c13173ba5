"""Who did what in a workspace?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import data.people
from data.database import Transaction, transaction
from data.people import AuditRow
from data.types import Scope
from services.people.abilities import require


def record(
    tx: Transaction, scope: Scope, action: str, object: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Add an audit row to the active workspace in the caller's transaction; it is there if and only if that commits.

    `action` is a verb in the past tense (`imported`, `exported`, `read_personal`), `object` what it was done to,
    `detail` JSON without secrets and without personal values.
    """
    data.people.add_audit(tx, scope.workspace.id, scope.account, action, object, detail, client=scope.via)


_TITLES = {
    "sign_in": "Signed in", "sign_in_refused": "Sign-in refused", "sign_out": "Signed out",
    "read_personal": "Read personal data", "errand_asked": "Calculation asked for",
    "link_created": "One-time link made",
}  # fmt: skip


def action_title(action: str) -> str:
    """What an action is called on pages: `role_changed` is `Role changed`."""
    return _TITLES.get(action, action.replace("_", " ").capitalize())


def record_about(
    tx: Transaction, account_id: int, account: str, action: str, object: str = "",
    detail: Mapping[str, Any] | None = None, client: str = "", now: datetime | None = None,
) -> None:  # fmt: skip
    """Inside an owner transaction: an audit row about somebody outside any session (a refused sign-in, a command).

    It belongs to the first workspace that the account reaches, so that its administrators see it; to none, which only
    the owner of the database reads, when the account is unknown (0) or reaches none.
    """
    reached = data.people.workspaces_of_account(tx, account_id)
    workspace_id = reached[0].id if reached else None
    data.people.add_audit(tx, workspace_id, account, action, object, detail, client, now)


def audit_page(
    scope: Scope, from_at: datetime, to_at: datetime, account: str | None = None, action: str | None = None,
    before: int | None = None, limit: int = 200,
) -> list[AuditRow]:  # fmt: skip
    """Audit rows of the active workspace, newest first; the last id is the next page's `before`. Raises NotAllowed."""
    require(scope, "manage")
    with transaction(scope) as tx:
        return data.people.audit_page(tx, scope.workspace.id, from_at, to_at, account, action, before, limit)


def audit_actions(scope: Scope) -> list[str]:
    """The actions that occur in the active workspace's audit. Raises NotAllowed."""
    require(scope, "manage")
    with transaction(scope) as tx:
        return data.people.audit_actions(tx, scope.workspace.id)
