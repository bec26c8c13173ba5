"""What does the database know about sign-in attempts, sessions, one-time links and API tokens?

Every function runs inside the caller's owner transaction: no other role can read these tables. Secrets come as hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data.database import Transaction
from data.people import Account
from data.statements import run
from data.types import ROLES, Role, Workspace


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A live session as its owner sees it; `key` is the hash of its id in hex."""

    key: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    client: str


@dataclass(frozen=True, slots=True)
class SessionScope:
    """Who a session belongs to and what it sees: the active workspace and all below it."""

    account_id: int
    account: str
    role: Role
    last_seen_at: datetime
    workspace: Workspace
    workspace_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenScope:
    """Who a token belongs to and what it may do where."""

    id: int
    last_used_at: datetime | None
    abilities: tuple[str, ...]
    account_id: int
    account: str
    role: Role
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A live API token as people see it, without its secret."""

    id: int
    name: str
    account: str
    abilities: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def lock_attempts(tx: Transaction, name: str, client: str) -> None:
    """Wait until no other transaction counts attempts of this name or client."""
    run(tx, "attempt_locks", {"name": name, "client": client})


def failures(
    tx: Transaction, name: str, client: str, since: datetime, limit: int
) -> tuple[list[datetime], list[datetime]]:
    """Failed attempts of the name (since its last success) and of the client, newest first."""
    values = {"name": name, "client": client, "since": since, "limit": limit}
    of_name = [row[0] for row in run(tx, "attempts_of_name", values)]
    return of_name, [row[0] for row in run(tx, "attempts_of_client", values)]


def add_attempt(tx: Transaction, name: str, client: str, now: datetime) -> int:
    """Count an attempt as failed; `mark_succeeded` corrects it."""
    return int(run(tx, "attempt_add", {"name": name, "client": client, "now": now})[0][0])


def mark_succeeded(tx: Transaction, attempt_id: int) -> None:
    """The attempt was right after all."""
    run(tx, "attempt_succeeded", {"attempt_id": attempt_id})


def password_hash(tx: Transaction, name: str) -> tuple[int, str | None] | None:
    """Account id and stored hash; None for an unknown or disabled account."""
    rows = run(tx, "account_password_hash", {"name": name})
    return (rows[0][0], rows[0][1]) if rows else None


def set_password_hash(tx: Transaction, account_id: int, password_hash: str) -> None:
    """Replace the stored hash."""
    run(tx, "account_set_password", {"account_id": account_id, "password_hash": password_hash})


def open_session(
    tx: Transaction, id_hash: bytes, account_id: int, now: datetime, expires_at: datetime, client: str
) -> None:
    """A new session in the workspace that the account was in last; at first in the one with most rows."""
    values = {
        "id_hash": id_hash, "account_id": account_id, "now": now, "expires_at": expires_at, "client": client,
    }  # fmt: skip
    run(tx, "session_open", values)


def session_scope(tx: Transaction, id_hash: bytes, now: datetime) -> SessionScope | None:
    """Who a live session belongs to; None when it ended, or its account was disabled or reaches no workspace."""
    rows = run(tx, "session_scope", {"id_hash": id_hash, "now": now, "roles": list(ROLES)})
    if not rows:
        return None
    account_id, account, role, seen, *workspace, ids = rows[0]
    return SessionScope(account_id, account, role, seen, Workspace(*workspace), tuple(ids))


def session_seen(tx: Transaction, id_hash: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    run(tx, "session_seen", {"id_hash": id_hash, "now": now})


def switch_session(tx: Transaction, id_hash: bytes, slug: str) -> bool:
    """Change a session's active workspace; False when its account does not reach it."""
    return bool(run(tx, "session_switch", {"id_hash": id_hash, "slug": slug}))


def revoke_session(tx: Transaction, id_hash: bytes, now: datetime) -> bool:
    """End a session and forget where it was seen; False when it had ended."""
    run(tx, "presence_forget", {"session_key": id_hash.hex()})
    return bool(run(tx, "session_revoke", {"id_hash": id_hash, "now": now}))


def revoke_sessions(tx: Transaction, account_id: int, now: datetime, keep: bytes = b"") -> None:
    """End all sessions of an account but the one kept."""
    run(tx, "sessions_revoke", {"account_id": account_id, "now": now, "keep": keep})


def sessions(tx: Transaction, account_id: int, now: datetime) -> list[SessionRow]:
    """Live sessions of an account, last used first."""
    return [SessionRow(*row) for row in run(tx, "sessions_of_account", {"account_id": account_id, "now": now})]


def live_sessions(tx: Transaction, now: datetime) -> int:
    """How many sessions are signed in."""
    return int(run(tx, "sessions_live", {"now": now})[0][0])


def tidy(tx: Transaction, before: datetime) -> None:
    """Remove sessions, attempts and sightings that ended before a time."""
    for name in ("sessions_tidy", "attempts_tidy", "presence_tidy"):
        run(tx, name, {"before": before})


def create_link(tx: Transaction, token_hash: bytes, account_id: int, now: datetime, expires_at: datetime) -> None:
    """A one-time link; earlier unused ones of the account stop working."""
    run(tx, "links_retire", {"account_id": account_id, "now": now})
    values = {"token_hash": token_hash, "account_id": account_id, "now": now, "expires_at": expires_at}
    run(tx, "link_create", values)


def link_account(tx: Transaction, token_hash: bytes, now: datetime) -> Account | None:
    """Whose unused link this is; looking does not use it."""
    rows = run(tx, "link_account", {"token_hash": token_hash, "now": now})
    return Account(*rows[0]) if rows else None


def use_link(tx: Transaction, token_hash: bytes, now: datetime) -> Account | None:
    """Use a link up; None when it is unknown, used or too old."""
    rows = run(tx, "link_use", {"token_hash": token_hash, "now": now})
    return Account(*rows[0]) if rows else None


def create_token(
    tx: Transaction, workspace_id: int, account_id: int, name: str, token_hash: bytes, abilities: Sequence[str],
    now: datetime, expires_at: datetime,
) -> int:  # fmt: skip
    """A new API token; its id."""
    values = {
        "workspace_id": workspace_id, "account_id": account_id, "name": name, "token_hash": token_hash,
        "abilities": list(abilities), "now": now, "expires_at": expires_at,
    }  # fmt: skip
    return int(run(tx, "token_create", values)[0][0])


def token_scope(tx: Transaction, token_hash: bytes, now: datetime) -> TokenScope | None:
    """Who a live token belongs to; None when it ended or its account lost the workspace."""
    rows = run(tx, "token_scope", {"token_hash": token_hash, "now": now, "roles": list(ROLES)})
    if not rows:
        return None
    token_id, used, abilities, account_id, account, role, *workspace = rows[0]
    return TokenScope(token_id, used, tuple(abilities), account_id, account, role, Workspace(*workspace))


def token_used(tx: Transaction, token_id: int, now: datetime) -> None:
    """Note that a token is in use."""
    run(tx, "token_used", {"token_id": token_id, "now": now})


def tokens(tx: Transaction, workspace_id: int, account_id: int | None, now: datetime) -> list[TokenRow]:
    """Live tokens of a workspace, of one account or of all (None), newest first."""
    values = {"workspace_id": workspace_id, "account_id": account_id, "now": now}
    return [TokenRow(*row) for row in run(tx, "tokens_of_workspace", values)]


def revoke_token(
    tx: Transaction, token_id: int, workspace_id: int, account_id: int | None, now: datetime
) -> str | None:
    """End a token of a workspace, of one account or of any (None); its name, or None when there is none."""
    values = {"token_id": token_id, "workspace_id": workspace_id, "account_id": account_id, "now": now}
    rows = run(tx, "token_revoke", values)
    return rows[0][0] if rows else None
