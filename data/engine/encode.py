"""How is a column of a segment written as bytes, and read back as an array?

Every encoded column begins with the same 20 bytes and says itself how it was written, so `decode_column` reads both the
quick form of micro-segments (`pack`) and the small one of sealed segments (`encode_column`).
"""

from __future__ import annotations

import struct
import threading
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from data.errors import BelvedereError

Array = NDArray[Any]
MISSING = -(2**63)

_HEAD = struct.Struct("<BBBBIqI")  # dtype, layout, flags, planes, n, base, bytes of payload
_PLANE = struct.Struct("<BI")  # kind, length
_DTYPES = [np.dtype(name) for name in ("uint8", "uint16", "uint32", "int32", "int64")]
_PLAIN, _PLANES, _BITS, _CONSTANT = range(4)
_DELTA, _GAPS = 1, 2  # flags: differences of a sorted column; offset 0 stands for MISSING
_RAW, _ZSTD = range(2)
_WORTH = 0.95  # compressed planes that save less stay as they are, they decode at memory speed
_DAMAGES = (struct.error, zstandard.ZstdError, ValueError, IndexError, KeyError, UnicodeDecodeError)
_per_thread = threading.local()


def encode_column(name: str, values: Array) -> bytes:
    """The small form of a column. `t` is expected to be sorted (any other order is kept too, in more bytes)."""
    if name == "t" and values.size and values.dtype == np.uint32 and bool(np.all(values[1:] >= values[:-1])):
        steps = np.diff(values, prepend=values[:1]).astype(np.uint32)
        return _seal(steps, values.dtype, int(values[0]), _DELTA)
    offsets, base, flags = _offsets(values)
    return _seal(offsets, values.dtype, base, flags)


def decode_column(name: str, data: bytes | memoryview) -> Array:
    """The values of an encoded column in the type they were written with: a new array, or a read-only view of `data`.

    Raises BelvedereError when the bytes are damaged, naming the column.
    """
    try:
        return _decode(data)
    except _DAMAGES as error:
        raise BelvedereError(f"A stored column `{name}` is damaged: run `manage.py engine rebuild`.") from error


def _decode(data: bytes | memoryview) -> Array:
    dtype_no, layout, flags, planes, n, base, size = _HEAD.unpack_from(data)
    if size != len(data) - _HEAD.size:
        raise ValueError(f"{len(data)} bytes")
    dtype = _DTYPES[dtype_no]
    body = memoryview(data)[_HEAD.size :]
    if layout == _CONSTANT:
        return np.full(n, base, dtype)
    if layout == _PLAIN:
        offsets = np.frombuffer(body, np.dtype(f"u{planes}"), n)
    elif layout == _BITS:
        offsets = _spread_bits(_read_plane(body, 0)[0], planes, n)
    else:
        offsets = _join_planes(body, planes, n)
    return _restore(offsets, dtype, base, flags)


def pack(columns: dict[str, Array], small: bool = False) -> bytes:
    """All columns of a micro-segment in one piece, in the quick form or, if asked for, in the small one."""
    parts = [struct.pack("<H", len(columns))]
    for name, values in columns.items():
        coded = encode_column(name, values) if small else _quick(values)
        label = name.encode()
        parts += [struct.pack("<BI", len(label), len(coded)), label, coded]
    return b"".join(parts)


def unpack(data: bytes | memoryview) -> dict[str, Array]:
    """The columns that `pack` wrote. Raises BelvedereError when the bytes are damaged."""
    try:
        return _unpack(data)
    except _DAMAGES as error:
        raise BelvedereError("A stored segment is damaged: run `manage.py engine rebuild`.") from error


def _unpack(data: bytes | memoryview) -> dict[str, Array]:
    view = memoryview(data)
    (count,) = struct.unpack_from("<H", view)
    at, columns = 2, {}
    for _ in range(count):
        label, size = struct.unpack_from("<BI", view, at)
        at += 5
        name = bytes(view[at : at + label]).decode()
        columns[name] = decode_column(name, view[at + label : at + label + size])
        at += label + size
    return columns


def _header(dtype: np.dtype[Any], layout: int, flags: int, planes: int, n: int, base: int, size: int) -> bytes:
    return _HEAD.pack(_DTYPES.index(dtype), layout, flags, planes, n, base, size)


def _quick(values: Array) -> bytes:
    if values.dtype.itemsize < 8:
        body = values.tobytes()
        unsigned = values.dtype.itemsize
        return _header(values.dtype, _PLAIN, 0, unsigned, values.size, 0, len(body)) + body
    offsets, base, flags = _offsets(values)
    width = _width(offsets)
    body = offsets.astype(f"u{width}").tobytes()
    return _header(values.dtype, _PLAIN, flags, width, values.size, base, len(body)) + body


def _offsets(values: Array) -> tuple[NDArray[np.uint64] | Array, int, int]:
    """Distances from the smallest value; with missing ones, distance 0 is kept for them."""
    if values.size == 0:
        return values.astype(np.uint64), 0, 0
    if values.dtype != np.int64:
        base = int(values.min())
        return (values - values.dtype.type(base)).view(f"u{values.dtype.itemsize}"), base, 0
    wide = values.view(np.int64)
    missing = wide == MISSING
    if not missing.any():
        base = int(wide.min())
        return wide.view(np.uint64) - np.uint64(base % 2**64), base, 0
    present = wide[~missing]
    base = int(present.min()) - 1 if present.size else 0
    offsets = wide.view(np.uint64) - np.uint64(base % 2**64)
    offsets[missing] = 0
    return offsets, base, _GAPS


def _width(offsets: Array) -> int:
    top = int(offsets.max()) if offsets.size else 0
    return next(w for w in (1, 2, 4, 8) if top < 2 ** (8 * w))


def _restore(offsets: Array, dtype: np.dtype[Any], base: int, flags: int) -> Array:
    if flags & _DELTA:
        steps = np.cumsum(offsets, dtype=np.uint32)
        return (steps + np.uint32(base)).astype(dtype, copy=False)
    if base == 0 and not flags & _GAPS:
        return offsets.view(dtype) if offsets.dtype.itemsize == dtype.itemsize else offsets.astype(dtype)
    if dtype != np.int64:
        values = offsets.astype(f"u{dtype.itemsize}", copy=False).view(dtype)
        shifted: Array = values + dtype.type(base)
        return shifted
    values = offsets.astype(np.int64)
    values += base
    if flags & _GAPS:
        values[offsets == 0] = MISSING
    return values


def _seal(offsets: Array, dtype: np.dtype[Any], base: int, flags: int) -> bytes:
    n, top = offsets.size, int(offsets.max()) if offsets.size else 0
    if top == 0 and not flags:
        return _header(dtype, _CONSTANT, 0, 0, n, base, 0)
    if top < 16:
        bits = 2 if top < 4 else 4
        body = _plane(_squeeze(offsets.astype(np.uint8), bits))
        return _header(dtype, _BITS, flags, bits, n, base, len(body)) + body
    count = (top.bit_length() + 7) // 8
    little = np.ascontiguousarray(offsets).view(np.uint8).reshape(n, offsets.dtype.itemsize)
    body = b"".join(_plane(np.ascontiguousarray(little[:, i])) for i in range(count))
    return _header(dtype, _PLANES, flags, count, n, base, len(body)) + body


def _plane(values: NDArray[np.uint8]) -> bytes:
    raw = values.tobytes()
    small = _compressor().compress(raw)
    if len(small) < _WORTH * len(raw):
        return _PLANE.pack(_ZSTD, len(small)) + small
    return _PLANE.pack(_RAW, len(raw)) + raw


def _read_plane(body: memoryview, at: int) -> tuple[NDArray[np.uint8], int]:
    kind, length = _PLANE.unpack_from(body, at)
    start, end = at + _PLANE.size, at + _PLANE.size + length
    raw = body[start:end] if kind == _RAW else _decompressor().decompress(body[start:end])
    return np.frombuffer(raw, np.uint8), end


def _join_planes(body: memoryview, count: int, n: int) -> Array:
    width = next(w for w in (1, 2, 4, 8) if count <= w)
    plane, at = _read_plane(body, 0)
    if width == 1:
        return plane
    joined = plane.astype(f"u{width}")
    for i in range(1, count):
        plane, at = _read_plane(body, at)
        joined |= plane.astype(joined.dtype) << joined.dtype.type(8 * i)
    return joined[:n]


def _squeeze(values: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    per_byte = 8 // bits
    padded = np.zeros(-(-values.size // per_byte) * per_byte, np.uint8)
    padded[: values.size] = values
    columns = padded.reshape(-1, per_byte)
    packed = columns[:, 0].copy()
    for i in range(1, per_byte):
        packed |= columns[:, i] << np.uint8(i * bits)
    return packed


def _spread_table(bits: int) -> Array:
    per_byte = 8 // bits
    every = np.arange(256, dtype=np.uint8)
    spread = np.stack([(every >> np.uint8(i * bits)) & np.uint8(2**bits - 1) for i in range(per_byte)], axis=1)
    return np.ascontiguousarray(spread).view(f"u{per_byte}").ravel()


_SPREAD = {bits: _spread_table(bits) for bits in (2, 4)}


def _spread_bits(packed: NDArray[np.uint8], bits: int, n: int) -> NDArray[np.uint8]:
    return _SPREAD[bits][packed].view(np.uint8)[:n]


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_per_thread, "compressor"):
        _per_thread.compressor = zstandard.ZstdCompressor(level=1)
    return _per_thread.compressor  # type: ignore[no-any-return]  # threading.local holds anything


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_per_thread, "decompressor"):
        _per_thread.decompressor = zstandard.ZstdDecompressor()
    return _per_thread.decompressor  # type: ignore[no-any-return]  # threading.local holds anything
