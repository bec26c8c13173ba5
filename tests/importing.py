"""What do the tests of imports share: small files, their mappings, and what is stored afterwards?"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.database import owner_transaction
from data.types import Scope
from services.ingest import ImportSummary, import_file, load_mapping

NOW = datetime(2024, 6, 1, tzinfo=UTC)
READERS = "services.ingest.readers"
BATCHED = (
    f"{READERS}.delimited.ROWS_A_BATCH", f"{READERS}.json_lines.ROWS_A_BATCH", f"{READERS}.parquet.ROWS_A_BATCH",
    "services.ingest.importer.ROWS_A_BATCH",
)  # fmt: skip
CASES = """
dataset: grievance.complaints
columns:
  complaint_id: id
  opened_at: opened
  resolved_at: {from: done, unreadable: reject}
  category: {from: kind, required: flag}
"""
EVENTS = """
dataset: grievance.complaint_events
columns: {occurred_at: at, event: what, complaint: id}
"""
Row = Sequence[str]


COLUMNS = ("id", "opened", "done", "kind")


def write_csv(folder: Path, rows: Sequence[Row], header: Row = COLUMNS, name: str = "f.csv") -> Path:
    with (folder / name).open("w", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return folder / name


def cases(first: int, last: int, kind: str = "Noise") -> list[Row]:
    return [(f"c{i}", f"2024-05-{i % 28 + 1:02}T08:00:00Z", "", kind) for i in range(first, last)]


def import_csv(scope: Scope, path: Path, mapping: str = CASES, dataset: str = "grievance.complaints") -> ImportSummary:
    return import_file(scope, dataset, path, load_mapping(mapping), None, NOW)


def counts(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    found = (summary.read, summary.inserted, summary.updated, summary.unchanged, summary.rejected)
    assert found[0] == sum(found[1:])
    return found


def stored(scope: Scope, columns: str = "complaint_id, category", table: str = "complaints") -> list[tuple[Any, ...]]:
    with owner_transaction() as tx:
        query = f"SELECT {columns} FROM grievance.{table} WHERE workspace_id = %s ORDER BY 1"
        return tx.execute(query.encode(), (scope.workspace.id,)).fetchall()


def cut_into_tens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of ten rows instead of thousands."""
    for name in BATCHED:
        monkeypatch.setattr(name, 10)
