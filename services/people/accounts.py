"""Which accounts are there, and how do they get in?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import data.people
import data.sign_in
from data.database import Transaction, owner_transaction
from data.errors import BadInput, NotAllowed, unknown
from data.people import Account
from data.types import Role, Scope
from services.people.audit import record_about
from services.people.passwords import check_length, hash_password
from services.people.secret import digest, new_secret
from services.people.sign_in import check_own_password
from services.people.workspaces import FIRST_ADMINISTRATOR

LINK_HOURS = 24
OF_PROGRAMS = "service."
"""How the names of accounts begin that tokens of programs belong to; nobody else has one, and none has a password."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9._@+-]{0,98}[a-z0-9])?")


def check_name(name: str) -> str:
    """The name as it is stored (lower case, no spaces around). Raises BadInput when it cannot be one."""
    stored = name.strip().lower()
    if not _NAME.fullmatch(stored):
        expected = "1 to 100 letters, digits and . _ @ + -, like `ana@example.org`"
        raise BadInput(f"Account name {name!r}: expected {expected}.")
    if stored.startswith(OF_PROGRAMS):
        raise BadInput(f"Account name {name!r}: names that begin with `{OF_PROGRAMS}` are of programs. Choose another.")
    return stored


def create_account(name: str, now: datetime, display_name: str = "") -> Account:
    """A new account without a password. Raises BadInput when the name is taken or malformed."""
    stored = check_name(name)
    with owner_transaction() as tx:
        account = data.people.create_account(tx, stored, display_name.strip() or stored, now)
        if account is None:
            raise BadInput(f"There is already an account `{stored}`.")
        return account


def existing_account(tx: Transaction, name: str) -> Account:
    """The account of that name; UnknownName with a suggestion."""
    stored = name.strip().lower()
    account = data.people.find_account(tx, stored)
    if account is None:
        raise unknown("account", stored, [found.name for found, _ in data.people.all_accounts(tx)])
    return account


def list_accounts() -> list[tuple[Account, list[tuple[str, Role]]]]:
    """Every account with its own memberships; for commands, not for a viewer."""
    with owner_transaction() as tx:
        return data.people.all_accounts(tx)


def set_password(name: str, password: str, now: datetime) -> None:
    """Set a password from outside (a command); ends the account's sessions. Raises BadInput and UnknownName."""
    hashed = hash_password(password)
    with owner_transaction() as tx:
        account = existing_account(tx, name)
        data.sign_in.set_password_hash(tx, account.id, hashed)
        data.sign_in.revoke_sessions(tx, account.id, now)
        record_about(tx, account.id, "command", "password_set", account.name, now=now)


def change_password(scope: Scope, old: str, new: str, again: str, now: datetime) -> None:
    """Change the viewer's own password and end the viewer's other sessions.

    Raises BadInput when the new one is too short or the two differ, NotAllowed when the old one is wrong, TooMany after
    five wrong ones in 15 minutes: an unlocked screen is no place to guess it.
    """
    if scope.account_id is None:
        raise NotAllowed("This is no account with a password.")
    if new != again:
        raise BadInput("The two new passwords differ.")
    check_length(new)
    check_own_password(scope, old, now)
    hashed = hash_password(new)
    with owner_transaction() as tx:
        data.sign_in.set_password_hash(tx, scope.account_id, hashed)
        data.sign_in.revoke_sessions(tx, scope.account_id, now, keep=bytes.fromhex(scope.session_id))
        data.people.add_audit(tx, scope.workspace.id, scope.account, "password_changed", scope.account, at=now)


def set_disabled(name: str, disabled: bool, now: datetime) -> None:
    """Disable an account, ending its sessions, or enable it again (a command). Raises UnknownName."""
    with owner_transaction() as tx:
        account = existing_account(tx, name)
        disable(tx, account, disabled, now)
        action = "account_disabled" if disabled else "account_enabled"
        record_about(tx, account.id, "command", action, account.name, now=now)


def disable(tx: Transaction, account: Account, disabled: bool, now: datetime) -> None:
    """Disable or enable an account inside a transaction; a disabled one has no sessions left."""
    data.people.set_disabled(tx, account.id, now if disabled else None)
    if disabled:
        data.sign_in.revoke_sessions(tx, account.id, now)


def new_link(tx: Transaction, account: Account, now: datetime) -> str:
    """Inside a transaction: the address path of a new one-time link; earlier unused ones stop working."""
    secret = new_secret()
    data.sign_in.create_link(tx, digest(secret), account.id, now, now + timedelta(hours=LINK_HOURS))
    return f"/login/link?token={secret}"


def sign_in_link(name: str, now: datetime) -> str:
    """The address path of a new one-time link for an account (a command). Raises UnknownName and BadInput."""
    with owner_transaction() as tx:
        account = existing_account(tx, name)
        if account.disabled_at is not None:
            raise BadInput(f"The account `{account.name}` is disabled.")
        record_about(tx, account.id, "command", "link_created", account.name, now=now)
        return new_link(tx, account, now)


def is_new() -> bool:
    """Whether nobody can sign in yet, because nobody has a password."""
    with owner_transaction() as tx:
        return not data.people.anybody_has_password(tx)


def first_sign_in_link(now: datetime) -> str | None:
    """The address path of a one-time link for the first administrator; None once an administrator has a password.

    Makes the account `admin` an administrator of every top workspace; with no workspace at all, of a new organisation
    `home`. The link works for 24 hours, once; the one of an earlier call stops working.
    """
    with owner_transaction() as tx:
        if data.people.administrator_has_password(tx):
            return None
        name = FIRST_ADMINISTRATOR
        account = data.people.create_account(tx, name, "Administrator", now) or existing_account(tx, name)
        tops = [w for w in data.people.all_workspaces(tx) if w.parent_id is None]
        for workspace in tops or [data.people.create_workspace(tx, "home", "Home", "organisation", "UTC", None)]:
            data.people.set_membership(tx, workspace.id, account.id, "administrator")
        data.people.set_disabled(tx, account.id, None)
        return new_link(tx, account, now)


def link_account(token: str, now: datetime) -> Account | None:
    """Whose link this is, without using it; None when it is unknown, used or too old."""
    with owner_transaction() as tx:
        return data.sign_in.link_account(tx, digest(token), now)


def redeem_link(token: str, password: str, now: datetime) -> Account | None:
    """Use a link to set the password; None when the link no longer works. Raises BadInput, leaving it usable."""
    hashed = hash_password(password)
    with owner_transaction() as tx:
        account = data.sign_in.use_link(tx, digest(token), now)
        if account is None:
            return None
        data.sign_in.set_password_hash(tx, account.id, hashed)
        data.sign_in.revoke_sessions(tx, account.id, now)
        record_about(tx, account.id, account.name, "password_set", account.name, {"by": "link"}, now=now)
        return account
