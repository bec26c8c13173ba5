"""Who is signed in, since when, and what do they see?"""

from __future__ import annotations

from datetime import datetime, timedelta

import data.people
import data.sign_in
from data.database import owner_transaction
from data.errors import unknown
from data.settings import settings
from data.sign_in import SessionRow
from data.types import Scope
from services.people.secret import digest, new_secret

_SEEN_EVERY = timedelta(minutes=1)


def open_session(account_id: int, client: str, now: datetime) -> str:
    """Start a session and return its secret, which goes into the cookie and nowhere else."""
    secret = new_secret()
    with owner_transaction() as tx:
        expires_at = now + timedelta(hours=settings().session_hours)
        data.sign_in.open_session(tx, digest(secret), account_id, now, expires_at, client)
    return secret


def scope_of_session(session_id: str, now: datetime) -> Scope | None:
    """What the holder of a session's secret may see now.

    None when there is no such session, it ended, its account was disabled or is a member of no workspace.
    """
    if not session_id:
        return None
    id_hash = digest(session_id)
    with owner_transaction() as tx:
        found = data.sign_in.session_scope(tx, id_hash, now)
        if found is None:
            return None
        if now - found.last_seen_at > _SEEN_EVERY:
            data.sign_in.session_seen(tx, id_hash, now)
    return Scope(
        found.account_id, found.account, found.role, found.workspace, found.workspace_ids, session_id=id_hash.hex()
    )


def switch_workspace(session_id: str, slug: str) -> None:
    """Make another workspace the active one of a session (`Scope.session_id`). Raises UnknownName out of reach."""
    with owner_transaction() as tx:
        if not data.sign_in.switch_session(tx, bytes.fromhex(session_id), slug):
            raise unknown("workspace", slug, ())


def sign_out(session_id: str, now: datetime) -> None:
    """End the session of this secret; unknown and ended ones are ignored."""
    scope = scope_of_session(session_id, now)
    with owner_transaction() as tx:
        data.sign_in.revoke_session(tx, digest(session_id), now)
        if scope:
            data.people.add_audit(tx, scope.workspace.id, scope.account, "sign_out", at=now)


def list_sessions(scope: Scope, now: datetime) -> list[SessionRow]:
    """The viewer's own live sessions, last used first."""
    if scope.account_id is None:
        return []
    with owner_transaction() as tx:
        return data.sign_in.sessions(tx, scope.account_id, now)


def end_other_sessions(scope: Scope, now: datetime) -> None:
    """End all of the viewer's own sessions but this one."""
    if scope.account_id is None:
        return
    with owner_transaction() as tx:
        data.sign_in.revoke_sessions(tx, scope.account_id, now, keep=bytes.fromhex(scope.session_id))
        data.people.add_audit(tx, scope.workspace.id, scope.account, "sessions_ended", scope.account, at=now)


def count_live(now: datetime) -> int:
    """How many sessions are signed in, in all workspaces."""
    with owner_transaction() as tx:
        return data.sign_in.live_sessions(tx, now)
