"""What do the large segments of the newest day count up to?

Rows of the day that is not over are in no tensor, and a page is asked again with every few that arrive. A segment never
changes, so what it counted for a question is remembered; only what came since is read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.database import database_url
from data.engine.asks import NULL, Ints
from data.engine.manifest import Stream
from data.engine.operations import operation
from data.engine.program import DISTINCT, EXTRACT, LIMITS, Operation, Task
from data.engine.running import Material, Pass
from data.engine.sources import Source

LEAST_ROWS = 50_000
"""Smaller segments are read each time."""
_MOST_BYTES = 4 << 20  # what one task may keep of one segment
_BUDGET = 64 << 20
_LARGEST_TABLE = 4096
_LARGEST = 2**63 - 1
_OVERHEAD = 500
_NO_LINES = np.empty(0, np.int64)
Extras = dict[int, NDArray[Any]]
Key = tuple[Any, ...]
Shape = tuple[Any, ...]
_kept: OrderedDict[Key, _Counted] = OrderedDict()
_held = 0
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Counted:
    """The numbers of an operation over one segment, [groups, width]; the first column is bin `first_bin`."""

    numbers: NDArray[Any]
    first_bin: int


def take(
    source: Source, stream: Stream, chosen: Ints, material: Material, tasks: Sequence[Task], buckets: Ints, blocks: Ints
) -> tuple[Ints, Extras]:
    """The blocks without those that are counted already, and what those add to the operations, [slots, width]."""
    simple = all(op.table is None and op.kind != EXTRACT for task in tasks for op in task.operations)
    which = _large(stream, chosen, blocks) if simple else np.zeros(len(blocks), np.bool_)
    if not which.any():
        return blocks, {}
    extras: Extras = {}
    for line in np.flatnonzero(which).tolist():
        place, _, rows, interval = blocks[line].tolist()
        mine = [(task, int(bucket)) for task, bucket in zip(tasks, buckets[:, interval], strict=True) if bucket >= 0]
        wanted = [task for task, _ in mine]
        shapes = [shape for task in wanted if (shape := _shape_of(task)) is not None]
        if len(shapes) < len(wanted):
            which[line] = False
            continue
        segment = _Segment(source, int(stream.ids[chosen[place]]), place, rows, material)
        for (task, bucket), counted in zip(mine, segment.counted(wanted, shapes), strict=True):
            for op, found in zip(task.operations, counted, strict=True):
                _add(extras, op, task, bucket, found)
    return np.ascontiguousarray(blocks[~which]), extras


def _large(stream: Stream, chosen: Ints, blocks: Ints) -> NDArray[np.bool_]:
    """Blocks that are the whole of a large segment of the newest day from which nothing was taken back."""
    segments = chosen[blocks[:, 0]]
    rows = blocks[:, 2] - blocks[:, 1]
    whole = (rows == stream.counts[segments]) & (rows >= LEAST_ROWS) & (stream.negatives[segments] == 0)
    found: NDArray[np.bool_] = whole & (stream.days[segments] >= newest_day(stream))
    return found


def newest_day(stream: Stream) -> int:
    """The last local day that has rows, as an ordinal."""
    return int(stream.days.max(initial=0))


def _shape_of(task: Task) -> Shape | None:
    """Names how a task numbers rows; None where that, or what it counts, is too much to keep."""
    groups = task.groups
    tables = [table for table in (*groups.tables, groups.pairs) if table is not None]
    room = groups.size * sum(op.bytes for op in task.operations)
    if sum(len(table) for table in tables) > _LARGEST_TABLE or room > _MOST_BYTES:
        return None
    return (groups.columns, groups.size, *(table.tobytes() for table in tables))


class _Segment:
    """One segment, as the only one there is."""

    def __init__(self, source: Source, id: int, place: int, rows: int, material: Material) -> None:
        self.source, self.place, self.rows = source, place, rows
        self.key = (database_url(), source.scope.workspace.id, id)
        mine = {name: {place: found[place]} for name, found in material.columns.items() if place in found}
        self.material = replace(material, columns=mine)

    def counted(self, tasks: Sequence[Task], shapes: Sequence[Shape]) -> list[list[_Counted]]:
        """What each operation of each task counts; of tasks that are not remembered in one pass."""
        keys = [
            [(*self.key, task.ask.predicates, shape, op.kind, op.column, op.since_ms) for op in task.operations]
            for task, shape in zip(tasks, shapes, strict=True)
        ]
        found = [_find(mine) for mine in keys]
        missing = [i for i, counted in enumerate(found) if counted is None]
        for i, counted in zip(missing, self._count([tasks[i] for i in missing]), strict=True):
            _keep(keys[i], counted)
            found[i] = counted
        return [counted for counted in found if counted is not None]

    def _count(self, tasks: Sequence[Task]) -> list[list[_Counted]]:
        if not tasks:
            return []
        alone = [replace(t, first=0, last=1, operations=[self._operation(op) for op in t.operations]) for t in tasks]
        block = np.asarray([[self.place, 0, self.rows, 0]], np.int64)
        results = Pass(self.source, alone, np.zeros((len(alone), 1), np.int64), self.material).run(block)
        return [[_Counted(results.of(op), op.first_bin) for op in task.operations] for task in alone]

    def _operation(self, like: Operation) -> Operation:
        """The same operation with room for what this segment holds."""
        found = operation(self.source, self.material, like.kind, like.column, _NO_LINES, like.since_ms)
        found.full, found.keep_bits = False, True
        return found


def _find(keys: Sequence[Key]) -> list[_Counted] | None:
    with _lock:
        found = [_kept.get(key) for key in keys]
        if any(counted is None for counted in found):
            return None
        for key in keys:
            _kept.move_to_end(key)
    return [counted for counted in found if counted is not None]


def _keep(keys: Sequence[Key], found: Sequence[_Counted]) -> None:
    global _held
    with _lock:
        for key, counted in zip(keys, found, strict=True):
            if key not in _kept:
                _kept[key] = counted
                _held += counted.numbers.nbytes + _OVERHEAD
        while _held > _BUDGET and len(_kept) > 1:
            _held -= _kept.popitem(last=False)[1].numbers.nbytes + _OVERHEAD


def _add(extras: Extras, op: Operation, task: Task, bucket: int, counted: _Counted) -> None:
    groups, numbers = task.groups.size, counted.numbers
    if id(op) not in extras:
        kind = np.uint64 if op.kind == DISTINCT else np.int64
        extras[id(op)] = np.zeros((task.slots, op.width), kind)
        if op.kind == LIMITS:
            extras[id(op)][:] = _LARGEST, NULL
    out = extras[id(op)][bucket * groups : (bucket + 1) * groups]
    at = counted.first_bin - op.first_bin
    if op.kind == DISTINCT:
        out[:, : numbers.shape[1]] |= numbers
    elif op.kind == LIMITS:
        np.minimum(out[:, 0], numbers[:, 0], out=out[:, 0])
        np.maximum(out[:, 1], numbers[:, 1], out=out[:, 1])
    else:
        out[:, at : at + numbers.shape[1]] += numbers


def forget() -> None:
    """Forget every segment of this process."""
    global _held
    with _lock:
        _kept.clear()
        _held = 0
