"""Who is using a workspace right now?"""

from __future__ import annotations

from datetime import datetime, timedelta

import data.people
from data.database import transaction
from data.people import Sighting
from data.types import Scope

# A page that refreshes every five minutes, the slowest choice, still counts.
ONLINE_FOR = timedelta(minutes=6)


def touch(scope: Scope, page: str, now: datetime) -> None:
    """Say that the viewer is on a page; calls within 15 seconds of each other write once."""
    if not scope.session_id:
        return
    with transaction(scope) as tx:
        data.people.touch_presence(tx, scope.workspace.id, scope.session_id, scope.account, page, now)


def online(scope: Scope, now: datetime) -> list[Sighting]:
    """Accounts seen in the active workspace in the last six minutes, each once with its newest page, by name."""
    with transaction(scope) as tx:
        return data.people.online(tx, scope.workspace.id, now - ONLINE_FOR)
