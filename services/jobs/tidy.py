"""What is past its use in the tables of people, and gone?"""

from __future__ import annotations

from datetime import timedelta

import data.messages
import data.sign_in
from data.database import owner_transaction
from services.jobs.turns import Turn

_KEEP = timedelta(days=30)
_DELIVERED = timedelta(days=14)  # no broker delivers a message again after so long


def remove_expired(turn: Turn) -> str:
    """Remove sign-in attempts, ended sessions and sightings of more than a month ago, and old names of messages."""
    with owner_transaction() as tx:
        data.sign_in.tidy(tx, turn.now - _KEEP)
    with owner_transaction() as tx:
        data.messages.forget(tx, turn.now - _DELIVERED)
    return ""


def beat(_turn: Turn) -> str:
    """Do nothing, so that the record shows a worker that takes jobs."""
    return ""
