"""How long are the rows of each dataset kept, and from which day on are they still there?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from data.database import Transaction, transaction
from data.statements import run
from data.types import Scope

LEAST_DAYS = 32
"""A month is over and summed up before the first of its rows goes."""
MOST_DAYS = 36_500
"""A hundred years, for those who mean for ever."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`keep_days` as somebody of the workspace said, None for the rule of the pack or the installation; rows before
    `kept_from` are gone, None while all are there."""

    keep_days: int | None = None
    kept_from: date | None = None
    changed_by: str = ""


def rules(scope: Scope) -> dict[int, Rule]:
    """The rules of the active workspace by dataset id, where there is something to say."""
    with transaction(scope) as tx:
        return {row[0]: Rule(*row[1:]) for row in run(tx, "retention_rules", {"workspace": scope.workspace.id})}


def set_rule(tx: Transaction, scope: Scope, dataset_id: int, days: int | None) -> None:
    """Keep the rows of a dataset so many days, None: as pack and installation say."""
    run(tx, "set_retention", _names(scope, dataset_id) | {"days": days, "by": scope.account})


def note_kept_from(scope: Scope, dataset_id: int, day: date) -> None:
    """Rows before this local day go; to be said before the first of them is gone."""
    with transaction(scope) as tx:
        run(tx, "note_kept_from", _names(scope, dataset_id) | {"day": day})


def _names(scope: Scope, dataset_id: int) -> dict[str, Any]:
    return {"workspace": scope.workspace.id, "dataset": dataset_id}
