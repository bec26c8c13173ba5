"""What does one operation add up over the chosen rows of a chunk?

`values` are those rows' values, `keys` their slots within the bucket that begins at `base`, `weights` +1 or -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data.engine.compiling import carray, compiled, pointer
from data.engine.kernels import NULL

_EXPONENT = 1023 << 6


@compiled()
def bin_of(value: Any) -> Any:
    """The histogram bin of a value: 64 to each power of two, mirrored for negative values, 0 for 0."""
    sign = value >> 63
    size = np.float64((value ^ sign) - sign)
    place = max((np.int64(size.view(np.int64)) >> 46) - _EXPONENT + 1, 0)
    return (place ^ sign) - sign


@compiled()
def mixed(value: Any) -> Any:
    """A number of 16 bits in which equal values agree."""
    return (np.uint64(value) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)


@compiled()
def put(channel: Any, counts: Any, place: int, slot: int, value: Any, weight: int) -> None:
    """Keeps one row's value for the caller; counts on when the room is full, so that it knows how much it needs."""
    at = counts[place]
    counts[place] = at + 1
    if at < channel[3]:
        carray(pointer(channel[0]), (1 << 40,), np.int64)[at] = slot
        carray(pointer(channel[1]), (1 << 40,), np.int64)[at] = value
        carray(pointer(channel[2]), (1 << 40,), np.int32)[at] = weight


@compiled()
def count(out: int, n: int, keys: Any, weights: Any, unit: bool, acc: Any) -> None:
    """Rows by group."""
    if unit:
        for i in range(n):
            acc[out + keys[i]] += 1
    else:
        for i in range(n):
            acc[out + keys[i]] += weights[i]


@compiled()
def total(out: int, n: int, values: Any, weights: Any, unit: bool, acc: Any) -> None:
    """Sum and number of values, in one group."""
    added, filled = 0, 0
    for i in range(n):
        there = values[i] != NULL
        weight = there if unit else there * weights[i]
        added += values[i] * weight if there else 0
        filled += weight
    acc[out] += added
    acc[out + 1] += filled


@compiled()
def totals(out: int, n: int, keys: Any, values: Any, weights: Any, unit: bool, full: bool, acc: Any) -> None:
    """Sum and number of values by group; with `full` no value is missing, and their number is that of the rows."""
    if unit and full:
        for i in range(n):
            acc[out + 2 * keys[i]] += values[i]
        return
    for i in range(n):
        if values[i] != NULL:
            at, weight = out + 2 * keys[i], 1 if unit else weights[i]
            acc[at] += values[i] * weight
            acc[at + 1] += weight


@compiled()
def count_codes(codes: Any, start: int, n: int, spare: Any) -> None:
    """Rows by code of one byte, in four lines of `spare` so that equal neighbours do not wait for each other."""
    even = n - n % 4
    for i in range(0, even, 4):
        spare[0, codes[start + i]] += 1
        spare[1, codes[start + i + 1]] += 1
        spare[2, codes[start + i + 2]] += 1
        spare[3, codes[start + i + 3]] += 1
    for i in range(even, n):
        spare[0, codes[start + i]] += 1


@compiled()
def total_codes(codes: Any, start: int, n: int, values: Any, spare: Any) -> None:
    """Sums by code of one byte; no value is missing."""
    even = n - n % 4
    for i in range(0, even, 4):
        spare[0, codes[start + i]] += values[i]
        spare[1, codes[start + i + 1]] += values[i + 1]
        spare[2, codes[start + i + 2]] += values[i + 2]
        spare[3, codes[start + i + 3]] += values[i + 3]
    for i in range(even, n):
        spare[0, codes[start + i]] += values[i]


@compiled()
def move(spare: Any, codes: int, table: Any, out: int, width: int, acc: Any) -> None:
    """Adds what was counted by code to the groups, and clears it."""
    for code in range(codes):
        acc[out + width * table[code]] += spare[0, code] + spare[1, code] + spare[2, code] + spare[3, code]
        spare[0, code] = 0
        spare[1, code] = 0
        spare[2, code] = 0
        spare[3, code] = 0


@compiled()
def histogram(out: int, bins: int, n: int, plain: bool, keys: Any, values: Any, weights: Any, hist: Any) -> None:
    """Values by bin and group; `plain` when there is one group and every row counts one."""
    if plain:
        for i in range(n):
            if values[i] != NULL:
                hist[out + bin_of(values[i])] += 1
        return
    for i in range(n):
        if values[i] != NULL:
            hist[out + keys[i] * bins + bin_of(values[i])] += weights[i]


@compiled()
def limits(
    op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, acc: Any, channels: Any, counts: Any
) -> None:
    """Smallest and largest value; values that a negative weight may cancel go to the caller."""
    suspects = carray(pointer(op[3]), (1 << 16,), np.uint8)
    for i in range(n):
        value = values[i]
        if value == NULL:
            continue
        if op[3] != 0 and suspects[mixed(value)] != 0:
            put(channels[op[4]], counts, op[4], base + keys[i], value, weights[i])
            continue
        at = op[2] + 2 * (base + keys[i])
        acc[at] = min(acc[at], value)
        acc[at + 1] = max(acc[at + 1], value)


@compiled()
def distinct(out: int, words: int, n: int, keys: Any, codes: Any, rows: Any, whole: bool, bits: Any) -> None:
    """One bit for each code and slot; bit 0 is for missing ones."""
    if whole:
        for i in range(n):
            code = np.int64(codes[i])
            bits[out + keys[i] * words + (code >> 6)] |= np.uint64(1) << np.uint64(code & 63)
    else:
        for i in range(n):
            code = np.int64(codes[rows[i]])
            bits[out + keys[i] * words + (code >> 6)] |= np.uint64(1) << np.uint64(code & 63)


@compiled()
def distinct_or_doubtful(
    op: Any, base: int, n: int, keys: Any, codes: Any, rows: Any, weights: Any, bits: Any, channels: Any, counts: Any
) -> None:
    """Like `distinct`; codes that a negative weight may cancel go to the caller."""
    suspects = carray(pointer(op[3]), (1 << 40,), np.uint8)
    for i in range(n):
        code = np.int64(codes[rows[i]])
        if suspects[code] != 0:
            put(channels[op[4]], counts, op[4], base + keys[i], code, weights[i])
        else:
            at = op[2] + (base + keys[i]) * op[5] + (code >> 6)
            bits[at] |= np.uint64(1) << np.uint64(code & 63)


@compiled()
def elapsed(out: int, n: int, keys: Any, rows: Any, times: Any, since: int, spans: Any, weights: Any, acc: Any) -> None:
    """Milliseconds from each row's time to `since`, plus its span where it has one."""
    for i in range(n):
        waited = since - np.int64(times[rows[i]])
        if spans[i] != NULL:
            waited += spans[i]
        acc[out + keys[i]] += waited * weights[i]


@compiled()
def extract(op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, channels: Any, counts: Any) -> None:
    """Values for the caller: all of them, or those in the one bin that op[3] names for each slot."""
    targets = carray(pointer(op[3]), (1 << 40,), np.int32)
    for i in range(n):
        slot, value = base + keys[i], values[i]
        if value != NULL and (op[3] == 0 or targets[slot] == bin_of(value)):
            put(channels[op[4]], counts, op[4], slot, value, weights[i])
