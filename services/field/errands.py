"""How is something handed to the worker, followed and read again, and by whom?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from data import routes, schedule
from data.database import transaction
from data.routes import Errand as Errand
from data.types import Scope
from services.people import record, require
from services.people.abilities import Ability

Topic = Literal["routes", "effect", "repeats"]
JOB = "field"
ABILITY: dict[str, Ability] = {"routes": "plan", "effect": "rows", "repeats": "rows"}


def start(scope: Scope, topic: Topic, title: str, ask: Mapping[str, Any], as_of: datetime | None, now: datetime) -> int:
    """Have the worker work something out; its number. Audited. Raises NotAllowed."""
    require(scope, ABILITY[topic])
    with transaction(scope) as tx:
        number = routes.begin_errand(tx, scope, topic, title, ask, as_of, now)
        record(tx, scope, "errand_asked", f"{topic} {number}", {"title": title})
    schedule.defer(JOB, JOB, asked=scope.account)
    return number


def read(scope: Scope, topic: Topic, number: int, only_progress: bool = False) -> Errand | None:
    """One errand of the active workspace, None when there is none under the number. Raises NotAllowed."""
    require(scope, ABILITY[topic])
    found = routes.find_errand(scope, number, only_progress)
    return found if found is not None and found.topic == topic else None


def newest(scope: Scope, topic: Topic, limit: int = 20) -> list[Errand]:
    """The newest errands of a topic, without what was asked and found. Raises NotAllowed."""
    require(scope, ABILITY[topic])
    return routes.errands(scope, topic, limit)
