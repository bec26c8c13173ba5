"""What do the rows of some days count up to, by each dimension and pair of dimensions, for every number column?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import COUNT as ROWS
from data.engine.asks import Ask, Frame, Ints
from data.engine.gather import gather
from data.engine.groups import Groups, all_groups, no_groups
from data.engine.hexagons import DIMENSIONS, STORED
from data.engine.manifest import Stream
from data.engine.operations import operation, split
from data.engine.program import COUNT, DISTINCT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation, Task, columns_of
from data.engine.running import BUDGET, Pass, Results, in_batches
from data.engine.sources import Source
from data.engine.tensor_places import added

MOST_SINGLE = 2000
MOST_PAIR = 64
MOST_BINS = 200
ROWS_AT_ONCE = 2_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Arrays = dict[str, NDArray[Any]]
By = tuple[str, ...]
Wanted = tuple[By, list[int]]
Part = tuple[By, list[Task]]


def part_of(by: Sequence[str]) -> str:
    """The part that holds the numbers by these dimensions."""
    return {0: "", 1: "d:", 2: "p:"}[len(by)] + "|".join(by)


@dataclass(frozen=True, slots=True)
class Extent:
    """Which dimensions are counted alone, in pairs, with histograms and sets of people, by cell ("": cells alone)."""

    singles: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    detailed: tuple[str, ...]
    numbers: tuple[str, ...]
    placed: tuple[str, ...]


def extent_of(source: Source) -> Extent:
    """What to count: dimensions by how many values they have."""
    sizes = {d.name: source.dictionary(d.name).size for d in source.dataset.dimensions}
    singles = tuple(name for name, size in sizes.items() if size <= MOST_SINGLE)
    small = [name for name in singles if sizes[name] <= MOST_PAIR]
    pairs = tuple((one, two) for i, one in enumerate(small) for two in small[i + 1 :])
    numbers = (*(m.name for m in source.dataset.measures), *(d.name for d in source.dataset.durations))
    placed = ("", *small) if source.dataset.place else ()
    return Extent(singles, pairs, tuple(name for name in singles if sizes[name] <= MOST_BINS), numbers, placed)


@dataclass(slots=True)
class Tally:
    """Arrays by part, [days, codes...]; bins by part; bits of people by dimension ("": all), [codes, words]; rows by
    cell and dimension: slots (cell * codes of the dimension + code) and how many.
    """

    parts: dict[str, Arrays] = field(default_factory=dict)
    bins: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    people: dict[str, NDArray[np.uint64]] = field(default_factory=dict)
    places: dict[str, tuple[Ints, Ints]] = field(default_factory=dict)


def tally(source: Source, number: int, stream: Stream, days: Sequence[int], extent: Extent, is_over: bool) -> Tally:
    """The tally of some days (ordinals, in order); of a month that is over with people and places."""
    found = Tally()
    for part in _batches(stream, days):
        _Batch(source, number, stream, part, list(days).index(part[0]), extent, is_over).run(found)
    return found


def _batches(stream: Stream, days: Sequence[int]) -> Iterator[list[int]]:
    """Days of a few million rows at a time, so that a month of any size fits the memory."""
    batch: list[int] = []
    rows = 0
    for day in days:
        count = int(stream.counts[stream.days == day].sum())
        if batch and rows + count > ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += count
    if batch:
        yield batch


class _Batch:
    """Some days, all counted from one set of columns in memory."""

    def __init__(
        self, source: Source, number: int, stream: Stream, days: list[int], before: int, extent: Extent, is_over: bool
    ) -> None:
        self.source, self.extent, self.days, self.before = source, extent, days, before
        self.people = is_over and source.dataset.actor is not None
        self.placed = extent.placed if is_over else ()
        self.at = source.dataset.streams[number]
        chosen = np.flatnonzero(np.isin(stream.days, days))
        names = {"t", *columns_of(source, self._ask(extent.singles), [(SUM, c) for c in extent.numbers])}
        names |= {"a"} if self.people else set()
        names |= {STORED} if self.placed else set()
        self.material = gather(source, stream, chosen, {name: np.ones(len(chosen), np.bool_) for name in names})
        self.negatives = stream.negatives[chosen]
        places = np.searchsorted(days, stream.days[chosen])
        zeros = np.zeros(len(chosen), np.int64)
        self.blocks = np.column_stack([np.arange(len(chosen)), zeros, stream.counts[chosen], places]).astype(np.int64)

    def _ask(self, by: tuple[str, ...]) -> Ask:
        edges = tuple(_EPOCH + timedelta(days=i) for i in range(len(self.days) + 1))
        return Ask(self.source.dataset.qualified, self.at, (), by, Frame(edges), (ROWS,))

    def run(self, found: Tally) -> None:
        """Adds these days to the tally."""
        extent = self.extent
        singles = [
            ((), [COUNT, ELAPSED, SUM, LIMITS]),
            *(((d,), [COUNT, ELAPSED, SUM, LIMITS]) for d in extent.singles),
        ]
        pairs = [(pair, [COUNT, SUM]) for pair in extent.pairs]
        bins = [((), [HISTOGRAM]), *(((d,), [HISTOGRAM]) for d in extent.detailed)] if extent.numbers else []
        for by, tasks, results in self._run([*singles, *pairs, *bins]):
            if tasks[0].operations[0].kind == HISTOGRAM:
                self._histograms(found, by, self._numbers(by, tasks, results))
            else:
                self._count(found, by, self._numbers(by, tasks, results))
        if self.people:
            for names in [(), *((d,) for d in extent.detailed)]:
                self._sets(found, names)
        for name in self.placed:
            self._places(found, name)

    def _run(self, wanted: Sequence[Wanted]) -> Iterator[tuple[By, list[Task], dict[int, Results]]]:
        """All that is wanted, in passes shared by as many as fit the memory."""
        tasks = [(by, self._tasks(by, self._operations(kinds))) for by, kinds in wanted]
        for batch in _portions(tasks):
            results = in_batches([task for _, made in batch for task in made], self._pass)
            yield from ((by, made, results) for by, made in batch)

    def _operations(self, kinds: Sequence[int]) -> list[Operation]:
        made = []
        for kind in kinds:
            for column in ("",) if kind in (COUNT, ELAPSED) else self.extent.numbers:
                op = operation(self.source, self.material, kind, column, self.negatives)
                op.full = False
                made.append(op)
        return made

    def _tasks(self, by: tuple[str, ...], operations: Sequence[Operation]) -> list[Task]:
        groups = all_groups(self.source, by) if by else no_groups()
        return split(self._ask(by), groups, operations, BUDGET, 0)

    def _pass(self, tasks: Sequence[Task]) -> Results:
        every = np.arange(len(self.days))
        inside = [np.where((every >= task.first) & (every < task.last), every - task.first, -1) for task in tasks]
        return Pass(self.source, tasks, np.asarray(inside, np.int64), self.material).run(self.blocks)

    def _numbers(
        self, by: tuple[str, ...], tasks: Sequence[Task], results: dict[int, Results]
    ) -> Iterator[tuple[Operation, Ints]]:
        """Each operation with its numbers [days, codes..., width]."""
        shape = [self.source.dictionary(name).size + 1 for name in by]
        for place, op in enumerate(tasks[0].operations):
            parts = [results[id(task)].of(task.operations[place]) for task in tasks]
            yield op, np.concatenate(parts).reshape(len(self.days), *shape, op.width)

    def _count(self, found: Tally, by: tuple[str, ...], counted: Iterator[tuple[Operation, Ints]]) -> None:
        arrays = found.parts.setdefault(part_of(by), {})
        starts = self._day_ms().reshape(-1, *([1] * len(by)))
        for op, numbers in counted:
            first, second = numbers[..., 0], numbers[..., -1]
            if op.kind == COUNT:
                _append(arrays, "n", first)
            elif op.kind == ELAPSED:  # since 0: - n * day - t
                _append(arrays, "t", -first - arrays["n"][-len(self.days) :] * starts)
            else:
                names = ("s", "f") if op.kind == SUM else ("lo", "hi")
                _append(arrays, f"{names[0]}:{op.column}", first)
                _append(arrays, f"{names[1]}:{op.column}", second)

    def _day_ms(self) -> Ints:
        found = np.zeros(len(self.days), np.int64)
        found[self.blocks[:, 3]] = self.material.day_ms
        return found

    def _histograms(self, found: Tally, by: tuple[str, ...], counted: Iterator[tuple[Operation, Ints]]) -> None:
        for op, numbers in counted:
            lines = numbers.reshape(len(self.days), -1, op.width)
            for code in np.flatnonzero(lines.any(axis=(0, 2))).tolist():
                days, bins = np.nonzero(lines[:, code, :])
                arrays = found.parts.setdefault(f"h:{by[0]}:{code}" if by else "h", {})
                _append(arrays, f"{op.column}:day", days + self.before)
                _append(arrays, f"{op.column}:bin", bins + op.first_bin)
                _append(arrays, f"{op.column}:n", lines[:, code, :][days, bins])
            there = np.flatnonzero(lines.any(axis=(0, 1)))
            if there.size:
                self._widen(found, part_of(by), op, int(there[0]), int(there[-1]))

    def _widen(self, found: Tally, part: str, op: Operation, first: int, last: int) -> None:
        bins = found.bins.setdefault(part, {})
        low, high = bins.get(op.column, (first + op.first_bin, last + op.first_bin))
        bins[op.column] = min(low, first + op.first_bin), max(high, last + op.first_bin)

    def _sets(self, found: Tally, by: tuple[str, ...]) -> None:
        op = operation(self.source, self.material, DISTINCT, self.source.dataset.actor or "", self.negatives)
        op.keep_bits = True
        groups = all_groups(self.source, by) if by else no_groups()
        task = Task(self._ask(by), groups, 0, 1, [op])
        if task.bytes > BUDGET:
            return
        buckets = np.zeros((1, len(self.days)), np.int64)
        bits = Pass(self.source, [task], buckets, self.material).run(self.blocks).of(op).astype(np.uint64)
        name = by[0] if by else ""
        before = found.people.get(name)
        found.people[name] = bits if before is None else _united(before, bits)

    def _places(self, found: Tally, name: str) -> None:
        size = self.source.dictionary(name).size + 1 if name else 1
        cells = np.arange(self.source.cells.cells.size + 1, dtype=np.int32) * np.int32(size)
        by = (DIMENSIONS[-1], name) if name else (DIMENSIONS[-1],)
        tables = (cells, None) if name else (cells,)
        task = Task(self._ask(by), Groups(by, tables, cells.size * size, ()), 0, 1, [Operation(COUNT, width=1)])
        if task.bytes > BUDGET:
            return
        buckets = np.zeros((1, len(self.days)), np.int64)
        rows = Pass(self.source, [task], buckets, self.material).run(self.blocks).of(task.operations[0])[:, 0]
        slots = np.flatnonzero(rows)
        before = found.places.get(name, (np.empty(0, np.int64), np.empty(0, np.int64)))
        both = (np.concatenate(pair) for pair in zip(before, (slots, rows[slots]), strict=True))
        found.places[name] = added(*both)


def _portions(tasks: Sequence[Part]) -> Iterator[list[Part]]:
    """Parts whose results are held at the same time."""
    portion: list[Part] = []
    for one in tasks:
        portion.append(one)
        if sum(task.bytes for _, made in portion for task in made) > BUDGET:
            yield portion
            portion = []
    if portion:
        yield portion


def _united(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> NDArray[np.uint64]:
    if one.shape[1] < two.shape[1]:
        one, two = two, one
    united = one.copy()
    united[:, : two.shape[1]] |= two
    return united


def _append(arrays: Arrays, name: str, values: NDArray[Any]) -> None:
    arrays[name] = np.concatenate([arrays[name], values]) if name in arrays else values
