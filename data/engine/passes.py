"""How does the program of a pass run over its blocks?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray

from data.engine.compiling import compiled, pointer
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
    _codes_or_numbers,
    _distinct,
    _extract,
    _group,
    _histogram,
    _limits,
    _select,
    _sum,
)

_TABLES = "int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1]"


@compiled()
def _elapsed(
    op: Any, base: int, n: int, keys: Any, rows: Any, times: Any, since: int, spans: Any, weights: Any, acc: Any
) -> None:
    for i in range(n):
        waited = since - np.int64(times[rows[i]])
        if op[1] >= 0 and spans[i] != NULL:
            waited += spans[i]
        acc[op[2] + base + keys[i]] += waited * weights[i]


@compiled()
def _operate(
    op: Any, base: int, n: int, m: int, start: int, unit: bool, grouped: bool, places: Any, sizes: Any, since: int,
    keys: Any, rows: Any, values: Any, weights: Any, acc: Any, hist: Any, bits: Any, channels: Any, counts: Any,
) -> None:  # fmt: skip
    kind = op[0]
    if kind == COUNT:
        if unit and not grouped:
            acc[op[2] + base] += m
        else:
            for i in range(m):
                acc[op[2] + base + keys[i]] += weights[i]
        return
    if op[1] >= 0:
        _codes_or_numbers(places[op[1]], sizes[op[1]], start, m, rows, values)
    if kind == SUM:
        _sum(op[2], base, m, keys, values, weights, acc)
    elif kind == HISTOGRAM:
        _histogram(op, base, m, keys, values, weights, hist)
    elif kind == LIMITS:
        _limits(op, base, m, keys, values, weights, acc, channels, counts)
    elif kind == DISTINCT:
        _distinct(op, base, m, keys, values, weights, bits, channels, counts)
    elif kind == ELAPSED:
        times = carray(pointer(places[1] + 4 * start), (n,), np.uint32)
        _elapsed(op, base, m, keys, rows, times, op[3] - since, values, weights, acc)
    elif kind == EXTRACT:
        _extract(op, base, m, keys, values, weights, channels, counts)


@compiled()
def _weigh(address: int, start: int, m: int, rows: Any, weights: Any) -> None:
    found = carray(pointer(address), (1 << 30,), np.int32)
    for i in range(m):
        weights[i] = found[start + rows[i]]


@compiled()
def _chunk(
    seg: int, start: int, n: int, interval: int, places: Any, sizes: Any, starts: Any, buckets: Any, preds: Any,
    conds: Any, tasks: Any, ops: Any, channels: Any, counts: Any, acc: Any, hist: Any, bits: Any, active: Any,
    rows: Any, kept: Any, keys: Any, values: Any, weights: Any, every: Any, ones: Any,
) -> None:  # fmt: skip
    for p in range(preds.shape[0]):
        if active[p]:
            _select(p, preds, conds, places[seg], sizes[seg], start, n, rows, kept)
    unit = places[seg, 0] == 0
    for t in range(tasks.shape[0]):
        bucket = buckets[t, interval]
        if bucket < 0:
            continue
        task = tasks[t]
        whole = kept[task[0]] < 0
        mine = every if whole else rows[task[0]]
        m = n if whole else kept[task[0]]
        grouped = task[1] != ALL_GROUPS
        _group(task, places[seg], sizes[seg], start, m, mine, keys)
        if not unit:
            _weigh(places[seg, 0], start, m, mine, weights)
        by = ones if unit else weights
        for o in range(task[8], task[8] + task[9]):
            _operate(
                ops[o], bucket * task[7], n, m, start, unit, grouped, places[seg], sizes[seg], starts[seg], keys, mine,
                values, by, acc, hist, bits, channels, counts,
            )  # fmt: skip


@compiled(f"void({_TABLES}, int64[:,::1], int64[:,::1], int64[::1], int64[::1], int64[::1], int32[::1], uint64[::1])")
def run(
    blocks: Any, places: Any, sizes: Any, buckets: Any, preds: Any, conds: Any, tasks: Any, ops: Any, channels: Any,
    starts: Any, counts: Any, acc: Any, hist: Any, bits: Any,
) -> None:  # fmt: skip
    """Run the program over the blocks, adding to acc, hist, bits and the channels.

    blocks: segment, first row, end row, interval. places, sizes: address and item size by segment and column; column 0
    is the weight (address 0: all +1), column 1 the time. buckets: bucket by task and interval, -1 for none. preds:
    parent, first condition, how many. conds: kind, column, table or low, high. tasks: predicate, kind of group, column,
    table, column, table, table of pairs, groups, first operation, how many. ops: kind, column, offset and what its
    function says. channels: addresses of slots, values and weights, room. starts: UTC ms at which the segment's day began.
    """
    rows = np.empty((max(preds.shape[0], 1), CHUNK), np.int32)
    kept = np.full(max(preds.shape[0], 1), -1, np.int64)
    active = np.zeros(max(preds.shape[0], 1), np.bool_)
    keys, values = np.zeros(CHUNK, np.int64), np.empty(CHUNK, np.int64)
    weights, ones = np.empty(CHUNK, np.int32), np.ones(CHUNK, np.int32)
    every = np.arange(CHUNK).astype(np.int32)
    for b in range(blocks.shape[0]):
        interval = blocks[b, 3]
        active[:] = False
        for t in range(tasks.shape[0]):
            if buckets[t, interval] >= 0:
                p = tasks[t, 0]
                while p >= 0 and not active[p]:
                    active[p] = True
                    p = preds[p, 0]
        for start in range(blocks[b, 1], blocks[b, 2], CHUNK):
            _chunk(
                blocks[b, 0], start, min(CHUNK, blocks[b, 2] - start), interval, places, sizes, starts, buckets, preds,
                conds, tasks, ops, channels, counts, acc, hist, bits, active, rows, kept, keys, values, weights, every,
                ones,
            )  # fmt: skip
