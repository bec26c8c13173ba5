"""How is a Parquet file read in batches of columns of text?"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.errors import BadInput
from services.ingest.readers.formats import Member
from services.ingest.records import ROWS_A_BATCH, RawBatch


class ParquetReader:
    """A Parquet file. Values become text, so that one set of rules serves all formats; typed times become ISO text.
    Columns that hold lists or structures cannot be mapped and are left out of the header."""

    delimiter = ""
    encoding = ""

    def __init__(self, member: Member) -> None:
        self.member = member
        with self.member.open() as stream:
            try:
                schema = pq.ParquetFile(_seekable(stream)).schema_arrow
            except (pa.ArrowInvalid, OSError) as error:
                raise BadInput(f"{member.name}: a damaged Parquet file: {str(error).rstrip('. ')}.") from error
        twice = next((name for name, times in Counter(schema.names).items() if times > 1), None)
        if twice is not None:
            raise BadInput(f"{member.name}: found the column `{twice}` more than once; expected each name once.")
        self.header = tuple(f.name for f in schema if not pa.types.is_nested(f.type))
        self.typed = frozenset(f.name for f in schema if pa.types.is_timestamp(f.type) or pa.types.is_date(f.type))
        if not self.header:
            raise BadInput(f"{member.name}: found no columns of plain values.")

    def batches(self) -> Iterator[RawBatch]:
        """The records in batches; `lines` count records from 1."""
        read = 0
        with self.member.open() as stream:
            file = pq.ParquetFile(_seekable(stream))
            # iter_batches may cut shorter at row groups, but an import's batches must always be cut alike
            rest: list[pa.RecordBatch] = []
            for piece in file.iter_batches(ROWS_A_BATCH, columns=list(self.header)):
                rest.append(piece)
                while sum(p.num_rows for p in rest) >= ROWS_A_BATCH:
                    table = pa.Table.from_batches(rest)
                    yield self._batch(table.slice(0, ROWS_A_BATCH), read)
                    read += ROWS_A_BATCH
                    rest = table.slice(ROWS_A_BATCH).to_batches()
            if sum(p.num_rows for p in rest):
                yield self._batch(pa.Table.from_batches(rest), read)

    def _batch(self, table: pa.Table, before: int) -> RawBatch:
        columns = {name: _text(table.column(name).combine_chunks()) for name in self.header}

        def raw(i: int) -> str:
            return json.dumps({name: column[i].as_py() for name, column in columns.items()}, ensure_ascii=False)

        return RawBatch(
            self.member.name, columns, np.arange(before + 1, before + 1 + table.num_rows), raw, typed=self.typed
        )


def _seekable(stream: object) -> pa.NativeFile:
    if isinstance(stream, io.BufferedReader):
        return pa.PythonFile(stream, "r")
    assert hasattr(stream, "read")
    return pa.BufferReader(stream.read())  # within an archive: there is no seeking, so it is held whole


def _text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type):
        zone = array.type.tz
        plain = pc.cast(array, pa.timestamp("us", "UTC" if zone else None), safe=False)
        return pc.strftime(plain, "%Y-%m-%dT%H:%M:%S" + ("Z" if zone else ""))
    if pa.types.is_boolean(array.type):
        return pc.if_else(array, "true", "false")
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        texts = (None if v is None else v.decode("utf-8", "backslashreplace") for v in array.to_pylist())
        return pa.array(list(texts), pa.string())
    return pc.cast(array, pa.string())
