"""Which rows of a chunk meet a predicate, and which group does each belong to?

Columns arrive as addresses and item sizes, so that one signature is compiled whatever is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data.engine.compiling import carray, compiled, pointer

CHUNK = 2048
NULL = -(2**63)
IN_TABLE, IN_RANGE = 0, 1  # kinds of conditions
COUNT, SUM, HISTOGRAM, LIMITS, DISTINCT, ELAPSED, EXTRACT = 0, 1, 2, 3, 4, 5, 6  # kinds of operations
ALL_GROUPS, BY_CODE, BY_TABLE, BY_TWO = 0, 1, 2, 3  # kinds of groups


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
def pick(address: int, size: int, table_at: int, start: int, n: int, rows: Any, first: bool) -> int:
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
def pick_range(address: int, low: int, high: int, start: int, n: int, rows: Any, first: bool) -> int:
    values = carray(pointer(address), (1 << 30,), np.int64)
    kept = 0
    for i in range(n):
        row = i if first else rows[i]
        value = values[start + row]
        rows[kept] = row
        kept += (value >= low) & (value <= high)
    return kept


@compiled()
def select(
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
            found = pick(places[column], sizes[column], conds[c, 2], start, count, mine, first)
        else:
            found = pick_range(places[column], conds[c, 2], conds[c, 3], start, count, mine, first)
    kept[pred] = found


@compiled()
def _keys_from(codes: Any, table: Any, plain: bool, start: int, n: int, rows: Any, keys: Any, add: bool) -> None:
    for i in range(n):
        code = codes[start + rows[i]]
        key = np.int32(code) if plain else table[code]
        keys[i] = keys[i] + key if add else key


@compiled()
def fill_keys(address: int, size: int, table_at: int, start: int, n: int, rows: Any, keys: Any, add: bool) -> None:
    plain = table_at == 0
    table = carray(pointer(table_at), (1 << 30,), np.int32)
    if size == 1:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint8), table, plain, start, n, rows, keys, add)
    elif size == 2:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint16), table, plain, start, n, rows, keys, add)
    else:
        _keys_from(carray(pointer(address), (1 << 30,), np.uint32), table, plain, start, n, rows, keys, add)


@compiled()
def group(task: Any, places: Any, sizes: Any, start: int, n: int, rows: Any, keys: Any) -> None:
    """The slot of each row within its bucket."""
    fill_keys(places[task[2]], sizes[task[2]], task[3], start, n, rows, keys, False)
    if task[1] == BY_TWO:
        fill_keys(places[task[4]], sizes[task[4]], task[5], start, n, rows, keys, True)
    if task[6] != 0:
        table = carray(pointer(task[6]), (1 << 30,), np.int32)
        for i in range(n):
            keys[i] = table[keys[i]]


def warm() -> None:
    """Compile every kernel, or load what an earlier process compiled, and run the lot once over nothing."""
    from data.engine import passes, remembered  # noqa: F401  # importing compiles what batches need

    none, line = np.zeros((0, 4), np.int64), np.zeros(1, np.int64)
    passes.run(
        none, np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64), np.zeros((0, 1), np.int64),
        np.zeros((0, 3), np.int64), none, np.zeros((0, 11), np.int64), np.zeros((0, 6), np.int64), none, line, line,
        line, np.zeros(1, np.int32), np.zeros(1, np.uint64),
    )  # fmt: skip
