"""How long do plain Postgres and DuckDB take for the same numbers over the same rows?"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from psycopg.errors import QueryCanceled

from bench.measure import Peer, timed
from bench.pages import END
from bench.rows import days
from data.database import transaction
from data.types import Scope

_KPI = (
    "SELECT count(*), sum(amount), {percentiles}, count(DISTINCT person) FROM {table}"
    " WHERE occurred_at >= '{start}' AND occurred_at < '{end}'"
)
_PERCENTILES = {
    "postgres": "percentile_disc(0.5) WITHIN GROUP (ORDER BY amount),"
    " percentile_disc(0.95) WITHIN GROUP (ORDER BY amount)",
    "duckdb": "quantile_disc(amount, 0.5), quantile_disc(amount, 0.95)",
}
_SPLIT = (
    "SELECT {by}, count(*), sum(amount) FROM {table}"
    " WHERE occurred_at >= '{start}' AND occurred_at < '{end}' GROUP BY 1"
)


def statements(peer: str, length: int) -> list[str]:
    """The page in SQL: tiles of two periods, a day series and three breakdowns."""
    table = {"postgres": "bench.events", "duckdb": "events"}[peer]
    end = END
    start = end - timedelta(days=length)

    def fill(text: str, start: datetime, end: datetime, by: str = "") -> str:
        return text.format(
            table=table, percentiles=_PERCENTILES[peer], start=start.isoformat(), end=end.isoformat(), by=by
        )

    day = "date_trunc('day', occurred_at)"
    return [
        fill(_KPI, start, end),
        fill(_KPI, start - (end - start), start),
        *(fill(_SPLIT, start, end, by) for by in (day, "category", "area", "channel")),
    ]


def postgres_page(scope: Scope, length: int, cap_s: float) -> Peer:
    """The page on the raw table, as the viewer; given up after `cap_s`."""
    start = time.perf_counter()
    for text in statements("postgres", length):
        left_ms = max(1, int((cap_s - (time.perf_counter() - start)) * 1000))
        with transaction(scope) as tx:
            tx.execute(f"SET LOCAL statement_timeout = {left_ms}".encode())
            try:
                tx.execute(text.encode()).fetchall()
            except QueryCanceled:
                return Peer(cap_s * 1000, is_stopped=True)
    return Peer((time.perf_counter() - start) * 1000)


def fill_duckdb(path: Path, rows: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB file with the same rows, two threads like Postgres and the engine."""
    fresh = not path.exists()
    connection = duckdb.connect(str(path))
    connection.execute("SET threads = 2; SET TimeZone = 'UTC'")
    if fresh:
        for number, (_, columns) in enumerate(days(rows)):
            table = pa.table({k: _plain(v) for k, v in columns.items() if k != "quality"})
            connection.register("chunk", table)
            connection.execute(
                "INSERT INTO events SELECT * FROM chunk" if number else "CREATE TABLE events AS SELECT * FROM chunk"
            )
            connection.unregister("chunk")
        connection.execute("CHECKPOINT")
    return connection


def _plain(values: Any) -> Any:
    if isinstance(values, pa.DictionaryArray):
        return values.cast(pa.string())
    return pa.array(values)


def duckdb_ms(connection: duckdb.DuckDBPyConnection, length: int, kpi_only: bool = False) -> float:
    """Milliseconds of the page (or of its first statement) in DuckDB."""
    wanted = statements("duckdb", length)[: 1 if kpi_only else None]
    return timed(lambda: [connection.execute(text).fetchall() for text in wanted])
