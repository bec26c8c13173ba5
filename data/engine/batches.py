"""How does a batch of rows become part of a dataset: rows, segments, dictionary and version, all or nothing?

One batch is one piece of the caller's transaction. Writers of one dataset wait for each other on its state row; all
that can be done before that lock is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from data.database import Transaction
from data.engine.days import from_ms, to_ms
from data.engine.dictionary import identity
from data.engine.incoming import Rows, last_of_each, to_rows
from data.engine.keyed import Change, delete_rows, upsert
from data.engine.micro import add_segments, join_columns, look_at, row_columns, split_days
from data.engine.partitions import add_rows
from data.engine.stage import stage
from data.engine.state import State, advance, lock
from data.model import Dataset
from data.statements import sql
from data.types import Scope


@dataclass(frozen=True)
class Batch:
    """Rows for one dataset by column, as `data.engine.incoming.to_rows` takes them. `key` makes a retry count once;
    `content` tells a retry from other rows under the same key."""

    dataset: Dataset
    key: str
    columns: dict[str, Any]
    content: str = ""

    @property
    def size(self) -> int:
        """How many rows."""
        return len(self.columns[self.dataset.time])


@dataclass(frozen=True)
class BatchResult:
    """What a batch of this content did; `repeated` when its key was written before and nothing was done now."""

    inserted: int
    updated: int
    unchanged: int
    version: int
    repeated: bool = False
    content: str = ""


def write_batch(tx: Transaction, scope: Scope, batch: Batch) -> BatchResult:
    """Write the rows of a batch inside the caller's transaction, visible and exact from its commit on.

    Of equal keys in one batch the last wins; a keyed row that is there already and equal writes nothing. A batch key
    that was committed before changes nothing and gives the first result with `repeated`. Raises BadInput.
    """
    dataset, names = batch.dataset, _names(scope, batch.dataset)
    if tx.execute(sql("claim_batch"), names | {"key": batch.key}).fetchone() is None:
        return _earlier(tx, names | {"key": batch.key})
    rows = to_rows(dataset, batch.columns)
    if dataset.key:
        rows = _without_repeats(rows, dataset.key)
    change, unchanged = Change(rows, None, 0), 0
    if rows.n:
        state, change, unchanged = _write_rows(tx, scope, batch, rows)
    else:
        state = lock(tx, scope, dataset, batch.key)
    with tx.pipeline():  # nobody waits for the answers to the last statements one by one
        version = _write_segments(scope, dataset, state, change)
        inserted = change.new.n - change.updated
        result = BatchResult(inserted, change.updated, unchanged, version, content=batch.content)
        stored = {**asdict(result), "token": state.place.token}
        tx.execute(sql("finish_batch"), names | {"key": batch.key, "version": version, "result": Jsonb(stored)})
    return result


def delete_keys(tx: Transaction, scope: Scope, dataset: Dataset, keys: Sequence[str]) -> int:
    """Delete the rows of a keyed dataset with these keys; returns how many there were."""
    state = lock(tx, scope, dataset)
    gone = delete_rows(tx, scope, dataset, sorted(set(keys)))
    _write_segments(scope, dataset, state, Change(gone.take(np.empty(0, np.int64)), gone, 0))
    return gone.n


def _names(scope: Scope, dataset: Dataset) -> dict[str, Any]:
    return {"workspace": scope.workspace.id, "dataset": dataset.id}


def _earlier(tx: Transaction, names: dict[str, Any]) -> BatchResult:
    row = tx.execute(sql("batch_result"), names).fetchone()
    assert row is not None
    return first_result(row[0])


def first_result(stored: dict[str, Any]) -> BatchResult:
    """What a batch did when it was written, as it was kept."""
    first = {name: stored[name] for name in ("inserted", "updated", "unchanged", "version")}
    return BatchResult(**first, repeated=True, content=stored.get("content", ""))


def _without_repeats(rows: Rows, key: str) -> Rows:
    last = last_of_each(rows.texts[key])
    return rows if last.size == rows.n else rows.take(last)


def _write_rows(tx: Transaction, scope: Scope, batch: Batch, rows: Rows) -> tuple[State, Change, int]:
    dataset = batch.dataset
    if dataset.key:
        table = stage(tx, dataset, rows)
        state = lock(tx, scope, dataset, batch.key)
        change = upsert(tx, scope, dataset, rows, table)
        return state, change, rows.n - change.new.n
    look_up = cache(partial(look_at, identity(tx), scope.workspace.id, dataset, rows))
    add_rows(tx, scope, dataset, rows, meanwhile=look_up)
    return lock(tx, scope, dataset, batch.key), Change(rows, None, 0, look_up()), 0


def _write_segments(scope: Scope, dataset: Dataset, state: State, change: Change) -> int:
    """Segments of what changed, and the state after it; returns the version, which stays when nothing changed."""
    new, old, place = change.new, change.old, state.place
    if not new.n and (old is None or not old.n):
        return state.version
    columns, times = row_columns(place, dataset, new, change.looked), new.times
    weights: NDArray[np.int32] | None = None
    if old is not None and old.n:
        columns = join_columns(row_columns(place, dataset, old), columns)
        times = {name: np.concatenate([old.times[name], new.times[name]]) for name in times}
        weights = np.repeat(np.array([-1, 1], np.int32), [old.n, new.n])
    add_segments(state, list(split_days(dataset, scope.workspace.timezone, times, columns, weights)))
    gained = new.n - (old.n if old is not None else 0)
    return advance(state, gained, _newest(dataset, new, state.now))


def _newest(dataset: Dataset, rows: Rows, now: datetime) -> datetime | None:
    times = rows.times[dataset.time]
    past = times[times <= to_ms(now.astimezone(UTC))]
    return from_ms(int(past.max())) if past.size else None
