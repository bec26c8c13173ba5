"""Which messages were taken already, and which were refused?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction, transaction
from data.statements import run
from data.types import Scope

KEY = "messages:"  # what the batch keys of messages begin with


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message, or a row of one, that was refused: where it came from, and why."""

    id: int
    at: datetime
    dataset: str
    source: str
    field: str
    reason: str
    found: str | None
    expected: str
    raw: str


def take(tx: Transaction, scope: Scope, dataset_id: int, ids: Sequence[bytes]) -> NDArray[np.bool_]:
    """Note messages as taken, in the transaction of their rows; true for each that is here for the first time."""
    values = {"workspace": scope.workspace.id, "dataset": dataset_id, "ids": list(ids)}
    fresh = {bytes(row[0]) for row in run(tx, "take_messages", values)}
    found = np.zeros(len(ids), np.bool_)
    for position, id in enumerate(ids):
        if id in fresh:
            fresh.discard(id)
            found[position] = True
    return found


def forget(tx: Transaction, before: datetime) -> None:
    """Forget messages of before a time, as the owner."""
    run(tx, "forget_messages", {"before": before})


def dead_letters(scope: Scope, limit: int = 100, before: int | None = None, skip: int = 0) -> list[DeadLetter]:
    """Refused messages of the active workspace, newest first, with ids below `before`, behind the first `skip`."""
    with transaction(scope) as tx:
        values = {"workspace": scope.workspace.id, "limit": limit, "before": before, "skip": skip}
        return [DeadLetter(*row) for row in run(tx, "dead_letters", values)]


def count_dead_letters(scope: Scope) -> int:
    """How many refused messages the active workspace keeps."""
    with transaction(scope) as tx:
        return int(run(tx, "count_dead_letters", {"workspace": scope.workspace.id})[0][0])


def some_dead_letters(tx: Transaction, scope: Scope, ids: Sequence[int]) -> list[DeadLetter]:
    """Refused messages of the active workspace with these ids, oldest first; ids that are not there are passed over."""
    return [DeadLetter(*row) for row in run(tx, "some_dead_letters", _chosen(scope, ids))]


def remove_dead_letters(tx: Transaction, scope: Scope, ids: Sequence[int]) -> None:
    """Keep these refused messages no longer."""
    run(tx, "remove_dead_letters", _chosen(scope, ids))


def _chosen(scope: Scope, ids: Sequence[int]) -> dict[str, Any]:
    return {"workspace": scope.workspace.id, "ids": list(ids)}
