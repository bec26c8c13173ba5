"""Is this person let in, and how long must somebody who guesses wait?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import data.people
import data.sign_in
from data.database import Transaction, owner_transaction
from data.errors import NotAllowed, TooMany
from data.types import Scope
from services.observing import note
from services.people.audit import record_about
from services.people.passwords import hash_password, is_outdated, is_right
from services.people.sessions import open_session, scope_of_session

WINDOW = timedelta(minutes=15)
PER_NAME = 5
PER_CLIENT = 30


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Let in: the secret for the cookie."""

    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in; `reason` is for the person, `wait_s` above zero when there were too many attempts."""

    reason: str
    wait_s: int = 0


def sign_in(name: str, password: str, client: str, now: datetime) -> SignedIn | Refused:
    """Let somebody in by name and password from a client (network address).

    After 5 failures of a name (since its last success) or 30 of a client within 15 minutes, the next attempt must wait
    until the first of them is 15 minutes old; it is not looked at, so it does not lengthen the wait.
    """
    found = _sign_in(name, password, client, now)
    outcome = "let in" if isinstance(found, SignedIn) else "held back" if found.wait_s else "refused"
    # A name that is no account's may be a password typed into the wrong field: only those let in are named.
    account = name.strip().lower()[:100] if outcome == "let in" else None
    note("sign_ins", via="password", outcome=outcome, account=account)
    return found


def _sign_in(name: str, password: str, client: str, now: datetime) -> SignedIn | Refused:
    # Postgres keeps no NUL in text; no account has one in its name.
    name = name.replace("\x00", "").strip().lower()[:100]
    with owner_transaction() as tx:
        data.sign_in.lock_attempts(tx, name, client)
        wait_s = _wait(tx, name, client, now)
        if wait_s:
            return Refused("Too many attempts.", wait_s)
        attempt = data.sign_in.add_attempt(tx, name, client, now)
        found = data.sign_in.password_hash(tx, name)
    account_id, stored = found or (0, None)
    if not is_right(stored, password):
        with owner_transaction() as tx:
            record_about(tx, account_id, name, "sign_in_refused", client=client, now=now)
        return Refused("The name or the password is not right.")
    with owner_transaction() as tx:
        data.sign_in.mark_succeeded(tx, attempt)
        if stored is not None and is_outdated(stored):
            data.sign_in.set_password_hash(tx, account_id, hash_password(password))
    return start_session(account_id, name, client, now)


def check_own_password(scope: Scope, password: str, now: datetime) -> None:
    """Raise NotAllowed unless it is the viewer's password, TooMany after too many wrong ones; counts as an attempt."""
    client = f"session {scope.session_id[:8]}"
    with owner_transaction() as tx:
        data.sign_in.lock_attempts(tx, scope.account, client)
        wait_s = _wait(tx, scope.account, client, now)
        if wait_s:
            raise TooMany(f"Too many wrong passwords. Try again in {-(-wait_s // 60)} minutes.")
        attempt = data.sign_in.add_attempt(tx, scope.account, client, now)
        found = data.sign_in.password_hash(tx, scope.account)
    if not is_right(found[1] if found else None, password):
        raise NotAllowed("The present password is not right.")
    with owner_transaction() as tx:
        data.sign_in.mark_succeeded(tx, attempt)


def start_session(account_id: int, name: str, client: str, now: datetime) -> SignedIn | Refused:
    """Open a session for an account that has proved who it is; refused when it is a member of no workspace."""
    secret = open_session(account_id, client, now)
    scope = scope_of_session(secret, now)
    with owner_transaction() as tx:
        if scope is None:
            record_about(tx, 0, name, "sign_in_refused", detail={"why": "no workspace"}, client=client, now=now)
            return Refused("Your account belongs to no workspace yet. Ask an administrator to add you to one.")
        data.people.add_audit(tx, scope.workspace.id, name, "sign_in", client=client, at=now)
    return SignedIn(secret)


def _wait(tx: Transaction, name: str, client: str, now: datetime) -> int:
    """Seconds until an attempt is looked at again, 0 for now."""
    of_name, of_client = data.sign_in.failures(tx, name, client, now - WINDOW, max(PER_NAME, PER_CLIENT))
    waits = [
        (failures[limit - 1] + WINDOW - now).total_seconds()
        for failures, limit in ((of_name, PER_NAME), (of_client, PER_CLIENT))
        if len(failures) >= limit
    ]
    return math.ceil(max(waits, default=0))
