"""Before which moment are the rows of a dataset gone, so that its summaries are all that is left?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data.engine.days import day_start
from data.retention import rules
from data.types import Scope


def gone_before(scope: Scope, ids: Mapping[str, int]) -> dict[str, datetime]:
    """By name the datasets of which rows have gone, with the instant from which on they are there."""
    known = rules(scope)
    kept = {name: known[id].kept_from for name, id in ids.items() if id in known}
    return {name: day_start(day, scope.workspace.timezone) for name, day in kept.items() if day is not None}
