"""How does a program run over the columns at hand, on two threads when there is much to do?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import NULL, Ints
from data.engine.columns import Column, threads
from data.engine.extracts import Extract, joined
from data.engine.program import (
    DISTINCT,
    EXTRACT,
    HISTOGRAM,
    LIMITS,
    Operation,
    Task,
    address,
    conditions,
    operation_line,
    task_line,
)
from data.engine.sources import Source

BUDGET = 64 << 20
"""Bytes that the tasks of one pass add to, in each thread."""
TWO_THREADS_ROWS = 300_000
_FIRST_ROOM = 1 << 14
_LEAST = 1 << 17
_MOST_FREE = 4
_MOST = 2**63 - 1


@dataclass(slots=True)
class Material:
    """Columns of the chosen segments by address; `columns`, by name and place of the segment, keeps them alive.

    `limits` are those of all segments together, once they were asked for.
    """

    places: dict[str, int]
    addresses: Ints
    sizes: Ints
    day_ms: Ints
    columns: dict[str, dict[int, Column]]
    limits: dict[str, tuple[int, int, bool]] = field(init=False, default_factory=dict)


_NONE = np.empty((0, 0), np.int64)
NOTHING = Material({}, _NONE, _NONE, np.empty(0, np.int64), {})
"""The columns of no segment."""


@dataclass(slots=True)
class Results:
    """What the operations of a pass counted: one array an operation, and one extract a channel."""

    numbers: dict[int, Ints]
    extracts: dict[int, Extract]

    def of(self, found: Operation) -> Ints:
        """The numbers of an operation, [slots, width]."""
        return self.numbers[id(found)]

    def extract(self, found: Operation) -> Extract:
        """The rows that an operation handed out."""
        return self.extracts[id(found)]


@dataclass(slots=True)
class _Memory:
    """What one thread adds to."""

    acc: Ints
    hist: NDArray[np.int32]
    bits: NDArray[np.uint64]
    counts: Ints
    channels: Ints
    room: list[Extract]
    borrowed: Ints


class _Scratch:
    """Memory that passes borrow: asking the system for it again each time costs more than many a pass."""

    def __init__(self) -> None:
        self._free: list[NDArray[np.int64]] = []
        self._lock = threading.Lock()

    def take(self, size: int) -> NDArray[np.int64]:
        """At least so many numbers, all 0 as far as asked for."""
        with self._lock:
            found = next((i for i, array in enumerate(self._free) if array.size >= size), -1)
            array = self._free.pop(found) if found >= 0 else np.empty(max(size, _LEAST), np.int64)
        array[:size] = 0
        return array

    def give(self, array: NDArray[np.int64]) -> None:
        """Bring it back."""
        with self._lock:
            self._free.append(array)
            self._free.sort(key=len)
            del self._free[:-_MOST_FREE]

    def clear(self) -> None:
        """Give everything back to the system."""
        with self._lock:
            self._free.clear()


_scratch = _Scratch()


def forget() -> None:
    """Give the memory of passes back to the system."""
    _scratch.clear()


class Pass:
    """Some tasks over some blocks."""

    def __init__(self, source: Source, tasks: Sequence[Task], buckets: Ints, material: Material) -> None:
        self.tasks, self.buckets, self.material = tasks, np.ascontiguousarray(buckets), material
        self.operations = [op for task in tasks for op in task.operations]
        self.slots = {id(op): task.slots for task in tasks for op in task.operations}
        self.sizes = self._layout()
        found = conditions(source, [task.ask for task in tasks], material.places)
        lines, first = [], 0
        for task in tasks:
            lines.append(task_line(source, task, found.place[task.ask.predicates], material.places, first))
            first += len(task.operations)
        self.conditions = found
        self.task_lines = np.asarray(lines, np.int64)
        found_lines = [operation_line(source, op, material.places) for op in self.operations]
        self.operation_lines = np.asarray(found_lines, np.int64).reshape(-1, 6)

    def _layout(self) -> dict[str, int]:
        """Gives every operation its place in acc, hist or bits, and those that hand out rows a channel."""
        sizes = {"acc": 0, "hist": 0, "bits": 0, "channels": 0}
        for op in self.operations:
            kind = {HISTOGRAM: "hist", DISTINCT: "bits"}.get(op.kind, "acc")
            op.offset = sizes[kind]
            sizes[kind] += self.slots[id(op)] * op.width
            if op.kind == EXTRACT or op.table is not None:
                op.channel = sizes["channels"]
                sizes["channels"] += 1
        return sizes

    def _memory(self, rows: int, room: int) -> _Memory:
        count = self.sizes["channels"]
        rooms, channels = [], np.zeros((max(count, 1), 4), np.int64)
        for op in self.operations:
            if op.channel >= 0:
                size = rows if op.kind == EXTRACT and op.table is None else min(room, rows)
                made = Extract(np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int32))
                channels[op.channel] = [address(made.slots), address(made.values), address(made.weights), size]
                rooms.append(made)
        acc, bits, hist = self.sizes["acc"], self.sizes["bits"], -(-self.sizes["hist"] // 2)
        all_of = _scratch.take(acc + bits + hist)
        bins = all_of[acc + bits : acc + bits + hist].view(np.int32)
        counts, words = np.zeros(max(count, 1), np.int64), all_of[acc : acc + bits].view(np.uint64)
        memory = _Memory(all_of[:acc], bins, words, counts, channels, rooms, all_of)
        for op in self.operations:
            if op.kind == LIMITS:
                lines = memory.acc[op.offset : op.offset + self.slots[id(op)] * 2].reshape(-1, 2)
                lines[:, 0], lines[:, 1] = _MOST, NULL
        return memory

    def run(self, blocks: Ints, extras: Mapping[int, NDArray[Any]] | None = None) -> Results:
        """Run over the blocks; what does not fit the room kept for handed out rows runs again with enough.

        `extras` were counted before, by id of the operation, and are added.
        """
        halves = _halves(blocks)
        # TRICKY: all memory is made before the threads part: they would wait for each other's turn at the interpreter.
        ready = [self._memory(_rows_of(half), _FIRST_ROOM) for half in halves]
        jobs = [threads.submit(self._run, *pair) for pair in zip(halves[1:], ready[1:], strict=True)]
        memories = [self._run(halves[0], ready[0]), *(job.result() for job in jobs)]
        results = self._joined(memories, extras or {})
        for memory in memories:
            _scratch.give(memory.borrowed)
        return results

    def _run(self, blocks: Ints, memory: _Memory) -> _Memory:
        from data.engine import passes

        while True:
            passes.run(
                blocks, self.material.addresses, self.material.sizes, self.buckets, self.conditions.preds,
                self.conditions.conds, self.task_lines, self.operation_lines, memory.channels, self.material.day_ms,
                memory.counts, memory.acc, memory.hist, memory.bits,
            )  # fmt: skip
            if not self.sizes["channels"] or bool((memory.counts <= memory.channels[:, 3]).all()):
                return memory
            room = int(memory.counts.max())
            _scratch.give(memory.borrowed)
            memory = self._memory(_rows_of(blocks), room)

    def _joined(self, memories: Sequence[_Memory], extras: Mapping[int, NDArray[Any]]) -> Results:
        results = Results({}, {})
        for op in self.operations:
            parts = [_numbers(op, self.slots[id(op)], memory) for memory in memories]
            parts += [found for found in (op.known, extras.get(id(op))) if found is not None]
            handed = None
            if op.channel >= 0:
                handed = joined([_cut(m.room[op.channel], int(m.counts[op.channel])) for m in memories])
                results.extracts[id(op)] = handed
            results.numbers[id(op)] = _sum(op, parts, handed)
        return results


def known_results(task: Task) -> Results:
    """The results of a task of which everything was counted elsewhere."""
    found = {id(op): _sum(op, [op.known], None) for op in task.operations if op.known is not None}
    return Results(found, {})


def in_batches(tasks: Sequence[Task], run: Callable[[Sequence[Task]], Results]) -> dict[int, Results]:
    """The results of each task, by its id; tasks share a pass while they fit the memory budget."""
    results: dict[int, Results] = {}
    batch: list[Task] = []
    room = BUDGET
    for task in tasks:
        size = task.bytes
        if batch and size > room:
            results |= dict.fromkeys(map(id, batch), run(batch))
            batch, room = [], BUDGET
        batch.append(task)
        room -= size
    return results | dict.fromkeys(map(id, batch), run(batch)) if batch else results


def _rows_of(blocks: Ints) -> int:
    return int((blocks[:, 2] - blocks[:, 1]).sum())


def _halves(blocks: Ints) -> list[Ints]:
    rows = np.cumsum(blocks[:, 2] - blocks[:, 1])
    if not len(rows) or rows[-1] < TWO_THREADS_ROWS or len(blocks) < 2:
        return [blocks]
    middle = int(np.searchsorted(rows, rows[-1] // 2)) + 1
    return [
        half for half in (np.ascontiguousarray(blocks[:middle]), np.ascontiguousarray(blocks[middle:])) if len(half)
    ]


def _numbers(op: Operation, slots: int, memory: _Memory) -> NDArray[Any]:
    arrays: dict[int, NDArray[Any]] = {HISTOGRAM: memory.hist, DISTINCT: memory.bits}
    array = arrays.get(op.kind, memory.acc)
    return array[op.offset : op.offset + slots * op.width].reshape(slots, op.width)


def _sum(op: Operation, parts: list[NDArray[Any]], handed: Extract | None) -> NDArray[Any]:
    """The parts of all threads, with what was handed out and did not cancel; of DISTINCT the number of bits."""
    found = parts[0]
    for part in parts[1:]:
        if op.kind == DISTINCT:
            found = np.bitwise_or(found, part)
        elif op.kind == LIMITS:
            found = np.stack([np.minimum(found[:, 0], part[:, 0]), np.maximum(found[:, 1], part[:, 1])], axis=1)
        else:
            found = np.add(found, part)
    if handed is not None and op.kind in (LIMITS, DISTINCT):
        slots, values, _ = handed.net()
        if op.kind == LIMITS:
            np.minimum.at(found[:, 0], slots, values)
            np.maximum.at(found[:, 1], slots, values)
        else:
            np.bitwise_or.at(found, (slots, values >> 6), np.uint64(1) << (values & 63).astype(np.uint64))
    if op.kind == DISTINCT:
        found[:, 0] &= ~np.uint64(1)  # code 0 is no value
        return found.copy() if op.keep_bits else np.bitwise_count(found).sum(axis=1, dtype=np.int64)[:, None]
    return found.astype(np.int64, copy=len(parts) == 1 and parts[0] is not op.known)


def _cut(extract: Extract, n: int) -> Extract:
    return Extract(extract.slots[:n], extract.values[:n], extract.weights[:n])
