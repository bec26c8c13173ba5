"""How do rows that were added, changed or deleted in a source come to be so in the dataset?

By watermark what is new comes within seconds. What a watermark cannot tell (deleted rows, rows that changed without it,
names in other tables) is found by comparing fingerprints, a range of keys at a time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

import data.imports
from data import followed as state
from data.database import Transaction, transaction
from data.engine.batches import Batch, delete_keys, write_batch
from data.followed import Held
from data.foreign import Foreign, ForeignRow, foreign
from data.imports import Reject
from services.follow.sources import Follower
from services.ingest.parse import Parser
from services.ingest.records import Parsed, RawBatch
from services.model import enable_pack

ROWS_AT_ONCE = 20_000
KEYS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a dataset: rows written (added or changed), deleted, refused."""

    written: int = 0
    deleted: int = 0
    refused: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(self.written + other.written, self.deleted + other.deleted, self.refused + other.refused)


def follow(follower: Follower, now: datetime, should_stop: Callable[[], bool]) -> Changes:
    """Bring in what lies behind the watermark. Raises SourceDown, BadInput, DatabaseDown."""
    known = state.followed(follower.scope, follower.dataset.id)
    watermark, key = known.watermark, known.key
    if watermark is None:
        enable_pack(follower.scope, follower.dataset.pack)
    total = Changes()
    with foreign(follower.url, follower.source, follower.columns) as source:
        if watermark is not None:
            late = source.within(watermark, follower.source.overlap_s)
            total += _bring(follower, late, now)
        while not should_stop():
            rows = source.after(watermark, key, ROWS_AT_ONCE)
            if not rows:
                break
            watermark, key = rows[-1].watermark, rows[-1].key
            total += _bring(follower, rows, now, (watermark, key))
    return total


def compare(follower: Follower, now: datetime, should_stop: Callable[[], bool]) -> Changes:
    """Make the dataset agree with its source, row by row where ranges differ. Raises like `follow`."""
    dataset_id = follower.dataset.id
    total = Changes()
    with foreign(follower.url, follower.source, follower.columns) as source:
        theirs = source.buckets()
        with transaction(follower.scope) as tx:
            ours = state.held_buckets(tx, follower.scope, dataset_id)
        for bucket in sorted(theirs.keys() | ours.keys()):
            if should_stop():
                return total
            if theirs.get(bucket) != ours.get(bucket):
                total += _compare_bucket(follower, source, bucket, now)
    with transaction(follower.scope) as tx:
        state.note_compared(tx, follower.scope, dataset_id, asdict(total))
    return total


def _compare_bucket(follower: Follower, source: Foreign, bucket: int, now: datetime) -> Changes:
    theirs = source.hashes(bucket)
    with transaction(follower.scope) as tx:
        ours = state.held_rows(tx, follower.scope, follower.dataset.id, bucket)
    changed = [key for key, hash in theirs.items() if key not in ours or ours[key].hash != hash]
    total = Changes()
    for start in range(0, len(changed), KEYS_AT_ONCE):
        total += _bring(follower, source.with_keys(changed[start : start + KEYS_AT_ONCE]), now)
    gone = [ours[key] for key in ours.keys() - theirs.keys()]
    return total + _remove(follower, gone)


def _remove(follower: Follower, gone: Sequence[Held]) -> Changes:
    if not gone:
        return Changes()
    with transaction(follower.scope) as tx:
        keys = [held.row_key for held in gone if held.row_key is not None]
        deleted = delete_keys(tx, follower.scope, follower.dataset, keys) if keys else 0
        state.let_go(tx, follower.scope, follower.dataset.id, [held.key for held in gone])
    return Changes(deleted=deleted)


def _bring(
    follower: Follower, rows: Sequence[ForeignRow], now: datetime, upto: tuple[str | None, str] | None = None
) -> Changes:
    """Write those of the rows that are not held as they are, with their fingerprints and the place reached."""
    with transaction(follower.scope) as tx:
        held = state.held_hashes(tx, follower.scope, follower.dataset.id, [row.key for row in rows])
        fresh = [row for row in rows if held.get(row.key) != row.hash]
        found = _write(tx, follower, fresh, now) if fresh else Changes()
        watermark, key = upto or (None, None)
        state.note_read(tx, follower.scope, follower.dataset.id, watermark, key)
    return found


def _write(tx: Transaction, follower: Follower, rows: Sequence[ForeignRow], now: datetime) -> Changes:
    scope, dataset = follower.scope, follower.dataset
    parsed = Parser(dataset, follower.mapping, scope.workspace.timezone, now).parse(_batch(follower, rows))
    key = f"followed:{uuid.uuid4()}"
    if parsed.size:
        write_batch(tx, scope, Batch(dataset, key, parsed.columns))
    rejects = [_named(follower, reject, rows) for reject in parsed.rejects]
    data.imports.add_rejects(tx, scope, dataset.id, rejects, None, key)
    row_keys = _row_keys(follower, parsed)
    held = [Held(row.key, row.hash, row_keys.get(number)) for number, row in enumerate(rows, 1)]
    state.hold(tx, scope, dataset.id, held)
    return Changes(parsed.size, 0, len(rejects))


def _row_keys(follower: Follower, parsed: Parsed) -> dict[int, str]:
    assert follower.dataset.key is not None
    keys = parsed.columns[follower.dataset.key]
    return dict(zip(parsed.lines.tolist(), keys.to_pylist(), strict=True))


def _batch(follower: Follower, rows: Sequence[ForeignRow]) -> RawBatch:
    columns = {
        name: pa.array([row.values[position] for row in rows], pa.string())
        for position, name in enumerate(follower.columns)
    }
    return RawBatch("", columns, np.arange(1, len(rows) + 1, dtype=np.int64), lambda _: "")


def _named(follower: Follower, reject: Reject, rows: Sequence[ForeignRow]) -> Reject:
    row = rows[(reject.line or 1) - 1]
    raw = json.dumps({follower.source.key: row.key, **dict(zip(follower.columns, row.values, strict=True))})
    return Reject(follower.source.table, None, reject.field, reject.reason, reject.found, reject.expected, raw)
