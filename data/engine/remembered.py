"""Which code does each of thousands of texts have, among a million that are remembered?

A Python dictionary of that size costs more than a microsecond a text: a string object for each, then several places in
memory far from each other, one after the other. Here it is two, a slot and the text itself, in compiled code. Texts are
compared byte for byte: the hash only says where to look.
"""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.engine.compiling import carray, compiled, pointer

Codes = NDArray[np.uint32]
_CODE, _LENGTH = np.uint64(2**32 - 1), np.uint64(32)  # a record begins with a word of both, then come the letters
_PLACE_BITS = np.uint64(40)  # of a slot; the others are the hash's highest
_PLACE = np.uint64(2**40 - 1)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_FINAL = np.uint64(0xFF51AFD7ED558CCD)
_FIRST_SLOTS, _FIRST_WORDS = 64, 256


@compiled("uint64(uint8[::1], int64, int64, uint64)")
def _hash(data: Any, start: int, stop: int, seed: Any) -> Any:
    found = seed
    for at in range(start, stop):
        found = (found ^ np.uint64(data[at])) * seed
    found = (found ^ (found >> np.uint64(33))) * _FINAL
    return found ^ (found >> np.uint64(29))


@compiled("boolean(uint8[::1], int64, int64, uint64[::1], uint8[::1], int64)")
def _is_at(data: Any, start: int, stop: int, words: Any, letters: Any, at: int) -> bool:
    """Is the text that of the record in this word?"""
    same, i = np.int64(words[at] >> _LENGTH) == stop - start, 0
    while same and i < stop - start:
        same = letters[8 * at + 8 + i] == data[start + i]
        i += 1
    return bool(same)


@compiled("int64(uint8[::1], int64, int64, uint64, uint64[::1], uint64[::1], uint8[::1])")
def _slot(data: Any, start: int, stop: int, hashed: Any, slots: Any, words: Any, letters: Any) -> int:
    """The slot of a text, or the empty one in which it belongs."""
    mask = np.uint64(slots.size - 1)
    number = hashed & mask
    while slots[number] != _ZERO:
        at = np.int64(slots[number] & _PLACE) - 1
        if slots[number] >> _PLACE_BITS == hashed >> _PLACE_BITS and _is_at(data, start, stop, words, letters, int(at)):
            break
        number = (number + _ONE) & mask
    return int(number)


@compiled("void(int64, int64, uint64, uint64[::1], uint64[::1], uint8[::1], uint32[::1])")
def _find(texts: int, offsets: int, seed: Any, slots: Any, words: Any, letters: Any, codes: Any) -> None:
    """Fill in the codes of the texts at these addresses, 0 for those that are not there."""
    data = carray(pointer(texts), (1 << 40,), np.uint8)
    ends = carray(pointer(offsets), (codes.size + 1,), np.int32)
    hashes, seen = np.empty(codes.size, np.uint64), np.empty(codes.size, np.uint64)
    for i in range(codes.size):
        hashes[i] = _hash(data, ends[i], ends[i + 1], seed)
    for i in range(codes.size):  # loops without decisions: the processor fetches many places at once
        seen[i] = slots[hashes[i] & np.uint64(slots.size - 1)] & _PLACE
    for i in range(codes.size):
        codes[i] = np.uint32(words[np.int64(seen[i]) - 1 if seen[i] != _ZERO else 0] & _CODE)
    for i in range(codes.size):
        if seen[i] == _ZERO:
            codes[i] = 0
        elif not _is_at(data, ends[i], ends[i + 1], words, letters, int(seen[i]) - 1):
            place = slots[_slot(data, ends[i], ends[i + 1], hashes[i], slots, words, letters)] & _PLACE
            codes[i] = 0 if place == _ZERO else np.uint32(words[np.int64(place) - 1] & _CODE)


@compiled("int64(int64, int64, uint64, uint64[::1], uint64[::1], uint8[::1], uint32[::1], int64[::1])")
def _add(texts: int, offsets: int, seed: Any, slots: Any, words: Any, letters: Any, codes: Any, used: Any) -> int:
    """Enter the texts at these addresses that are not there; `used` counts words. Returns how many were entered."""
    data = carray(pointer(texts), (1 << 40,), np.uint8)
    ends = carray(pointer(offsets), (codes.size + 1,), np.int32)
    added = 0
    for i in range(codes.size):
        start, stop, at = ends[i], ends[i + 1], used[0]
        hashed = _hash(data, start, stop, seed)
        number = _slot(data, start, stop, hashed, slots, words, letters)
        if slots[number] != _ZERO:
            continue
        words[at] = np.uint64(codes[i]) | (np.uint64(stop - start) << _LENGTH)
        for k in range(stop - start):
            letters[8 * at + 8 + k] = data[start + k]
        slots[number] = ((hashed >> _PLACE_BITS) << _PLACE_BITS) | np.uint64(at + 1)
        used[0] = at + 1 + (stop - start + 7) // 8
        added += 1
    return added


@compiled("void(uint64, uint64[::1], uint64[::1], uint8[::1], int64)")
def _place_again(seed: Any, slots: Any, words: Any, letters: Any, used: int) -> None:
    """Enter all records in empty slots."""
    mask = np.uint64(slots.size - 1)
    at = 0
    while at < used:
        size = int(words[at] >> _LENGTH)
        hashed = _hash(letters, 8 * at + 8, 8 * at + 8 + size, seed)
        number = hashed & mask
        while slots[number] != _ZERO:
            number = (number + _ONE) & mask
        slots[number] = ((hashed >> _PLACE_BITS) << _PLACE_BITS) | np.uint64(at + 1)
        at += 1 + (size + 7) // 8


class Remembered:
    """Texts and their codes, which are above 0. Threads may ask and add at the same time."""

    def __init__(self) -> None:
        self._seed = np.uint64(secrets.randbits(64) | 1)  # nobody can choose texts that all fall on one slot
        self._slots = np.zeros(_FIRST_SLOTS, np.uint64)
        self._words = np.empty(_FIRST_WORDS, np.uint64)
        self._used = np.zeros(1, np.int64)
        self._count = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def codes(self, texts: pa.StringArray) -> Codes:
        """The code of each text, none of them null; 0 where it is not remembered."""
        codes = np.zeros(len(texts), np.uint32)
        if len(texts):
            with self._lock:
                _find(*_addresses(texts), self._seed, self._slots, *self._records(), codes)
        return codes

    def add(self, texts: pa.StringArray, codes: Codes) -> None:
        """Remember these; of a text that is there already the code stays."""
        if not len(texts):
            return
        with self._lock:
            self._make_room(len(texts), texts.nbytes)
            records = self._records()
            self._count += _add(*_addresses(texts), self._seed, self._slots, *records, codes, self._used)

    def _records(self) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        return self._words, self._words.view(np.uint8)

    def _make_room(self, more: int, more_bytes: int) -> None:
        used = int(self._used[0])
        room = used + 2 * more + more_bytes // 8
        if room > self._words.size:
            words = np.empty(2 * room, np.uint64)
            words[:used] = self._words[:used]
            self._words = words
        if 2 * (self._count + more) > self._slots.size:
            slots = np.zeros(1 << (4 * (self._count + more) - 1).bit_length(), np.uint64)
            _place_again(self._seed, slots, *self._records(), used)
            self._slots = slots


def _addresses(texts: pa.StringArray) -> tuple[int, int]:
    _, offsets, data = texts.buffers()
    return (data.address if data else 0), offsets.address + 4 * texts.offset
