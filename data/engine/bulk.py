"""How are very many stored rows read back: as binary COPY, a block at a time, in the form segments are made from?"""

from __future__ import annotations

import selectors
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import psycopg
from psycopg import sql as q

from data.database import Transaction
from data.engine import fields
from data.engine.incoming import Rows, Text
from data.model import Dataset
from data.tables import table_of

BLOCK_ROWS = 125_000
_HEAD = 19  # bytes before the first row
_TAIL = b"\xff\xff"


def every_row(dataset: Dataset, workspace: int) -> q.Composed:
    """All rows of a workspace."""
    return q.SQL("SELECT {} FROM {} t WHERE workspace_id = {}").format(
        columns(dataset, "t"), table_of(dataset), q.Literal(workspace)
    )


def columns(dataset: Dataset, alias: str) -> q.Composed:
    """The select list that `row_blocks` understands: no key, no quality, which segments do not hold."""
    return q.SQL(", ").join(q.Identifier(alias, name) for name in _names(dataset))


def row_blocks(tx: Transaction, dataset: Dataset, query: q.Composed, most: int = BLOCK_ROWS) -> Iterator[Rows]:
    """The rows of a query over `columns`, in its order, `most` at a time; without keys and quality.

    The connection is taken until the last block was read.
    """
    for count, data in _blocks(tx, q.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query), most):
        yield _rows(dataset, count, data)


def _blocks(tx: Transaction, copy_out: q.Composed, most: int) -> Iterator[tuple[int, bytearray]]:
    """The number of rows and their bytes. Messages are joined as they come: keeping them costs more than reading."""
    with tx.cursor() as cursor, cursor.copy(copy_out) as copy:
        messages = _messages(tx)
        count, data = 1, bytearray(next(messages)[_HEAD:])
        if data != _TAIL:
            for message in messages:
                if count == most:
                    yield count, data
                    count, data = 0, bytearray()
                data += message
                count += 1
            yield count, data
        copy.read()


def _messages(tx: Transaction) -> Iterator[memoryview]:
    """What the server sends, a message a row, the first with a head, up to the tail.

    TRICKY: psycopg's own loop over the messages costs 4 µs each, ten times as much as asking libpq; so it sees only
    what comes after the tail. Waiting is done here, because libpq would keep the interpreter's lock meanwhile.
    """
    read = partial(tx.pgconn.get_copy_data, 1)
    with selectors.DefaultSelector() as waiter:
        waiter.register(tx.pgconn.socket, selectors.EVENT_READ)
        while True:
            for size, message in iter(read, (0, b"")):
                if size < 0:
                    raise _failure(tx)
                if size == len(_TAIL):  # no row is that short
                    return
                yield message
            waiter.select()
            tx.pgconn.consume_input()


def _failure(tx: Transaction) -> psycopg.Error:
    """Why the server ended a COPY early; it is ready for the next statement then."""
    result = tx.pgconn.get_result()
    while tx.pgconn.get_result() is not None:
        pass
    return psycopg.errors.error_from_result(result) if result else psycopg.OperationalError("The connection is lost.")


def _names(dataset: Dataset) -> list[str]:
    names = [*(t.name for t in dataset.times), *_text_names(dataset), *(m.name for m in dataset.measures)]
    return names + (["cell"] if dataset.place else [])


def _text_names(dataset: Dataset) -> list[str]:
    return [d.name for d in dataset.dimensions] + ([dataset.actor] if dataset.actor else [])


def _rows(dataset: Dataset, count: int, block: bytearray) -> Rows:
    names, data = _names(dataset), np.frombuffer(block, np.uint8)
    places, lengths = np.empty((len(names), count), np.int64), np.empty((len(names), count), np.int32)
    fields.find(data, places, lengths)
    at = {name: (data, places[i], lengths[i]) for i, name in enumerate(names)}
    return Rows(
        n=count,
        times={t.name: fields.times(*at[t.name]) for t in dataset.times},
        texts={name: _text(*at[name]) for name in _text_names(dataset)},
        measures={m.name: fields.scaled(*at[m.name], m.decimals) for m in dataset.measures},
        lat=None,
        lon=None,
        cell=fields.whole(*at["cell"], 0) if dataset.place else None,
        quality=None,
    )


def _text(*field: Any) -> Text:
    coded = fields.texts(*field).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Text(codes.astype(np.int32, copy=False), coded.dictionary)
