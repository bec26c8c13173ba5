"""How are the fields of many rows in the binary form of Postgres turned into arrays, none of them a Python object?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.engine.compiling import compiled
from data.engine.encode import MISSING
from data.engine.parameters import EPOCH_MS

Ints = NDArray[np.int64]
Data = NDArray[np.uint8]


@compiled("int64(uint8[::1], int64, int64)")
def _big_endian(data: Any, at: int, size: int) -> int:
    value = data[at] - (256 if data[at] >= 128 else 0)
    for i in range(1, size):
        value = value * 256 + data[at + i]
    return int(value)


@compiled("int64(uint8[::1], int64[:, ::1], int32[:, ::1])")
def find(data: Any, places: Any, lengths: Any) -> int:
    """Where each field (first axis) of each row begins, and its length (null: -1); returns where the last one ends."""
    at = 0
    for row in range(places.shape[1]):
        at += 2
        for field in range(places.shape[0]):
            n = _big_endian(data, at, 4)
            at += 4
            places[field, row] = at
            lengths[field, row] = n
            at += max(n, 0)
    return at


@compiled("void(uint8[::1], int64[::1], int32[::1], int64, int64[::1])")
def _whole(data: Any, places: Any, lengths: Any, missing: int, found: Any) -> None:
    for row in range(places.size):
        found[row] = missing if lengths[row] < 0 else _big_endian(data, places[row], 8)


@compiled("void(uint8[::1], int64[::1], int32[::1], int64, int64, int64[::1])")
def _scaled(data: Any, places: Any, lengths: Any, decimals: int, missing: int, found: Any) -> None:
    for row in range(places.size):
        if lengths[row] < 0:
            found[row] = missing
            continue
        at = places[row]
        power = 4 * _big_endian(data, at + 2, 2) + decimals  # of ten, that the present digit counts
        total = 0
        for i in range(_big_endian(data, at, 2)):
            digit = _big_endian(data, at + 8 + 2 * i, 2)
            total += digit * 10**power if power >= 0 else digit // 10**-power
            power -= 4
        found[row] = -total if data[at + 4] == 0x40 else total


@compiled("void(uint8[::1], int64[::1], int32[::1], int32[::1], uint8[::1])")
def _gather(data: Any, places: Any, lengths: Any, offsets: Any, found: Any) -> None:
    for row in range(places.size):
        at, to = places[row], offsets[row]
        for i in range(lengths[row]):
            found[to + i] = data[at + i]


def whole(data: Data, places: Ints, lengths: NDArray[np.int32], missing: int) -> Ints:
    """A bigint column."""
    found = np.empty(places.size, np.int64)
    _whole(data, places, lengths, missing, found)
    return found


def times(data: Data, places: Ints, lengths: NDArray[np.int32]) -> Ints:
    """A timestamptz column as UTC milliseconds, MISSING for null."""
    micros = whole(data, places, lengths, MISSING)
    return np.where(lengths < 0, MISSING, micros // 1000 + EPOCH_MS)


def scaled(data: Data, places: Ints, lengths: NDArray[np.int32], decimals: int) -> Ints:
    """A numeric column of at most 18 digits, as value * 10**decimals; MISSING for null."""
    found = np.empty(places.size, np.int64)
    _scaled(data, places, lengths, decimals, MISSING, found)
    return found


def texts(data: Data, places: Ints, lengths: NDArray[np.int32]) -> pa.StringArray:
    """A text column."""
    missing = lengths < 0
    offsets = np.zeros(places.size + 1, np.int32)
    np.cumsum(np.maximum(lengths, 0), out=offsets[1:])
    found = np.empty(int(offsets[-1]), np.uint8)
    _gather(data, places, lengths, offsets, found)
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    return pa.StringArray.from_buffers(places.size, pa.py_buffer(offsets), pa.py_buffer(found), valid)
