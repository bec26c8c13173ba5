"""How are the rows of many segments filtered, grouped and counted in one pass?

One compiled function, `run`, executes a small program over blocks of rows. Everything arrives as arrays of int64: addresses
and item sizes of columns, and tables that say what to do, so there is one signature to compile whatever is asked. For each
chunk of rows it finds the rows of every predicate, the group of every row of a task, and then runs the task's operations.

Importing this module loads (or, the first time on a machine, compiles) the code: import it when a question is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray

from data.engine.compiling import compiled, pointer

CHUNK = 2048
NULL = -(2**63)
IN_TABLE, IN_RANGE = 0, 1  # kinds of conditions
COUNT, SUM, HISTOGRAM, LIMITS, DISTINCT, ELAPSED, EXTRACT = 0, 1, 2, 3, 4, 5, 6  # kinds of operations
ALL_GROUPS, BY_CODE, BY_TABLE, BY_TWO = 0, 1, 2, 3  # kinds of groups
_EXPONENT = 1023 << 6


@compiled()
def bin_of(value: Any) -> Any:
    """The histogram bin of a value: 64 to each power of two, mirrored for negative values, 0 for 0."""
    if value == 0:
        return 0
    size = np.float64(value if value > 0 else -value)
    place = (np.int64(size.view(np.int64)) >> 46) - _EXPONENT + 1
    return place if value > 0 else -place


@compiled()
def _pick_first(codes: Any, table: Any, start: int, n: int, rows: Any) -> int:
    kept = 0
    for i in range(n):
        rows[kept] = i
        kept += table[codes[start + i]]
    return kept


@compiled()
def _pick_again(codes: Any, table: Any, start: int, n: int, rows: Any) -> int:
    kept = 0
    for i in range(n):
        row = rows[i]
        rows[kept] = row
        kept += table[codes[start + row]]
    return kept


@compiled()
def _pick(address: int, size: int, table_at: int, start: int, n: int, rows: Any, first: bool) -> int:
    table = carray(pointer(table_at), (1 << 30,), np.uint8)
    if size == 1:
        codes = carray(pointer(address), (1 << 30,), np.uint8)
        return _pick_first(codes, table, start, n, rows) if first else _pick_again(codes, table, start, n, rows)
    if size == 2:
        wide = carray(pointer(address), (1 << 30,), np.uint16)
        return _pick_first(wide, table, start, n, rows) if first else _pick_again(wide, table, start, n, rows)
    widest = carray(pointer(address), (1 << 30,), np.uint32)
    return _pick_first(widest, table, start, n, rows) if first else _pick_again(widest, table, start, n, rows)


@compiled()
def _pick_range(address: int, low: int, high: int, start: int, n: int, rows: Any, first: bool) -> int:
    values = carray(pointer(address), (1 << 30,), np.int64)
    kept = 0
    for i in range(n):
        row = i if first else rows[i]
        value = values[start + row]
        rows[kept] = row
        kept += (value >= low) & (value <= high)
    return kept


@compiled()
def _select(
    pred: int, preds: Any, conds: Any, places: Any, sizes: Any, start: int, n: int, rows: Any, kept: Any
) -> None:
    """Fills rows[pred] with the rows of the chunk that meet the predicate, starting from its parent's; -1 is all."""
    parent = preds[pred, 0]
    found = -1
    mine = rows[pred]
    if parent >= 0 and kept[parent] >= 0:
        found = kept[parent]
        for i in range(found):
            mine[i] = rows[parent, i]
    for c in range(preds[pred, 1], preds[pred, 1] + preds[pred, 2]):
        column = conds[c, 1]
        first = found < 0
        count = n if first else found
        if conds[c, 0] == IN_TABLE:
            found = _pick(places[column], sizes[column], conds[c, 2], start, count, mine, first)
        else:
            found = _pick_range(places[column], conds[c, 2], conds[c, 3], start, count, mine, first)
    kept[pred] = found


@compiled()
def _keys_from(codes: Any, table: Any, plain: bool, start: int, n: int, rows: Any, keys: Any, add: bool) -> None:
    for i in range(n):
        code = codes[start + rows[i]]
        key = np.int64(code) if plain else np.int64(table[code])
        keys[i] = keys[i] + key if add else key


@compiled()
def _keys(address: int, size: int, table_at: int, start: int, n: int, rows: Any, keys: Any, add: bool) -> None:
    plain = table_at == 0
    table = carray(pointer(table_at), (1 << 30,), np.int32)
    if size == 1:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint8), table, plain, start, n, rows, keys, add)
    elif size == 2:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint16), table, plain, start, n, rows, keys, add)
    else:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint32), table, plain, start, n, rows, keys, add)


@compiled()
def _group(task: Any, places: Any, sizes: Any, start: int, n: int, rows: Any, keys: Any) -> None:
    """The slot of each row within its bucket."""
    if task[1] == ALL_GROUPS:
        for i in range(n):
            keys[i] = 0
        return
    _keys(places[task[2]], sizes[task[2]], task[3], start, n, rows, keys, False)
    if task[1] == BY_TWO:
        _keys(places[task[4]], sizes[task[4]], task[5], start, n, rows, keys, True)
    if task[6] != 0:
        table = carray(pointer(task[6]), (1 << 30,), np.int32)
        for i in range(n):
            keys[i] = table[keys[i]]


@compiled()
def _codes_or_numbers(address: int, size: int, start: int, n: int, rows: Any, into: Any) -> None:
    """The values of a column of any width; a missing code (0) becomes NULL."""
    if size == 8:
        numbers = carray(pointer(address), (1 << 30,), np.int64)
        for i in range(n):
            into[i] = numbers[start + rows[i]]
        return
    _keys(address, size, 0, start, n, rows, into, False)
    for i in range(n):
        if into[i] == 0:
            into[i] = NULL


@compiled()
def _put(channel: Any, counts: Any, place: int, slot: int, value: int, weight: int) -> None:
    """Keeps one row's value for the caller; counts on when the room is full, so that it knows how much it needs."""
    at = counts[place]
    counts[place] = at + 1
    if at < channel[3]:
        carray(pointer(channel[0]), (1 << 40,), np.int64)[at] = slot
        carray(pointer(channel[1]), (1 << 40,), np.int64)[at] = value
        carray(pointer(channel[2]), (1 << 40,), np.int32)[at] = weight


@compiled()
def mixed(value: int) -> int:
    """A number of 16 bits in which equal values agree."""
    return (np.uint64(value) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)


@compiled()
def _limits(
    op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, acc: Any, channels: Any, counts: Any
) -> None:
    """Smallest and largest value; values that a negative weight may cancel go to the caller."""
    suspects = carray(pointer(op[3]), (1 << 16,), np.uint8)
    for i in range(n):
        value = values[i]
        if value == NULL:
            continue
        if op[3] != 0 and suspects[mixed(value)] != 0:
            _put(channels[op[4]], counts, op[4], base + keys[i], value, weights[i])
            continue
        at = op[2] + 2 * (base + keys[i])
        if value < acc[at]:
            acc[at] = value
        if value > acc[at + 1]:
            acc[at + 1] = value


@compiled()
def _distinct(
    op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, bits: Any, channels: Any, counts: Any
) -> None:
    """One bit for each code and slot; codes that a negative weight may cancel go to the caller."""
    suspects = carray(pointer(op[3]), (1 << 40,), np.uint8)
    for i in range(n):
        value = values[i]
        if value == NULL:
            continue
        if op[3] != 0 and suspects[value] != 0:
            _put(channels[op[4]], counts, op[4], base + keys[i], value, weights[i])
            continue
        at = op[2] + (base + keys[i]) * op[5] + (value >> 6)
        bits[at] |= np.uint64(1) << np.uint64(value & 63)


@compiled()
def _extract(op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, channels: Any, counts: Any) -> None:
    """Values for the caller: all of them, or those in the one bin that op[3] names for each slot."""
    targets = carray(pointer(op[3]), (1 << 40,), np.int32)
    for i in range(n):
        slot, value = base + keys[i], values[i]
        if value != NULL and (op[3] == 0 or targets[slot] == bin_of(value)):
            _put(channels[op[4]], counts, op[4], slot, value, weights[i])


@compiled()
def _sum(out: int, base: int, n: int, keys: Any, values: Any, weights: Any, acc: Any) -> None:
    for i in range(n):
        if values[i] != NULL:
            at = out + 2 * (base + keys[i])
            acc[at] += values[i] * weights[i]
            acc[at + 1] += weights[i]


@compiled()
def _histogram(op: Any, base: int, n: int, keys: Any, values: Any, weights: Any, hist: Any) -> None:
    for i in range(n):
        if values[i] != NULL:
            hist[op[2] + (base + keys[i]) * op[4] + bin_of(values[i]) - op[3]] += weights[i]
