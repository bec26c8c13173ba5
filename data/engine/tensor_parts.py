"""How are the arrays of a tensor written as bytes, so that a reader decodes only those it needs?"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

Array = NDArray[Any]
_HEAD = struct.Struct("<I")
_LEVEL = 3


def pack_arrays(arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> bytes:
    """Each array compressed by itself, behind a directory that also holds `meta`."""
    directory: dict[str, Any] = {}
    bodies, at = [], 0
    for name, values in arrays.items():
        body = zstandard.ZstdCompressor(level=_LEVEL).compress(np.ascontiguousarray(values).tobytes())
        directory[name] = [values.dtype.str, list(values.shape), at, len(body)]
        bodies.append(body)
        at += len(body)
    head = json.dumps({"meta": meta, "arrays": directory}, separators=(",", ":")).encode()
    return b"".join([_HEAD.pack(len(head)), head, *bodies])


class Arrays:
    """The arrays of a part, each decoded when it is first asked for."""

    def __init__(self, data: bytes) -> None:
        (size,) = _HEAD.unpack_from(data)
        found = json.loads(data[_HEAD.size : _HEAD.size + size])
        self.meta: dict[str, Any] = found["meta"]
        self._directory: dict[str, Any] = found["arrays"]
        self._data = data
        self._start = _HEAD.size + size
        self._read: dict[str, Array] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def __getitem__(self, name: str) -> Array:
        if name not in self._read:
            dtype, shape, at, length = self._directory[name]
            body = self._data[self._start + at : self._start + at + length]
            self._read[name] = np.frombuffer(zstandard.ZstdDecompressor().decompress(body), dtype).reshape(shape)
        return self._read[name]

    @property
    def bytes(self) -> int:
        """About what it costs to keep."""
        sizes = (math.prod(shape) * np.dtype(kind).itemsize for kind, shape, _, _ in self._directory.values())
        return len(self._data) + int(sum(sizes))


def narrowed(values: NDArray[np.int64]) -> Array:
    """The numbers in the smallest signed type that holds them."""
    top = int(max(abs(int(values.min())), abs(int(values.max())))) if values.size else 0
    return values.astype(next((f"i{size}" for size in (1, 2, 4) if top < 2 ** (8 * size - 1)), "i8"))


def pack_set(codes: NDArray[np.int64], top: int) -> dict[str, Array]:
    """A sorted set of codes: the gaps between them, or one bit for each possible code where that is smaller."""
    if codes.size * 8 > top:
        bits = np.zeros(top // 64 + 1, np.uint64)
        np.bitwise_or.at(bits, codes >> 6, np.uint64(1) << (codes & 63).astype(np.uint64))
        return {"bits": bits}
    gaps = np.diff(codes, prepend=0)
    return {"low": (gaps & 255).astype(np.uint8), "high": narrowed(gaps >> 8)}


def joined_sets(parts: Sequence[Arrays]) -> NDArray[np.uint64]:
    """One bit for each code that is in one of the packed sets."""
    words = max((int(arrays.meta["top"]) for arrays in parts), default=0) // 64 + 1
    found = np.zeros(words, np.uint64)
    marks = np.zeros(0, np.bool_)
    for arrays in parts:
        if "bits" in arrays:
            bits = arrays["bits"]
            found[: bits.size] |= bits
        else:
            marks = marks if marks.size else np.zeros(words * 64, np.bool_)
            marks[np.cumsum(arrays["low"].astype(np.int64) | (arrays["high"].astype(np.int64) << 8))] = True
    if marks.size:
        found |= np.packbits(marks, bitorder="little").view(np.uint64)
    return found
