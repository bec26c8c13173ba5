"""Who belongs to a workspace, in which role, and who may change that?"""

from __future__ import annotations

from datetime import datetime

import data.people
import data.sign_in
from data.database import Transaction, owner_transaction
from data.errors import BadInput, NotAllowed, unknown
from data.people import Account, Member
from data.types import ROLES, Role, Scope, Workspace
from services.people.abilities import require
from services.people.accounts import check_name, disable, existing_account, new_link
from services.people.passwords import hash_password
from services.people.workspaces import create_workspace, get_workspace


def check_role(role: str) -> Role:
    """The role of that name; UnknownName with a suggestion."""
    for known in ROLES:
        if known == role:
            return known
    raise unknown("role", role, ROLES, listed=True)


def add_member(workspace_slug: str, account_name: str, role: str, now: datetime) -> None:
    """Give an account a role in a workspace (a command). Raises UnknownName."""
    chosen = check_role(role)
    workspace = get_workspace(workspace_slug)
    with owner_transaction() as tx:
        account = existing_account(tx, account_name)
        data.people.set_membership(tx, workspace.id, account.id, chosen)
        data.people.add_audit(tx, workspace.id, "command", "member_added", account.name, {"role": chosen}, at=now)


def add_user(
    name: str, role: str, workspace_slug: str, password: str, now: datetime, display_name: str = ""
) -> Account:
    """A new account with a role in a workspace and, unless it is empty, a password (a command).

    All or nothing. Raises BadInput for a taken or malformed name and a short password, UnknownName for the others.
    """
    stored, chosen, workspace = check_name(name), check_role(role), get_workspace(workspace_slug)
    hashed = hash_password(password) if password else ""
    with owner_transaction() as tx:
        account = data.people.create_account(tx, stored, display_name.strip() or stored, now)
        if account is None:
            raise BadInput(f"There is already an account `{stored}`: `user role` gives it a role in another workspace.")
        data.people.set_membership(tx, workspace.id, account.id, chosen)
        if hashed:
            data.sign_in.set_password_hash(tx, account.id, hashed)
        data.people.add_audit(tx, workspace.id, "command", "member_added", stored, {"role": chosen}, at=now)
    return account


def list_members(scope: Scope) -> list[Member]:
    """Who has a role in the active workspace, own or from a parent, by name. Raises NotAllowed."""
    require(scope, "manage")
    with owner_transaction() as tx:
        return data.people.members(tx, scope.workspace.id)


def invite(scope: Scope, name: str, display_name: str, role: str, now: datetime) -> str | None:
    """Make somebody a member of the active workspace.

    A new account gets a one-time link to set its password, whose address path is returned once; an account that exists
    is added as it is and None returned. Raises NotAllowed and BadInput.
    """
    require(scope, "manage")
    stored, chosen = check_name(name), check_role(role)
    with owner_transaction() as tx:
        account = data.people.create_account(tx, stored, display_name.strip() or stored, now)
        is_new = account is not None
        account = account or existing_account(tx, stored)
        if data.people.role_in(tx, scope.workspace.id, account.id) is not None:
            raise BadInput(f"`{stored}` is already a member: change the role in the list.")
        data.people.set_membership(tx, scope.workspace.id, account.id, chosen)
        data.people.add_audit(tx, scope.workspace.id, scope.account, "member_added", stored, {"role": chosen}, at=now)
        return new_link(tx, account, now) if is_new else None


def change_role(scope: Scope, name: str, role: str, now: datetime) -> None:
    """Change a member's role in the active workspace. Raises NotAllowed for oneself."""
    chosen = check_role(role)
    with owner_transaction() as tx:
        account = _other_member(tx, scope, name)
        data.people.set_membership(tx, scope.workspace.id, account.id, chosen)
        detail = {"role": chosen}
        data.people.add_audit(tx, scope.workspace.id, scope.account, "role_changed", account.name, detail, at=now)


def remove_member(scope: Scope, name: str, now: datetime) -> None:
    """Take a member's role in the active workspace away; one from a parent stays. Raises NotAllowed for oneself."""
    with owner_transaction() as tx:
        account = _other_member(tx, scope, name)
        data.people.remove_membership(tx, scope.workspace.id, account.id)
        data.people.add_audit(tx, scope.workspace.id, scope.account, "member_removed", account.name, at=now)


def set_member_disabled(scope: Scope, name: str, disabled: bool, now: datetime) -> None:
    """Disable or enable a member's account. Raises NotAllowed unless the viewer manages all of its workspaces."""
    with owner_transaction() as tx:
        account = _own_member(tx, scope, name)
        disable(tx, account, disabled, now)
        action = "account_disabled" if disabled else "account_enabled"
        data.people.add_audit(tx, scope.workspace.id, scope.account, action, account.name, at=now)


def member_link(scope: Scope, name: str, now: datetime) -> str:
    """The address path of a one-time link with which a member sets a new password.

    Raises NotAllowed unless all workspaces of the account are the viewer's to manage: whoever holds the link is them.
    """
    with owner_transaction() as tx:
        account = _own_member(tx, scope, name)
        if account.disabled_at is not None:
            raise BadInput(f"The account `{account.name}` is disabled.")
        data.people.add_audit(tx, scope.workspace.id, scope.account, "link_created", account.name, at=now)
        return new_link(tx, account, now)


def create_workspace_below(scope: Scope, slug: str, name: str, kind: str, timezone: str, now: datetime) -> Workspace:
    """A new workspace under the active one, whose members are members there too. Raises NotAllowed and BadInput."""
    require(scope, "manage")
    if kind == "organisation":
        raise BadInput("A workspace below another is a municipality or a department.")
    workspace = create_workspace(slug, name, kind, timezone, parent=scope.workspace.slug)
    with owner_transaction() as tx:
        data.people.add_audit(tx, scope.workspace.id, scope.account, "workspace_created", slug, at=now)
    return workspace


def _other_member(tx: Transaction, scope: Scope, name: str) -> Account:
    """A member of the active workspace who is not the viewer."""
    require(scope, "manage")
    account = data.people.find_account(tx, name.strip().lower())
    if account is not None and account.id == scope.account_id:
        raise NotAllowed("Nobody can change their own role or account here: ask another administrator.")
    # Names of other workspaces' people are not suggested.
    if account is None or data.people.role_in(tx, scope.workspace.id, account.id) is None:
        raise unknown("member", name, [m.name for m in data.people.members(tx, scope.workspace.id)])
    return account


def _own_member(tx: Transaction, scope: Scope, name: str) -> Account:
    """A member whose account is the viewer's to manage, because each of its workspaces is."""
    account = _other_member(tx, scope, name)
    if scope.account_id is None or data.people.memberships_outside(tx, account.id, scope.account_id):
        raise NotAllowed(
            f"`{account.name}` belongs to workspaces that you do not manage: ask an administrator of all of them."
        )
    return account
