"""Which segments hold the rows of a dataset right now?"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction, database_url
from data.engine.asks import Ints
from data.engine.days import day_start, to_ms
from data.model import Dataset
from data.statements import sql
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Stream:
    """The live segments of one stream, as parallel arrays ordered by day; times are UTC milliseconds.

    `kept` is what was worked out from them, and lives as long as they do.
    """

    ids: Ints
    days: Ints
    day_ms: Ints
    first_ms: Ints
    last_ms: Ints
    counts: Ints
    negatives: Ints
    packed: NDArray[np.bool_]
    kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Live segments by stream number, as of one change number."""

    version: int
    change: int
    streams: dict[int, Stream]
    rows: dict[int, tuple[Any, ...]] = field(repr=False)


_NONE = np.empty(0, np.int64)
_EMPTY = Stream(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, np.empty(0, np.bool_))
_known: dict[tuple[str, int, int], Manifest] = {}
_lock = threading.Lock()


def stream_of(manifest: Manifest, number: int) -> Stream:
    """The segments of a stream; empty when there are none."""
    return manifest.streams.get(number, _EMPTY)


def known_manifest(scope: Scope, dataset: Dataset, change: int) -> Manifest | None:
    """The manifest this process has when it is of that change number, without asking the database."""
    found = _known.get((database_url(), scope.workspace.id, dataset.id))
    return found if found and found.change == change else None


def read_manifest(tx: Transaction, scope: Scope, dataset: Dataset, whole: bool = False) -> Manifest:
    """The manifest as of now; only what changed is read unless `whole`."""
    key = (database_url(), scope.workspace.id, dataset.id)
    before = None if whole else _known.get(key)
    values = {"workspace": scope.workspace.id, "dataset": dataset.id}
    if before is None:
        found = tx.execute(sql("live_segments"), values).fetchall()
    else:
        found = tx.execute(sql("changed_segments"), values | {"known": before.change}).fetchall()
    manifest = _merged(before, found, scope.workspace.timezone)
    if before is not None and found and len(manifest.rows) != found[0][11]:
        # TRICKY: a segment was retired and deleted since; what is gone cannot be read, so everything is read again.
        return read_manifest(tx, scope, dataset, whole=True)
    with _lock:
        newest = _known.get(key)
        if newest is None or whole or newest.change <= manifest.change:
            _known[key] = manifest
    return manifest


def _merged(before: Manifest | None, found: list[Any], tz: str) -> Manifest:
    if not found:
        return Manifest(0, 0, {}, {})
    version, change = found[0][:2]
    if before and before.change == change:
        return Manifest(version, change, before.streams, before.rows)
    rows = dict(before.rows) if before else {}
    for row in found:
        if row[2] is None:
            continue
        if row[10]:
            rows.pop(row[2], None)
        else:
            rows[row[2]] = row[2:10]
    touched = {row[3] for row in found if row[2] is not None}
    numbers = {row[1] for row in rows.values()}
    streams = {n: _stream(n, rows, tz) for n in numbers if before is None or n in touched}
    kept = {n: s for n, s in before.streams.items() if n in numbers and n not in touched} if before else {}
    return Manifest(version, change, kept | streams, rows)


def _stream(number: int, rows: dict[int, tuple[Any, ...]], tz: str) -> Stream:
    mine = sorted((row for row in rows.values() if row[1] == number), key=lambda row: (row[2], row[0]))
    ids, _, days, counts, negatives, low, high, packed = zip(*mine, strict=True)
    starts = {day: to_ms(day_start(day, tz)) for day in set(days)}
    day_ms = np.asarray([starts[day] for day in days], np.int64)
    return Stream(
        np.asarray(ids, np.int64), np.asarray([d.toordinal() for d in days], np.int64), day_ms,
        day_ms + np.asarray(low, np.int64), day_ms + np.asarray(high, np.int64), np.asarray(counts, np.int64),
        np.asarray(negatives, np.int64), np.asarray(packed, np.bool_),
    )  # fmt: skip


def forget() -> None:
    """Forget every manifest of this process."""
    with _lock:
        _known.clear()
