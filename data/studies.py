"""Which analyses of places were asked for, how far is each, and what did it find?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from data.database import owner_transaction, transaction
from data.statements import run
from data.types import Scope

_LEFT = timedelta(minutes=10)  # a study that says nothing for so long was left behind by a worker that was killed


@dataclass(frozen=True, slots=True)
class Question:
    """What a study is about; equal questions of a workspace share one study. `asked` is plain JSON."""

    kind: str
    dataset: int
    hash: str
    asked: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Study:
    """How a study stands: `asked`, `running`, `done` or `failed`. `result` is the last one there was, of data at
    `version`, and stays while a newer one is worked out."""

    state: str
    progress: float
    doing: str
    failure: str
    version: int | None
    result: dict[str, Any] | None
    asked_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected of it."""
        return self.state in ("done", "failed")


@dataclass(frozen=True, slots=True)
class Taken:
    """A study that a worker works on, for the how many-th time since it was asked."""

    workspace: int
    question: Question
    tries: int = 1


def _names(workspace: int, question: Question) -> dict[str, Any]:
    return {"workspace": workspace, "dataset": question.dataset, "kind": question.kind, "hash": question.hash}


def open_study(scope: Scope, question: Question, now: datetime) -> Study:
    """The study of a question; one that was never asked is asked for, and waits for the worker."""
    values = {"question": Jsonb(question.asked), "by": scope.account, "now": now}
    with transaction(scope) as tx:
        return Study(*run(tx, "open_place_study", _names(scope.workspace.id, question) | values)[0])


def find_study(scope: Scope, question: Question) -> Study | None:
    """How a study stands, without its result."""
    with transaction(scope) as tx:
        rows = run(tx, "find_place_study", _names(scope.workspace.id, question))
    return Study(*rows[0]) if rows else None


def find_members(scope: Scope, question: Question) -> tuple[Study, dict[str, Any]] | None:
    """A study with its last result and the members of that; None where there are none."""
    with transaction(scope) as tx:
        rows = run(tx, "place_study_members", _names(scope.workspace.id, question))
    if not rows or rows[0][-1] is None:
        return None
    *study, members = rows[0]
    return Study(*study), members


def renew_study(scope: Scope, question: Question, now: datetime) -> None:
    """Ask for a study anew; one that waits or runs is left alone."""
    with transaction(scope) as tx:
        run(tx, "renew_place_study", _names(scope.workspace.id, question) | {"by": scope.account, "now": now})


def take_study(now: datetime) -> Taken | None:
    """The study of any workspace that waits longest, as its worker's own; None when none waits."""
    with owner_transaction() as tx:
        rows = run(tx, "take_place_study", {"now": now, "left": now - _LEFT})
    if not rows:
        return None
    workspace, dataset, kind, hash_, asked, tries = rows[0]
    return Taken(workspace, Question(kind, dataset, hash_, asked), tries)


def note_study(taken: Taken, progress: float, doing: str) -> None:
    """How far a study is, 0 to 1, and what is being done."""
    with owner_transaction() as tx:
        run(tx, "note_place_study", _names(taken.workspace, taken.question) | {"progress": progress, "doing": doing})


def finish_study(
    taken: Taken, now: datetime, *, result: dict[str, Any] | None = None, members: dict[str, Any] | None = None,
    version: int | None = None, failure: str = "",
) -> None:  # fmt: skip
    """A study is over, with a result or with the reason of its failure; the result before a failure stays.

    `members` belong to the result and are read apart from it: they are many, and pages do not need them.
    """
    values = {
        "state": "failed" if failure else "done", "failure": failure, "version": version, "now": now,
        "result": Jsonb(result, dumps=_exact) if result is not None else None,
        "members": Jsonb(members, dumps=_exact) if members is not None else None,
    }  # fmt: skip
    with owner_transaction() as tx:
        run(tx, "finish_place_study", _names(taken.workspace, taken.question) | values)


def release_study(taken: Taken, now: datetime) -> None:
    """Give a study back, for the next worker."""
    with owner_transaction() as tx:
        run(tx, "release_place_study", _names(taken.workspace, taken.question) | {"now": now})


def renew_studies(seen: datetime, forget: datetime, now: datetime) -> None:
    """Ask anew for all studies that people saw since, and forget those that nobody saw since `forget`."""
    with owner_transaction() as tx:
        run(tx, "forget_place_studies", {"seen": forget})
        run(tx, "renew_place_studies", {"seen": seen, "now": now})


def _exact(found: Any) -> str:
    return json.dumps(found, allow_nan=False)
