"""Which program may call the API, for whom, and what may it do?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import data.people
import data.sign_in
from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, unknown
from data.sign_in import TokenRow
from data.types import Scope
from services.people.abilities import ABILITIES, allows, can, weakest_role
from services.people.accounts import OF_PROGRAMS
from services.people.secret import digest, new_secret
from services.people.workspaces import get_workspace

PREFIX = "bv_"
MAX_DAYS = 730
_USED_EVERY = timedelta(minutes=1)


def scope_of_token(token: str, now: datetime) -> tuple[Scope, frozenset[str]] | None:
    """Who calls with this token, and its abilities: those it was given that the account's role still has.

    None when the token is unknown, expired or revoked, or its account was disabled or lost the workspace.
    """
    if not token.startswith(PREFIX):
        return None
    with owner_transaction() as tx:
        found = data.sign_in.token_scope(tx, digest(token), now)
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at > _USED_EVERY:
            data.sign_in.token_used(tx, found.id, now)
    abilities = frozenset(a for a in found.abilities if a in ABILITIES and allows(found.role, a))
    seen = (found.workspace.id,)
    scope = Scope(found.account_id, found.account, found.role, found.workspace, seen, "token", abilities=abilities)
    return scope, abilities


def create_token(scope: Scope, name: str, abilities: Sequence[str], days: int, now: datetime) -> str:
    """A new token of the viewer for the active workspace; its secret is returned once and stored nowhere.

    Raises BadInput for a missing name, wrong abilities or days, NotAllowed for abilities that the viewer has not got.
    """
    if scope.account_id is None:
        raise NotAllowed("Only somebody with an account can have tokens.")
    for ability in abilities:
        if not can(scope, ability):
            raise NotAllowed(f"Your role ({scope.role}) has no ability `{ability}`, so its token cannot have it.")
    return _create(scope.workspace.id, scope.account_id, scope.account, name, abilities, days, now)


def create_service_token(workspace_slug: str, abilities: Sequence[str], days: int, name: str, now: datetime) -> str:
    """A token that belongs to no person (a command): its account `service.<workspace>` has no password.

    The account's role is the weakest that has what its tokens were given. Raises BadInput, also where somebody signs in
    by that name, and UnknownName.
    """
    for ability in abilities:
        allows("administrator", ability)
    workspace = get_workspace(workspace_slug)
    account_name = f"{OF_PROGRAMS}{workspace.slug}"
    with owner_transaction() as tx:
        account = data.people.create_account(tx, account_name, f"Programs of {workspace.name}", now)
        account = account or data.people.find_account(tx, account_name)
        assert account is not None
        if account.has_password:
            raise BadInput(f"`{account_name}` is somebody's account: they would get the role of the token.")
        role = data.people.role_in(tx, workspace.id, account.id)
        if role is None or not all(allows(role, ability) for ability in abilities):
            data.people.set_membership(tx, workspace.id, account.id, weakest_role(frozenset(abilities)))
    return _create(workspace.id, account.id, "command", name, abilities, days, now)


def list_tokens(scope: Scope, now: datetime, everybody: bool = False) -> list[TokenRow]:
    """Live tokens of the active workspace: the viewer's own, or everybody's. Raises NotAllowed."""
    with owner_transaction() as tx:
        return data.sign_in.tokens(tx, scope.workspace.id, _owner(scope, everybody), now)


def revoke_token(scope: Scope, token_id: int, now: datetime) -> None:
    """End a token of the active workspace: one's own, or anybody's with the ability `manage`. Raises UnknownName."""
    with owner_transaction() as tx:
        name = data.sign_in.revoke_token(tx, token_id, scope.workspace.id, _owner(scope, can(scope, "manage")), now)
        if name is None:
            raise unknown("token", str(token_id), ())
        data.people.add_audit(tx, scope.workspace.id, scope.account, "token_revoked", name, at=now)


def _owner(scope: Scope, everybody: bool) -> int | None:
    """The account whose tokens are meant; None for everybody's."""
    if everybody:
        if not can(scope, "manage"):
            raise NotAllowed
        return None
    return scope.account_id if scope.account_id is not None else 0


def _create(
    workspace_id: int, account_id: int, by: str, name: str, abilities: Sequence[str], days: int, now: datetime
) -> str:
    if not name.strip():
        raise BadInput("A token needs a name that says which program uses it.")
    if not abilities:
        raise BadInput(f"A token needs at least one ability of {', '.join(ABILITIES)}.")
    if not 1 <= days <= MAX_DAYS:
        raise BadInput(f"A token lasts 1 to {MAX_DAYS} days; found {days}.")
    secret = PREFIX + new_secret()
    chosen = [ability for ability in ABILITIES if ability in abilities]
    with owner_transaction() as tx:
        data.sign_in.create_token(
            tx, workspace_id, account_id, name.strip(), digest(secret), chosen, now, now + timedelta(days=days)
        )
        detail = {"abilities": chosen, "days": days}
        data.people.add_audit(tx, workspace_id, by, "token_created", name.strip(), detail, at=now)
    return secret
