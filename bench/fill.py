"""How fast do rows go in, and how much room do they take?"""

from __future__ import annotations

import time

from bench.measure import Report
from bench.rows import days
from data.database import owner_transaction, transaction
from data.engine.batches import Batch, write_batch
from data.model import Dataset
from data.types import Scope

BATCH = 100_000


def fill(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    """Write `rows` rows in batches of at most 100,000 through the real ingest path; reports rows a second."""
    spent = 0.0
    for day, columns in days(rows):
        size = len(columns["occurred_at"])  # type: ignore[arg-type]
        for at in range(0, size, BATCH):
            part = {k: None if v is None else v[at : at + BATCH] for k, v in columns.items()}  # type: ignore[index]
            batch = Batch(dataset, f"fill:{rows}:{day:%Y%m%d}:{at}", part)  # type: ignore[arg-type]
            start = time.perf_counter()
            with transaction(scope) as tx:
                write_batch(tx, scope, batch)
            spent += time.perf_counter() - start
    report.rate("bulk ingest with fresh segments", rows / max(spent, 1e-9))


def room(scope: Scope, dataset: Dataset, rows: int, report: Report) -> None:
    """Bytes a row of the table and of everything the engine keeps beside it, and the second as a share of the first."""
    heap = _bytes("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                  " WHERE n.nspname = 'bench' AND c.relkind = 'r'")  # fmt: skip
    extra = _bytes(
        "SELECT sum(pg_total_relation_size('belvedere.' || name)) FROM unnest(ARRAY['segments', 'segment_columns', 'tensors',"
        " 'dictionary']) AS name"
    )
    report.size("rows in the table", heap / 2**20, bytes_a_row=round(heap / rows, 1))
    report.size("segments, tensors, dictionary", extra / 2**20, bytes_a_row=round(extra / rows, 1))
    report.ratio("extra storage as a share of the rows", extra / heap)


def _bytes(statement: str) -> float:
    with owner_transaction() as tx:
        found = tx.execute(statement.encode()).fetchone()
    return float(found[0]) if found else 0.0
