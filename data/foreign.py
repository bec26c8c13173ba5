"""What stands in a table of somebody else's database, read without ever writing there?

Every transaction is read-only and sees one moment. Rows are told apart by an MD5 of their text, which the source
computes under settings that are always the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql as q
from psycopg.abc import Buffer
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from data.errors import BadInput, BelvedereError
from data.ways import Source

_OPTIONS = (
    "-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres"
    " -c extra_float_digits=1 -c bytea_output=hex -c statement_timeout=300000"
)
_TIMES = (1114, 1184)  # timestamp, timestamp with time zone
_BUCKET = "get_byte(decode(md5(r.key), 'hex'), 0)"
_SUM = "sum(('x' || substr(r.hash, 1, 15))::bit(60)::bigint)"
Buckets = dict[int, tuple[int, int]]


class SourceDown(BelvedereError):
    """The database of the source does not answer."""


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """A row of a source: its key and watermark as text, its fingerprint, and its columns as text."""

    key: str
    watermark: str | None
    hash: bytes
    values: tuple[str | None, ...]


class _Date(DateLoader):
    """A date, or the text of one that Python has no words for: infinity, before Christ. Reading the row refuses it."""

    def load(self, data: Buffer) -> Any:
        return _or_text(super().load, data)


class _Time(TimestampLoader):
    """The same of times without a zone."""

    def load(self, data: Buffer) -> Any:
        return _or_text(super().load, data)


class _TimeWithZone(TimestamptzLoader):
    """The same of times with one."""

    def load(self, data: Buffer) -> Any:
        return _or_text(super().load, data)


def _or_text(load: Callable[[Buffer], Any], data: Buffer) -> Any:
    try:
        return load(data)
    except psycopg.DataError:
        return bytes(data).decode()


class Foreign:
    """One moment of a source's database."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], source: Source, columns: Sequence[str]) -> None:
        self._connection, self._source = connection, source
        self.columns = tuple(columns)

    def after(self, watermark: str | None, key: str | None, limit: int) -> list[ForeignRow]:
        """Rows behind a watermark and key, in this order; all from the beginning without one."""
        where = q.SQL("t.{w} IS NOT NULL").format(w=q.Identifier(self._source.watermark))
        if watermark is not None:
            where += q.SQL(" AND (t.{w}, t.{k}) > ({}, {})").format(
                q.Literal(watermark), q.Literal(key), w=q.Identifier(self._source.watermark),
                k=q.Identifier(self._source.key),
            )  # fmt: skip
        order = q.SQL(" ORDER BY t.{}, t.{} LIMIT {}").format(
            q.Identifier(self._source.watermark), q.Identifier(self._source.key), q.Literal(limit)
        )
        return self._rows(where, order)

    def within(self, watermark: str, overlap_s: int) -> list[ForeignRow]:
        """Rows up to so many seconds behind a watermark that is a time, which a late commit may have put there."""
        w = q.Identifier(self._source.watermark)
        cursor = self._execute(q.SQL("SELECT t.{} FROM {} t LIMIT 0").format(w, _table(self._source.table)))
        if not overlap_s or cursor.description is None or cursor.description[0].type_code not in _TIMES:
            return []
        back = q.SQL("t.{w} > {at}::timestamptz - make_interval(secs => {s}) AND t.{w} <= {at}").format(
            w=w, at=q.Literal(watermark), s=q.Literal(overlap_s)
        )
        return self._rows(back, q.SQL(""))

    def with_keys(self, keys: Sequence[str]) -> list[ForeignRow]:
        """The rows with these keys."""
        listed = q.SQL(", ").join(q.Literal(key) for key in keys)
        return self._rows(q.SQL("t.{} IN ({})").format(q.Identifier(self._source.key), listed), q.SQL(""))

    def buckets(self) -> Buckets:
        """Rows and the sum of their fingerprints in each of 256 ranges of keys."""
        statement = q.SQL("SELECT {}, count(*), {} FROM ({}) r GROUP BY 1")
        found = self._execute(statement.format(q.SQL(_BUCKET), q.SQL(_SUM), self._hashes())).fetchall()
        return {bucket: (count, int(total)) for bucket, count, total in found}

    def hashes(self, bucket: int) -> dict[str, bytes]:
        """Fingerprints of the rows of one range, by key."""
        statement = q.SQL("SELECT r.key, r.hash FROM ({}) r WHERE {} = {}")
        found = self._execute(statement.format(self._hashes(), q.SQL(_BUCKET), q.Literal(bucket)))
        return {key: bytes.fromhex(hash) for key, hash in found.fetchall()}

    def _hashes(self) -> q.Composed:
        return q.SQL("SELECT t.{}::text AS key, {} AS hash FROM {}").format(
            q.Identifier(self._source.key), self._hash(), self._from()
        )

    def _rows(self, where: q.Composable, order: q.Composable) -> list[ForeignRow]:
        statement = q.SQL("SELECT t.{}::text, t.{}::text, {}, {} FROM {} WHERE {}{}").format(
            q.Identifier(self._source.key), q.Identifier(self._source.watermark), self._hash(), self._listed(),
            self._from(), where, order,
        )  # fmt: skip
        found = self._execute(statement).fetchall()
        return [ForeignRow(row[0], row[1], bytes.fromhex(row[2]), tuple(map(_text, row[3:]))) for row in found]

    def _hash(self) -> q.Composed:
        return q.SQL("md5(ROW({})::text)").format(self._listed())

    def _listed(self) -> q.Composed:
        lookups = {lookup.name: n for n, lookup in enumerate(self._source.lookups)}
        parts = []
        for name in self.columns:
            if name in lookups:
                n = lookups[name]
                parts.append(q.Identifier(f"l{n}", self._source.lookups[n].value))
            else:
                parts.append(q.Identifier("t", name))
        return q.SQL(", ").join(parts)

    def _from(self) -> q.Composed:
        joined = q.SQL("{} t").format(_table(self._source.table))
        for n, lookup in enumerate(self._source.lookups):
            joined += q.SQL(" LEFT JOIN {} {} ON {} = {}").format(
                _table(lookup.table), q.Identifier(f"l{n}"), q.Identifier(f"l{n}", lookup.key),
                q.Identifier("t", lookup.column),
            )  # fmt: skip
        return joined

    def _execute(self, statement: q.Composed) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.execute(statement)


@contextmanager
def foreign(url: str, source: Source, columns: Sequence[str]) -> Iterator[Foreign]:
    """One moment of the source, for the block. Raises SourceDown, and BadInput for a table or column that is not
    there or may not be read."""
    try:
        with psycopg.connect(
            url, options=_OPTIONS, connect_timeout=10, application_name="belvedere follow"
        ) as connection:
            connection.read_only = True
            for kind, loader in (("date", _Date), ("timestamp", _Time), ("timestamptz", _TimeWithZone)):
                connection.adapters.register_loader(kind, loader)
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield Foreign(connection, source, columns)
    except psycopg.OperationalError as error:
        raise SourceDown(f"The database of {source.table} does not answer: {error}") from error
    except psycopg.ProgrammingError as error:
        raise BadInput(f"{source.table} cannot be followed: {str(error).splitlines()[0]}") from error


def _table(name: str) -> q.Identifier:
    return q.Identifier(*name.split("."))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
