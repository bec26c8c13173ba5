"""How are the stored rows of a batch read back, in the form segments are made from?

The server writes CSV and Arrow parses it in C++, columns at a time: several times faster than a Python object a value.
"""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql as q
from pyarrow import csv

from data.database import Transaction
from data.engine.encode import MISSING
from data.engine.incoming import Ints, Rows, Text
from data.model import Dataset


def stored_columns(dataset: Dataset, alias: str) -> q.Composed:
    """The select list that `read_rows` understands: no key, no quality, which segments do not hold."""
    return q.SQL(", ").join(_expression(dataset, alias, name) for name in _types(dataset))


def read_rows(tx: Transaction, dataset: Dataset, query: q.Composed) -> Rows:
    """The rows of a query (or a statement with RETURNING) over `stored_columns`; without keys and quality."""
    copy_out = q.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
    with tx.cursor() as cursor, cursor.copy(copy_out) as copy:
        return to_rows(dataset, parse(dataset, b"".join(copy)))


def parse(dataset: Dataset, data: bytes) -> pa.Table:
    """CSV of `stored_columns` as a table."""
    types = _types(dataset)
    if not data:
        return pa.schema(list(types.items())).empty_table()
    return csv.read_csv(
        io.BytesIO(data),
        read_options=csv.ReadOptions(column_names=list(types), use_threads=False, block_size=1 << 22),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            auto_dict_encode=False,
        ),
    )  # fmt: skip


def _types(dataset: Dataset) -> dict[str, pa.DataType]:
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {t.name: pa.int64() for t in dataset.times}
    types |= {d.name: coded for d in dataset.dimensions}
    types |= {dataset.actor: coded} if dataset.actor else {}
    types |= {m.name: pa.decimal128(18, m.decimals) for m in dataset.measures}
    return types | ({"cell": pa.int64()} if dataset.place else {})


def _expression(dataset: Dataset, alias: str, name: str) -> q.Composed:
    column = q.Identifier(alias, name)
    if name in {t.name for t in dataset.times}:
        return q.SQL("round(date_part('epoch', {}) * 1000)::bigint").format(column)
    return q.SQL("{}").format(column)


def to_rows(dataset: Dataset, table: pa.Table) -> Rows:
    """Parsed rows in the form segments are made from."""
    texts = [d.name for d in dataset.dimensions] + ([dataset.actor] if dataset.actor else [])
    cell = np.asarray(table["cell"].fill_null(0).to_numpy(), np.int64) if dataset.place else None
    return Rows(
        n=table.num_rows,
        times={t.name: _whole(table[t.name], MISSING) for t in dataset.times},
        texts={name: _text(table[name]) for name in texts},
        measures={m.name: _unscaled(table[m.name]) for m in dataset.measures},
        lat=None,
        lon=None,
        cell=cell,
        quality=None,
    )


def _whole(column: pa.ChunkedArray, missing: int) -> Ints:
    return np.asarray(column.fill_null(missing).to_numpy(), np.int64)


def _text(column: pa.ChunkedArray) -> Text:
    joined = column.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):  # no rows
        return Text(np.empty(0, np.int32), pa.array([], pa.string()))
    codes = joined.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Text(codes.astype(np.int32, copy=False), joined.dictionary)


def _unscaled(column: pa.ChunkedArray) -> Ints:
    """The low 64 of a decimal's 128 bits: 18 digits fit."""
    parts: list[NDArray[np.int64]] = []
    for chunk in column.chunks:
        raw = np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset : 2 * (chunk.offset + len(chunk))]
        present = chunk.is_valid().to_numpy(zero_copy_only=False)
        parts.append(np.where(present, raw[0::2], MISSING))
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
