"""How does the binary form of Postgres say texts and times?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH_MS = 946_684_800_000  # 2000-01-01, where Postgres counts from
_TEXT_OID = 25


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


def text_array(values: pa.StringArray) -> bytes:
    """A text[] in the binary form of Postgres: dimensions, has nulls, item type, length, lower bound, items."""
    head = np.array([1, 0, _TEXT_OID, len(values), 1], ">i4").tobytes()
    return head + bytes(joined_bytes(with_lengths(values)))
