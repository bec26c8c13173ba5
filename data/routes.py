"""Who is in the field, and what did people have the worker work out (routes, effects, repeated reports)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from data.database import Transaction, owner_transaction, transaction
from data.statements import run
from data.types import Scope

Status = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Crew:
    """The officers of a workspace as they were entered, and how they travel."""

    officers: list[dict[str, Any]]
    travel: dict[str, Any]
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that the worker works out; `share` of it is done. Lists and progress leave `ask` and `found` empty."""

    id: int
    workspace_id: int
    topic: str
    title: str
    status: Status
    share: float
    message: str
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    as_of: datetime | None
    ask: dict[str, Any]
    found: dict[str, Any]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ("done", "failed")


def crew(scope: Scope) -> Crew:
    """The officers of the active workspace; an empty list before anybody entered some."""
    with transaction(scope) as tx:
        rows = run(tx, "crew", {"workspace": scope.workspace.id})
    return Crew(*rows[0]) if rows else Crew([], {})


def set_crew(
    tx: Transaction, scope: Scope, officers: Sequence[Mapping[str, Any]], travel: Mapping[str, Any], now: datetime
) -> None:
    """Put these officers in the place of those before."""
    values = {"officers": Jsonb(list(officers)), "travel": Jsonb(dict(travel)), "now": now, "by": scope.account}
    run(tx, "set_crew", values | {"workspace": scope.workspace.id})


def begin_errand(
    tx: Transaction, scope: Scope, topic: str, title: str, ask: Mapping[str, Any], as_of: datetime | None, now: datetime
) -> int:
    """Something to work out for the active workspace; its number."""
    values = {"topic": topic, "title": title, "ask": Jsonb(dict(ask)), "as_of": as_of, "now": now, "by": scope.account}
    return int(run(tx, "begin_errand", values | {"workspace": scope.workspace.id})[0][0])


def find_errand(scope: Scope, number: int, only_progress: bool = False) -> Errand | None:
    """One errand of the active workspace."""
    with transaction(scope) as tx:
        name = "errand_progress" if only_progress else "errand"
        rows = run(tx, name, {"workspace": scope.workspace.id, "id": number})
    return Errand(*rows[0]) if rows else None


def errands(scope: Scope, topic: str, limit: int = 20) -> list[Errand]:
    """The newest errands of a topic in the active workspace."""
    with transaction(scope) as tx:
        rows = run(tx, "errands", {"workspace": scope.workspace.id, "topic": topic, "limit": limit})
    return [Errand(*row) for row in rows]


def next_errand() -> Errand | None:
    """The oldest errand that is not over, of all workspaces; for the worker, which works on one at a time."""
    with owner_transaction() as tx:
        rows = run(tx, "next_errand", {})
    return Errand(*rows[0]) if rows else None


def errand_begun(scope: Scope, number: int) -> int:
    """A worker begins an errand: for the how many-th time, what ended the worker itself and was begun anew included."""
    with transaction(scope) as tx:
        return int(run(tx, "errand_begun", {"workspace": scope.workspace.id, "id": number})[0][0])


def errand_left(scope: Scope, number: int) -> None:
    """A worker that stops gives an errand back: that was no try."""
    with transaction(scope) as tx:
        run(tx, "errand_left", {"workspace": scope.workspace.id, "id": number})


def errand_moved(scope: Scope, number: int, share: float, message: str) -> None:
    """How far a errand is."""
    with transaction(scope) as tx:
        run(tx, "errand_moved", {"workspace": scope.workspace.id, "id": number, "share": share, "message": message})


def errand_ended(
    scope: Scope, number: int, found: Mapping[str, Any] | None, message: str, as_of: datetime | None, now: datetime
) -> None:
    """A errand is over: with what was found, or without, with the reason as the message."""
    values = {"status": "failed" if found is None else "done", "found": Jsonb(dict(found or {})), "message": message}
    with transaction(scope) as tx:
        run(tx, "errand_ended", values | {"workspace": scope.workspace.id, "id": number, "as_of": as_of, "now": now})


def remove_errands(before: datetime) -> None:
    """Take away what was asked for before, in all workspaces."""
    with owner_transaction() as tx:
        run(tx, "remove_errands", {"before": before})
