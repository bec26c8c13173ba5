"""What was found at each look at a component, and when did a process last write about itself?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data.database import transaction
from data.statements import run
from data.types import Scope

APART = timedelta(minutes=15)  # looks are five minutes apart; after so long nobody looked in between
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """A time through which each look at a component found the same: from the first look to the last."""

    component: str
    state: str
    from_at: datetime
    to_at: datetime


def spells(scope: Scope, from_at: datetime, to_at: datetime) -> list[Spell]:
    """What looks at all components found between two times, by component and time; `scope` is of the own records."""
    values = {"workspace": scope.workspace.id, "from": from_at, "to": to_at, "apart": APART}
    with transaction(scope) as tx:
        return [Spell(*row) for row in run(tx, "spells", values)]


def process_seen_at(scope: Scope, process: str, now: datetime) -> datetime | None:
    """When a kind of process last wrote about itself, within an hour."""
    values = {"workspace": scope.workspace.id, "process": process, "after": now - _LONGEST, "now": now}
    with transaction(scope) as tx:
        found: datetime | None = run(tx, "process_seen", values)[0][0]
        return found
