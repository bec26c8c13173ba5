"""Which scores differ from those that are stored, and how are they written?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

import data.assessment as stored
from data.database import Transaction
from data.engine.batches import Batch, delete_keys, write_batch
from data.engine.days import to_ms
from data.model import Dataset
from data.tables import column_names
from data.types import Scope
from services.assessment.definitions import Scoring
from services.assessment.scores import Row, Scored

_NAT = np.iinfo(np.int64).min


def columns_of_rows(dataset: Dataset, rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as the columns of a batch; what a row lacks is missing. Times are UTC milliseconds."""
    times = {time.name for time in dataset.times}
    measures = {measure.name for measure in dataset.measures}
    columns: dict[str, Any] = {}
    for name in column_names(dataset):
        values = [row.get(name) for row in rows]
        if name in times:
            columns[name] = np.array([_NAT if value is None else value for value in values], np.int64)
        elif name in measures:
            columns[name] = np.array([np.nan if value is None else value for value in values], np.float64)
        else:
            columns[name] = values
    return columns


def write_scored(
    tx: Transaction, scope: Scope, named: dict[str, Dataset], scored: Scored, sessions: Sequence[str], rules: Scoring,
    now: datetime, key: str,
) -> tuple[dict[str, int], int]:  # fmt: skip
    """Write the rows that are new or different, stamped with the present, and remove those of these sessions that no
    longer follow; returns how many were written by dataset and how many removed."""
    metrics = [score.name for score in rules.scores]
    traits = list(dict.fromkeys(trait.name for mapping in rules.mappings for trait in mapping.traits))
    possible = {
        "session_metrics": [f"{session}/{metric}" for session in sessions for metric in metrics],
        "traits": [f"{session}/{trait}" for session in sessions for trait in traits],
        "results": list(sessions),
    }
    written: dict[str, int] = {}
    removed = 0
    for name, keys in possible.items():
        rows = getattr(scored, name)
        before = stored.stored_rows(tx, scope, named[name], keys)
        fresh = [row | {"scored_at": to_ms(now)} for row in rows if _differs(row, before.get(_key(named[name], row)))]
        gone = before.keys() - {_key(named[name], row) for row in rows}
        removed += delete_keys(tx, scope, named[name], sorted(gone)) if gone else 0
        if fresh:
            result = write_batch(tx, scope, Batch(named[name], key, columns_of_rows(named[name], fresh)))
            written[name] = result.inserted + result.updated
    return written, removed


def _key(dataset: Dataset, row: Row) -> str:
    return str(row[dataset.key or ""])


def _differs(row: Row, before: Row | None) -> bool:
    return before is None or any(before.get(name) != value for name, value in row.items())
