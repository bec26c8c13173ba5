"""A dataset of each kind, batches for it, and what its rows and its segments say, each read on its own way."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from data.database import owner_transaction, transaction
from data.engine.batches import Batch, BatchResult, write_batch
from data.engine.encode import MISSING
from data.engine.state import unlocked
from data.engine.storage import live, load
from data.model import Dataset, Dimension, Duration, LimitFlag, Measure, TimeColumn
from data.tables import ensure_dataset, register_dataset
from data.types import Scope

START = datetime(2026, 3, 7, 12, tzinfo=UTC)  # the day before clocks change in New York

CASES = Dataset(
    id=0, pack="ledger", name="cases", title="Cases", kind="keyed", key="case_id", time="opened_at",
    times=(TimeColumn("opened_at", "Opened"), TimeColumn("closed_at", "Closed")),
    dimensions=(Dimension("colour", "Colour"), Dimension("late", "Late")),
    measures=(Measure("cost", "Cost", decimals=2), Measure("score", "Score")),
    durations=(Duration("open_time", "Open time", "opened_at", "closed_at"),),
    flags=(LimitFlag("late", "open_time", "colour", (("red", 2.0),), 24.0),),
    actor="person", place=True, streams=("opened_at", "closed_at"),
)  # fmt: skip
EVENTS = Dataset(
    id=0, pack="ledger", name="events", title="Events", kind="append", key=None, time="at",
    times=(TimeColumn("at", "At"),), dimensions=(Dimension("kind", "Kind"),),
    measures=(Measure("amount", "Amount", decimals=3),), durations=(), flags=(), actor="person", place=True,
    streams=("at",),
)  # fmt: skip


@lru_cache(maxsize=2)
def installed(database: str) -> tuple[Dataset, Dataset]:
    """Both datasets with their tables in the database."""
    found = []
    for dataset in (CASES, EVENTS):
        ensure_dataset(dataset)
        found.append(dataclasses.replace(dataset, id=register_dataset("ledger", dataset.name, {})))
    return found[0], found[1]


def case(key: str, **values: Any) -> dict[str, Any]:
    """A row of cases."""
    plain = {"opened_at": START, "closed_at": None, "colour": "red", "cost": 1.5, "score": 3.0, "person": "p1"}
    return {"case_id": key, **plain, "lat": 40.7, "lon": -74.0, "quality": None, **values}


def event(**values: Any) -> dict[str, Any]:
    """A row of events."""
    plain = {"at": START, "kind": "a", "amount": 0.125, "person": "p1", "lat": 40.7, "lon": -74.0, "quality": None}
    return plain | values


def columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows turned into the columns of a batch."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def write(scope: Scope, dataset: Dataset, key: str, rows: Sequence[dict[str, Any]]) -> BatchResult:
    """One batch in a transaction of its own."""
    with transaction(scope) as tx:
        return write_batch(tx, scope, Batch(dataset, key, columns(rows)))


def hours(n: float) -> timedelta:
    """A span of hours."""
    return timedelta(hours=n)


def state(scope: Scope, dataset: Dataset) -> dict[str, Any]:
    """The state row of a dataset."""
    query = "SELECT version, change_no, rows, newest_at FROM belvedere.dataset_state WHERE dataset_id = %s"
    with transaction(scope) as tx:
        row = tx.execute(query, (dataset.id,)).fetchone()
    return dict(zip(("version", "change", "rows", "newest_at"), row or (0, 0, 0, None), strict=True))


def segments(scope: Scope, dataset: Dataset) -> list[tuple[int, date, int, int]]:
    """Stream, day, rows and negative rows of each live segment."""
    with transaction(scope) as tx:
        return [(s.stream, s.day, s.rows, s.negatives) for s in live(unlocked(tx, scope, dataset))]


def content(scope: Scope, dataset: Dataset, stream: int = 0) -> list[dict[str, Any]]:
    """What the segments of a stream say, row by row, decoded, taken back rows left out."""
    net: dict[tuple[Any, ...], int] = {}
    with transaction(scope) as tx:
        place = unlocked(tx, scope, dataset)
        found = [s for s in live(place) if s.stream == stream]
        query = "SELECT column_name, code, value FROM belvedere.dictionary WHERE dataset_id = %s"
        words = {(name, code): value for name, code, value in tx.execute(query, (dataset.id,))}
        for segment, parts in zip(found, load(place, found), strict=True):
            for i in range(segment.rows):
                row = {"day": segment.day} | {
                    name: _value(name, values[i], words, dataset) for name, values in parts.items()
                }
                weight = int(row.pop("w", 1))
                key = tuple(sorted(row.items(), key=lambda item: item[0]))
                net[key] = net.get(key, 0) + weight
    return [dict(key) for key, n in net.items() for _ in range(n)]


def _value(name: str, value: Any, words: dict[tuple[str, int], str], dataset: Dataset) -> Any:
    column = {"a": dataset.actor, "p": "cell"}.get(name, name.removeprefix("d:"))
    if name in ("a", "p") or name.startswith("d:"):
        return words[str(column), int(value)] if value else None
    return None if int(value) == MISSING else int(value)


def stored(scope: Scope, dataset: Dataset, select: str, more: str = "") -> list[tuple[Any, ...]]:
    """A query over the rows of the dataset's table, as the viewer."""
    with transaction(scope) as tx:
        return tx.execute(f"SELECT {select} FROM {dataset.pack}.{dataset.name} {more}".encode()).fetchall()


def damage(statement: str, *values: Any) -> None:
    """Change stored segments behind the engine's back."""
    with owner_transaction() as tx:
        tx.execute(statement.encode(), values)
