"""What do the segments of one stream answer to some asks, in as few passes as memory allows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Ints, Table
from data.engine.blocks import Touched, blocks_of, buckets_of, intervals, needed, span_of, touched
from data.engine.collect import Ran, collect, empty_table
from data.engine.groups import MOST_DENSE, Groups, all_groups, domain, kept_groups, no_groups, present_groups
from data.engine.manifest import Stream, stream_of
from data.engine.operations import exact_operations, operations_of, split
from data.engine.program import COUNT, FIXED, Operation, Task, columns_of, is_hopeless
from data.engine.running import Material, Pass, Results
from data.engine.sources import Source

BUDGET = 64 << 20
_MOST_DENSE_CELLS = 1 << 20


@dataclass(slots=True)
class Scan:
    """The asks of one stream, how they cut time, and the columns they read."""

    source: Source
    stream: Stream
    asks: Sequence[Ask]
    starts: Ints
    where: Touched
    buckets: dict[Ask, Ints]
    material: Material
    chosen: Ints


def scan(source: Source, number: int, asks: Sequence[Ask]) -> list[Table]:
    """A Table for each ask, all of the stream `number`."""
    live = [ask for ask in asks if not is_hopeless(source, ask)]
    tables = dict(zip(live, _scan(source, stream_of(source.manifest, number), live), strict=True)) if live else {}
    return [tables.get(ask) or empty_table(ask) for ask in asks]


def _scan(source: Source, stream: Stream, asks: Sequence[Ask]) -> list[Table]:
    spans = {ask: span_of(ask.frame) for ask in asks}
    starts = intervals(list(spans.values()))
    buckets = {ask: buckets_of(span, starts) for ask, span in spans.items()}
    where = touched(stream, starts)
    material, chosen = _gather(source, stream, where, {ask: buckets[ask] >= 0 for ask in asks})
    found = Scan(source, stream, asks, starts, where, buckets, material, chosen)
    groups = _groups(found)
    tasks = [part for ask in asks for part in _tasks(found, ask, groups[ask])]
    results = _run(found, tasks)
    exact = exact_operations(tasks, results)
    second = _run(found, list(exact.values()))
    return [collect(ask, groups[ask], *_of(ask, tasks, results, exact, second), source) for ask in asks]


def _gather(
    source: Source, stream: Stream, where: Touched, wanted: dict[Ask, NDArray[np.bool_]]
) -> tuple[Material, Ints]:
    """The columns that the asks read, of the segments they read them from."""
    segments = {ask: needed(where, found) for ask, found in wanted.items()}
    chosen = np.flatnonzero(np.any(list(segments.values()), axis=0)) if len(stream.ids) else np.empty(0, np.int64)
    columns: dict[str, NDArray[np.bool_]] = {"w": np.ones(len(chosen), np.bool_)}
    columns["t"] = where.first[chosen] != where.last[chosen]
    for ask, found in segments.items():
        names = columns_of(source, ask)
        if any(stat.kind == "elapsed" for stat in ask.stats):
            names.add("t")
        for name in names:
            columns[name] = columns.get(name, False) | found[chosen]
    ids, counts = stream.ids[chosen].tolist(), stream.counts[chosen].tolist()
    keys = {(ids[i], name): counts[i] for name, which in columns.items() for i in np.flatnonzero(which).tolist()}
    loaded = source.columns(keys)
    places = {name: i for i, name in enumerate(dict.fromkeys((*FIXED, *columns)))}
    addresses = np.zeros((len(chosen), len(places)), np.int64)
    sizes = np.full((len(chosen), len(places)), 4, np.int64)
    lines = {id: i for i, id in enumerate(ids)}
    for (id, name), column in loaded.items():
        addresses[lines[id], places[name]] = column.address
        sizes[lines[id], places[name]] = column.size
    kept = {(lines[id], name): column for (id, name), column in loaded.items()}
    return Material(places, addresses, sizes, stream.day_ms[chosen], kept), chosen


def _groups(found: Scan) -> dict[Ask, Groups]:
    """How each ask numbers its groups; where there could be very many, those that occur are counted first."""
    groups: dict[Ask, Groups] = {}
    many = []
    for ask in found.asks:
        if not ask.by:
            groups[ask] = no_groups()
        elif ask.keep is not None:
            groups[ask] = kept_groups(found.source, ask.by, ask.keep)
        elif (size := domain(found.source, ask.by)) <= MOST_DENSE and size * ask.frame.size <= _MOST_DENSE_CELLS:
            groups[ask] = all_groups(found.source, ask.by)
        else:
            many.append(ask)
    for ask in many:
        groups[ask] = present_groups(ask.by, [_present(found, ask, name) for name in ask.by])
    return groups


def _present(found: Scan, ask: Ask, name: str) -> Ints:
    """The codes of a dimension that rows of the ask have."""
    size = found.source.dictionary(name).size + 1
    counting = Groups((name,), (None,), size, ())
    one = Task(ask, counting, 0, 1, [Operation(COUNT, width=1)])
    buckets = np.where(found.buckets[ask] >= 0, 0, -1)
    return np.flatnonzero(_pass(found, [one], [buckets]).of(one.operations[0])[:, 0])


def _tasks(found: Scan, ask: Ask, groups: Groups) -> list[Task]:
    operations = operations_of(found.source, found.material, ask, found.stream.negatives[found.chosen])
    return split(ask, groups, operations, BUDGET, int(found.stream.counts[found.chosen].sum()))


def _run(found: Scan, tasks: Sequence[Task]) -> dict[int, Results]:
    """The results of each task, by its id; tasks share a pass while they fit the memory budget."""
    results: dict[int, Results] = {}
    batch: list[Task] = []
    used = 0
    for task in tasks:
        size = task.bytes
        if batch and used + size > BUDGET:
            results |= dict.fromkeys(map(id, batch), _pass(found, batch, [_buckets(found, t) for t in batch]))
            batch, used = [], 0
        batch.append(task)
        used += size
    if batch:
        results |= dict.fromkeys(map(id, batch), _pass(found, batch, [_buckets(found, t) for t in batch]))
    return results


def _buckets(found: Scan, task: Task) -> Ints:
    all_of = found.buckets[task.ask]
    return np.where((all_of >= task.first) & (all_of < task.last), all_of - task.first, -1)


def _pass(found: Scan, tasks: Sequence[Task], buckets: Sequence[Ints]) -> Results:
    table = np.asarray(buckets, np.int64).reshape(len(tasks), -1)
    wanted: NDArray[np.bool_] = np.any(table >= 0, axis=0)

    def times(place: int) -> NDArray[np.uint32]:
        values = found.material.columns[place, "t"].values
        assert values is not None
        return values

    blocks = blocks_of(found.stream, found.where, found.starts, wanted, found.chosen, times)
    return Pass(found.source, tasks, table, found.material).run(blocks)


def _of(
    ask: Ask, tasks: Sequence[Task], results: dict[int, Results], exact: dict[int, Task], second: dict[int, Results]
) -> tuple[list[Ran], list[Ran | None]]:
    """The tasks of an ask with their results, and those of the second pass."""
    mine = [task for task in tasks if task.ask is ask]
    again = [exact.get(id(task)) for task in mine]
    return [(t, results[id(t)]) for t in mine], [(t, second[id(t)]) if t else None for t in again]
