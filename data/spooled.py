"""Was somebody allowed to send what was kept while the database could not be asked?"""

from __future__ import annotations

from datetime import datetime

from data.database import Transaction
from data.statements import run


def credential_was_good(tx: Transaction, fingerprint: str, at: datetime) -> bool:
    """Whether a token or session, known by `token:` or `session:` and the start of its hash, was in force at a time."""
    kind, _, prefix = fingerprint.partition(":")
    return bool(run(tx, "credential_was_good", {"kind": kind, "prefix": f"{prefix}%", "at": at})[0][0])
