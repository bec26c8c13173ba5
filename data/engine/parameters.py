"""How does a whole Arrow column travel as one array parameter of a statement?"""

from __future__ import annotations

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.adapt import Dumper
from psycopg.pq import Format

_TEXT_OID, _TEXT_ARRAY_OID = 25, 1009


class TextArray:
    """A text[] without nulls; bound to a statement at Arrow's speed instead of a Python object for each item."""

    def __init__(self, values: pa.StringArray) -> None:
        self.values = values


def with_lengths(values: pa.StringArray) -> pa.BinaryArray:
    """Each text as bytes, after its length in four big-endian bytes."""
    lengths = pc.binary_length(values).to_numpy(zero_copy_only=False).astype(">i4")
    offsets = np.arange(0, 4 * len(values) + 1, 4, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(lengths)]
    prefixes = pa.BinaryArray.from_buffers(pa.binary(), len(values), buffers)
    return pc.binary_join_element_wise(prefixes, values.cast(pa.binary()), pa.scalar(b"", pa.binary()))


def joined_bytes(values: pa.BinaryArray) -> memoryview:
    """The bytes of all items, one after the other."""
    ends = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    return memoryview(values.buffers()[2])[ends[0] : ends[-1]]


class _TextArrayDumper(Dumper):
    format = Format.BINARY
    oid = _TEXT_ARRAY_OID

    def dump(self, obj: TextArray) -> bytes:
        # dimensions, has nulls, item type, length, lower bound
        head = np.array([1, 0, _TEXT_OID, len(obj.values), 1], ">i4").tobytes()
        return head + bytes(joined_bytes(with_lengths(obj.values)))


psycopg.adapters.register_dumper(TextArray, _TextArrayDumper)
