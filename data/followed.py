"""How far has each external dataset followed its source, and which rows of the source does it hold?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from data.database import Transaction, transaction
from data.statements import run
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a dataset has come; `message` is the last problem, empty when all is well. It rests from `paused_at` on.
    `caught` is what the last comparing of all rows found and set right."""

    dataset_id: int
    watermark: str | None = None
    key: str | None = None
    read_at: datetime | None = None
    compared_at: datetime | None = None
    message: str = ""
    paused_at: datetime | None = None
    paused_by: str = ""
    compare_asked_at: datetime | None = None
    caught: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the source as it was when it was read; `row_key` is the dataset's key, None when it was refused."""

    key: str
    hash: bytes
    row_key: str | None


def followed(scope: Scope, dataset_id: int) -> Followed:
    """How far a dataset of the active workspace has come."""
    with transaction(scope) as tx:
        rows = run(tx, "followed", _names(scope, dataset_id))
    return Followed(*rows[0]) if rows else Followed(dataset_id)


def note_read(tx: Transaction, scope: Scope, dataset_id: int, watermark: str | None, key: str | None) -> None:
    """Rows up to here are held, in the transaction of those rows; None leaves the place as it is."""
    run(tx, "note_followed", _names(scope, dataset_id) | {"watermark": watermark, "key": key})


def note_compared(tx: Transaction, scope: Scope, dataset_id: int, caught: dict[str, int]) -> None:
    """All rows were compared, and this was found and set right; whoever asked for it has been served."""
    run(tx, "note_compared", _names(scope, dataset_id) | {"caught": Jsonb(caught)})


def pause(tx: Transaction, scope: Scope, dataset_id: int, paused: bool) -> None:
    """Let the following of a dataset rest, or go on."""
    run(tx, "pause_followed", _names(scope, dataset_id) | {"paused": paused, "by": scope.account})


def ask_compare(tx: Transaction, scope: Scope, dataset_id: int) -> None:
    """Have all rows compared at the worker's next turn."""
    run(tx, "ask_compare", _names(scope, dataset_id))


def note_problem(scope: Scope, dataset_id: int, message: str) -> None:
    """Why the source cannot be followed now."""
    with transaction(scope) as tx:
        run(tx, "note_follow_problem", _names(scope, dataset_id) | {"message": message})


def held_hashes(tx: Transaction, scope: Scope, dataset_id: int, keys: Sequence[str]) -> dict[str, bytes]:
    """Fingerprints of those of some keys that are held."""
    rows = run(tx, "held_hashes", _names(scope, dataset_id) | {"keys": list(keys)})
    return {key: bytes(hash) for key, hash in rows}


def hold(tx: Transaction, scope: Scope, dataset_id: int, rows: Sequence[Held]) -> None:
    """These rows are held as they are now."""
    values = {
        "keys": [row.key for row in rows], "hashes": [row.hash for row in rows], "row_keys": [r.row_key for r in rows],
    }  # fmt: skip
    run(tx, "hold_rows", _names(scope, dataset_id) | values)


def let_go(tx: Transaction, scope: Scope, dataset_id: int, keys: Iterable[str]) -> None:
    """These rows are no longer in the source."""
    run(tx, "let_rows_go", _names(scope, dataset_id) | {"keys": list(keys)})


def held_buckets(tx: Transaction, scope: Scope, dataset_id: int) -> dict[int, tuple[int, int]]:
    """Rows and the sum of their fingerprints in each range of keys, as the source counts them."""
    rows = run(tx, "held_buckets", _names(scope, dataset_id))
    return {bucket: (count, int(total)) for bucket, count, total in rows}


def held_rows(tx: Transaction, scope: Scope, dataset_id: int, bucket: int) -> dict[str, Held]:
    """The rows of one range, by key."""
    rows = run(tx, "held_rows", _names(scope, dataset_id) | {"bucket": bucket})
    return {key: Held(key, bytes(hash), row_key) for key, hash, row_key in rows}


def _names(scope: Scope, dataset_id: int) -> dict[str, Any]:
    return {"workspace": scope.workspace.id, "dataset": dataset_id}
