"""How are the rows of many segments filtered, grouped and counted in one pass?

One compiled function, `run`, executes a small program over blocks of rows. Everything arrives as arrays of int64, so
there is one signature to compile whatever is asked. For each chunk of rows it finds the rows of every predicate, the
group of every row of a task, and then runs the task's operations.

Importing this module loads (or, the first time on a machine, compiles) the code: import it when a question is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from data.engine import counting, kernels
from data.engine.compiling import carray, compiled, pointer, stamp
from data.engine.kernels import (
    ALL_GROUPS,
    CHUNK,
    COUNT,
    DISTINCT,
    ELAPSED,
    EXTRACT,
    HISTOGRAM,
    LIMITS,
    NULL,
    SUM,
    fill_keys,
    group,
    select,
)

_TABLES = "int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1]"
_SIGNATURE = f"void({_TABLES}, int64[:,::1], int64[:,::1], int64[::1], int64[::1], int64[::1], int32[::1], uint64[::1])"
_count, _total, _totals, _histogram = counting.count, counting.total, counting.totals, counting.histogram
_count_codes, _total_codes, _move = counting.count_codes, counting.total_codes, counting.move
_limits, _distinct, _doubtful = counting.limits, counting.distinct, counting.distinct_or_doubtful
_elapsed, _extract = counting.elapsed, counting.extract


@compiled()
def _read(address: int, size: int, start: int, n: int, rows: Any, whole: bool, keys: Any, into: Any) -> Any:
    """The values of a column at the chosen rows; missing codes (0) become NULL."""
    if size == 8:
        if whole:
            return carray(pointer(address + 8 * start), (CHUNK,), np.int64)
        numbers = carray(pointer(address + 8 * start), (CHUNK,), np.int64)
        for i in range(n):
            into[i] = numbers[rows[i]]
        return into
    fill_keys(address, size, 0, start, n, rows, keys, False)
    for i in range(n):
        into[i] = keys[i] if keys[i] != 0 else NULL
    return into


@compiled()
def _distinct_in(
    op: Any, base: int, n: int, keys: Any, codes: Any, rows: Any, whole: bool, weights: Any, bits: Any, channels: Any,
    counts: Any,
) -> None:  # fmt: skip
    if op[3] != 0:
        _doubtful(op, base, n, keys, codes, rows, weights, bits, channels, counts)
    else:
        _distinct(op[2] + base * op[5], op[5], n, keys, codes, rows, whole, bits)


@compiled()
def _distinct_of(
    op: Any, base: int, n: int, keys: Any, address: int, size: int, start: int, rows: Any, whole: bool, weights: Any,
    bits: Any, channels: Any, counts: Any,
) -> None:  # fmt: skip
    if size == 1:
        narrow = carray(pointer(address + start), (CHUNK,), np.uint8)
        _distinct_in(op, base, n, keys, narrow, rows, whole, weights, bits, channels, counts)
    elif size == 2:
        middle = carray(pointer(address + 2 * start), (CHUNK,), np.uint16)
        _distinct_in(op, base, n, keys, middle, rows, whole, weights, bits, channels, counts)
    else:
        wide = carray(pointer(address + 4 * start), (CHUNK,), np.uint32)
        _distinct_in(op, base, n, keys, wide, rows, whole, weights, bits, channels, counts)


@compiled()
def _sum(op: Any, base: int, n: int, grouped: bool, keys: Any, values: Any, weights: Any, unit: bool, acc: Any) -> None:
    out = op[2] + 2 * base
    if grouped:
        _totals(out, n, keys, values, weights, unit, op[5] != 0, acc)
    else:
        _total(out, n, values, weights, unit, acc)


@compiled()
def _over_values(
    op: Any, base: int, n: int, grouped: bool, keys: Any, values: Any, weights: Any, unit: bool, acc: Any, hist: Any,
    channels: Any, counts: Any,
) -> None:  # fmt: skip
    if op[0] == SUM:
        _sum(op, base, n, grouped, keys, values, weights, unit, acc)
    elif op[0] == HISTOGRAM:
        _histogram(op[2] + base * op[4] - op[3], op[4], n, unit and not grouped, keys, values, weights, hist)
    elif op[0] == LIMITS:
        _limits(op, base, n, keys, values, weights, acc, channels, counts)
    elif op[0] == EXTRACT:
        _extract(op, base, n, keys, values, weights, channels, counts)


@compiled()
def _operate(
    op: Any, base: int, n: int, start: int, unit: bool, grouped: bool, whole: bool, places: Any, sizes: Any, day: int,
    keys: Any, spare: Any, rows: Any, buffer: Any, weights: Any, acc: Any, hist: Any, bits: Any, channels: Any,
    counts: Any,
) -> None:  # fmt: skip
    column = op[1]
    if op[0] == COUNT:
        if unit and not grouped:
            acc[op[2] + base] += n
        else:
            _count(op[2] + base, n, keys, weights, unit, acc)
    elif op[0] == DISTINCT:
        size = sizes[column]
        _distinct_of(op, base, n, keys, places[column], size, start, rows, whole, weights, bits, channels, counts)
    elif op[0] == ELAPSED:
        times = carray(pointer(places[1] + 4 * start), (CHUNK,), np.uint32)
        buffer[:n] = NULL
        spans = buffer
        if column >= 0:
            spans = _read(places[column], sizes[column], start, n, rows, whole, spare, buffer)
        _elapsed(op[2] + base, n, keys, rows, times, op[3] - day, spans, weights, acc)
    else:
        values = _read(places[column], sizes[column], start, n, rows, whole, spare, buffer)
        _over_values(op, base, n, grouped, keys, values, weights, unit, acc, hist, channels, counts)


@compiled()
def _weigh(address: int, start: int, n: int, rows: Any, weights: Any) -> None:
    found = carray(pointer(address), (1 << 30,), np.int32)
    for i in range(n):
        weights[i] = found[start + rows[i]]


@compiled()
def _by_byte(task: Any, ops: Any, bucket: int, start: int, n: int, places: Any, spare: Any, acc: Any) -> None:
    """Counts and sums by a dimension of at most 256 values: the commonest breakdown, without finding groups first."""
    codes = carray(pointer(places[task[2]]), (1 << 30,), np.uint8)
    table = carray(pointer(task[3]), (256,), np.int32)
    for o in range(task[8], task[8] + task[9]):
        op = ops[o]
        if op[0] == COUNT:
            _count_codes(codes, start, n, spare)
            _move(spare, task[10], table, op[2] + bucket * task[7], 1, acc)
        else:
            values = carray(pointer(places[op[1]] + 8 * start), (CHUNK,), np.int64)
            _total_codes(codes, start, n, values, spare)
            _move(spare, task[10], table, op[2] + 2 * bucket * task[7], 2, acc)


@compiled()
def _select_all(
    preds: Any, conds: Any, places: Any, sizes: Any, start: int, n: int, active: Any, rows: Any, kept: Any
) -> None:  # fmt: skip
    for p in range(preds.shape[0]):
        if active[p]:
            select(p, preds, conds, places, sizes, start, n, rows, kept)


@compiled()
def _chunk(
    start: int, n: int, interval: int, places: Any, sizes: Any, day: int, buckets: Any, preds: Any, conds: Any,
    tasks: Any, ops: Any, channels: Any, counts: Any, acc: Any, hist: Any, bits: Any, active: Any, rows: Any,
    kept: Any, by_code: Any, keys: Any, zeros: Any, spare: Any, buffer: Any, weights: Any, every: Any, ones: Any,
) -> None:  # fmt: skip
    _select_all(preds, conds, places, sizes, start, n, active, rows, kept)
    unit = places[0] == 0
    for t in range(tasks.shape[0]):
        bucket = buckets[t, interval]
        if bucket < 0:
            continue
        task = tasks[t]
        whole = kept[task[0]] < 0
        mine = every if whole else rows[task[0]]
        m = n if whole else kept[task[0]]
        grouped = task[1] != ALL_GROUPS
        if task[10] > 0 and whole and unit and sizes[task[2]] == 1:
            _by_byte(task, ops, bucket, start, n, places, by_code, acc)
            continue
        if grouped:
            group(task, places, sizes, start, m, mine, keys)
        if not unit:
            _weigh(places[0], start, m, mine, weights)
        for o in range(task[8], task[8] + task[9]):
            _operate(
                ops[o], bucket * task[7], m, start, unit, grouped, whole, places, sizes, day,
                keys if grouped else zeros, spare, mine, buffer, ones if unit else weights, acc, hist, bits, channels,
                counts,
            )  # fmt: skip


def _make(version: int) -> Callable[..., None]:
    @compiled(_SIGNATURE)
    def run(
        blocks: Any, places: Any, sizes: Any, buckets: Any, preds: Any, conds: Any, tasks: Any, ops: Any, channels: Any,
        days: Any, counts: Any, acc: Any, hist: Any, bits: Any,
    ) -> None:  # fmt: skip
        """Run the program over the blocks, adding to acc, hist, bits and the channels.

        blocks: segment, first row, end row, interval. places, sizes: address and item size by segment and column;
        column 0 is the weight (address 0: all +1), column 1 the time. buckets: bucket by task and interval, -1 for
        none. preds: parent, first condition, how many. conds: kind, column, table or low, high. tasks: predicate, kind
        of group, column, table, column, table, table of pairs, groups, first operation, how many, and how many codes
        when `_by_byte` may count it (0: it may not). ops: kind, column,
        offset and what its function takes. channels: addresses of slots, values and weights, room. days: UTC ms at
        which the segment's day began.
        """
        predicates = max(preds.shape[0], 1 if version else 0)
        rows, kept = np.empty((predicates, CHUNK), np.int32), np.full(predicates, -1, np.int64)
        active = np.zeros(predicates, np.bool_)
        keys, zeros, spare = np.empty(CHUNK, np.int32), np.zeros(CHUNK, np.int32), np.empty(CHUNK, np.int32)
        buffer, weights, ones = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int32), np.ones(CHUNK, np.int32)
        every, by_code = np.arange(CHUNK).astype(np.int32), np.zeros((4, 256), np.int64)
        for b in range(blocks.shape[0]):
            segment, interval = blocks[b, 0], blocks[b, 3]
            active[:] = False
            for t in range(tasks.shape[0]):
                if buckets[t, interval] >= 0:
                    p = tasks[t, 0]
                    while p >= 0 and not active[p]:
                        active[p] = True
                        p = preds[p, 0]
            for start in range(blocks[b, 1], blocks[b, 2], CHUNK):
                size = min(CHUNK, blocks[b, 2] - start)
                _chunk(
                    start, size, interval, places[segment], sizes[segment], days[segment], buckets, preds, conds,
                    tasks, ops, channels, counts, acc, hist, bits, active, rows, kept, by_code, keys, zeros, spare,
                    buffer, weights, every, ones,
                )  # fmt: skip

    return run


run = _make(stamp(__file__, kernels.__file__, counting.__file__))
