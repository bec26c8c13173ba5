"""How do many raw rows leave the database as a stream, in one moment's state and bounded memory?

Postgres writes the text (COPY), so that a million rows cost this process little more than passing them on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from psycopg import sql as q

from data.database import Transaction, transaction
from data.engine.asks import Predicate
from data.engine.oracle import condition
from data.errors import unknown
from data.model import Dataset
from data.orders import ordered, require_sortable
from data.rows import columns_of
from data.tables import column_types, table_of
from data.types import Order, Scope, TimeRange

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 256 * 1024
# Characters that JSON always escapes: with them as quote and delimiter, COPY's CSV writes each document as it is.
_RAW = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows whose time `at` lies in the range and that meet the predicates, with these columns; oldest first unless
    they are to be ordered."""

    dataset: Dataset
    at: str
    range: TimeRange
    predicates: tuple[Predicate, ...]
    columns: tuple[str, ...]
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What an open export holds: how many rows, the newest time among the dataset's rows then, and the blocks."""

    rows: int
    as_of: datetime | None
    blocks: Iterator[bytes]


@contextmanager
def export(scope: Scope, wanted: Wanted, form: Literal["csv", "json"]) -> Iterator[Selection]:
    """The rows as CSV with a header, or as one JSON object a line, in blocks of about BLOCK bytes.

    Times are ISO 8601 in UTC. Rows, count and as-of time are those of one snapshot, which lasts as long as the block of
    `with`: read the blocks soon. Raises UnknownName for a time column or column that is not there, BadInput for more
    rows than can be ordered, DatabaseDown.
    """
    _check(wanted)
    with transaction(scope, snapshot=True) as tx:
        source = _source(tx, scope, wanted)
        counted = tx.execute(q.SQL("SELECT count(*) FROM {}").format(source)).fetchone()
        state = "SELECT newest_at FROM belvedere.dataset_state WHERE workspace_id = %s AND dataset_id = %s"
        newest = tx.execute(state, (scope.workspace.id, wanted.dataset.id)).fetchone()
        assert counted is not None
        if wanted.order:
            require_sortable(wanted.dataset, wanted.order, wanted.columns, counted[0])
        blocks = _blocks(tx, wanted, source, form)
        try:
            yield Selection(counted[0], newest[0] if newest else None, blocks)
        finally:
            blocks.close()  # a COPY that is not read to its end must be cancelled before its transaction can end


def _check(wanted: Wanted) -> None:
    times = [t.name for t in wanted.dataset.times]
    if wanted.at not in times:
        raise unknown("time column", wanted.at, times, wanted.dataset.qualified)
    for name in wanted.columns:
        if name not in columns_of(wanted.dataset):
            raise unknown("column", name, columns_of(wanted.dataset), wanted.dataset.qualified)


def _source(tx: Transaction, scope: Scope, wanted: Wanted) -> q.Composed:
    where = [
        q.SQL("workspace_id = {}").format(q.Literal(scope.workspace.id)),
        q.SQL("{0} >= {1} AND {0} < {2}").format(
            q.Identifier(wanted.at), q.Literal(wanted.range.from_at), q.Literal(wanted.range.to_at)
        ),
        *(condition(tx, wanted.dataset, p) for p in wanted.predicates),
    ]
    return q.SQL("{} WHERE {}").format(table_of(wanted.dataset), q.SQL(" AND ").join(where))


def _blocks(tx: Transaction, wanted: Wanted, source: q.Composed, form: Literal["csv", "json"]) -> Generator[bytes]:
    types = column_types(wanted.dataset)
    columns = q.SQL(", ").join(_column(name, types[name]) for name in wanted.columns)
    oldest_first = q.SQL("{}, {}").format(q.Identifier(wanted.at), q.Identifier(wanted.dataset.key or "id"))
    order = ordered(wanted.dataset, wanted.at, wanted.order) if wanted.order else oldest_first
    chosen = q.SQL("SELECT {} FROM {} ORDER BY {}").format(columns, source, order)
    if form == "json":
        statement = q.SQL("COPY (SELECT to_json(r) FROM ({}) AS r) TO STDOUT ({})").format(chosen, q.SQL(_RAW))
    else:
        statement = q.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(chosen)
    parts: list[bytes] = []
    size = 0
    with tx.cursor() as cursor, cursor.copy(statement) as copy:
        for line in copy:
            parts.append(bytes(line))
            size += len(line)
            if size >= BLOCK:
                yield b"".join(parts)
                parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _column(name: str, kind: str) -> q.Composed:
    if kind.startswith("timestamp"):
        # to_char would follow lc_time; these digits do not.
        text = """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS {0}"""
        return q.SQL(text).format(q.Identifier(name))
    return q.SQL("{}").format(q.Identifier(name))


def arrow_types(dataset: Dataset, columns: tuple[str, ...]) -> dict[str, pa.DataType]:
    """The type of each column of the CSV for Arrow; lists stay Postgres' text."""
    types = column_types(dataset)
    return {name: _arrow_type(types[name]) for name in columns}


def _arrow_type(kind: str) -> pa.DataType:
    import pyarrow as pa  # by the first Parquet file: whoever asks for a number reads this module too

    if kind.startswith("timestamp"):
        return pa.timestamp("ms", "UTC")
    if kind.startswith("numeric"):
        return pa.decimal128(18, int(kind.rpartition(",")[2].rstrip(")")))
    return {"bigint": pa.int64(), "double precision": pa.float64()}.get(kind, pa.string())
