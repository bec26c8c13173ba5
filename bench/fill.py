"""How fast do rows go in, and how much room do they take?"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from bench.measure import Report
from bench.rows import DAYS, day, days
from data.database import owner_transaction, transaction
from data.engine.batches import Batch, write_batch
from data.engine.compact import compact_workspace
from data.engine.incoming import to_rows
from data.engine.partitions import add_rows
from data.engine.rebuild import rebuild
from data.model import Dataset
from data.types import Scope

BATCH = 100_000
BY_INGEST = 20_000_000
"""Up to so many rows all go through the ingest path; of more, most are copied and their segments made by `rebuild`."""

_HEAP = """
SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bench' AND c.relkind = 'r'"""
_EXTRA = """
SELECT sum(pg_total_relation_size('belvedere.' || name))
FROM unnest(ARRAY['segments', 'segment_columns', 'tensors', 'dictionary']) AS name"""

_THERE = "SELECT EXISTS (SELECT FROM bench.events WHERE workspace_id = %s AND occurred_at >= %s AND occurred_at < %s)"


def fill_all(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    """The rows, once; then segments merged, days counted, and the room they take."""
    if _one("SELECT coalesce(sum(rows), 0) FROM belvedere.dataset_state") < rows:
        _ingest(scope, dataset, rows, report)
        if rows > BY_INGEST:
            _copy(scope, dataset, rows, report)
    compact_workspace(scope, dataset)
    _count_days(scope, dataset, rows, report)
    with owner_transaction() as tx:
        tx.execute("DELETE FROM belvedere.segments WHERE retired_at IS NOT NULL")
    _room(rows, report)


def _ingest(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    spent, written = 0.0, 0
    for first, columns in days(rows):
        size = len(columns["occurred_at"])  # type: ignore[arg-type]
        for at in range(0, size, BATCH):
            part = {k: None if v is None else v[at : at + BATCH] for k, v in columns.items()}  # type: ignore[index]
            batch = Batch(dataset, f"fill:{rows}:{first:%Y%m%d}:{at}", part)
            start = time.perf_counter()
            with transaction(scope) as tx:
                write_batch(tx, scope, batch)
            spent += time.perf_counter() - start
            written += min(BATCH, size - at)
        if rows > BY_INGEST and written >= BY_INGEST // 4:
            break
    report.rate("bulk ingest with fresh segments", written / max(spent, 1e-9), written=written)


def _copy(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    """Every day that the ingest did not reach, two at a time, without segments; then all segments from the rows."""
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        copied = sum(threads.map(lambda number: _copy_day(scope, dataset, rows, number), range(DAYS)))
    report.rate("rows copied without segments", copied / (time.perf_counter() - start), written=copied)
    start = time.perf_counter()
    rebuilt = rebuild(scope, dataset)
    report.rate("segments made again from the rows", rebuilt.rows / (time.perf_counter() - start))


def _copy_day(scope: Scope, dataset: Dataset, rows: int, number: int) -> int:
    """A day's rows, unless they are there; how many were copied."""
    first, columns = day(rows, number)
    with transaction(scope) as tx:
        if tx.execute(_THERE, (scope.workspace.id, first, first + timedelta(days=1))).fetchone() == (True,):
            return 0
        made = to_rows(dataset, columns)
        add_rows(tx, scope, dataset, made)
    if first.day == 1:
        print(f"  rows copied up to {first:%Y-%m-%d}", flush=True)
    return made.n


def _count_days(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    from data.engine.tensors import update_tensors

    start = time.perf_counter()
    update_tensors(scope, dataset, datetime.now(UTC))
    report.rate("days counted into tensors", rows / (time.perf_counter() - start))


def _room(rows: int, report: Report) -> None:
    heap, extra = _one(_HEAP), _one(_EXTRA)
    report.size("rows in the table", heap / 2**20, bytes_a_row=round(heap / rows, 1))
    report.size("segments, tensors, dictionary", extra / 2**20, bytes_a_row=round(extra / rows, 1))
    report.ratio("extra storage as a share of the rows", extra / heap)


def _one(statement: str) -> float:
    with owner_transaction() as tx:
        found = tx.execute(statement.encode()).fetchone()
    return float(found[0]) if found else 0.0
