"""What do the segments of one stream answer to some asks, in as few passes as memory allows?

What the tensors of settled days hold already is not read again: an ask has then one layer that leaves those days out,
and another, for distinct people, that leaves out the months whose sets are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine import newest
from data.engine.asks import Ask, Frame, Ints, Stat, Table
from data.engine.blocks import Touched, blocks_of, buckets_of, intervals, needed, span_of, touched
from data.engine.collect import Ran, collect, empty_table, table_of
from data.engine.days import to_ms
from data.engine.gather import gather
from data.engine.groups import MOST_DENSE, Groups, all_groups, domain, kept_groups, no_groups, present_groups
from data.engine.joining import cut, join
from data.engine.manifest import Stream, stream_of
from data.engine.operations import exact_operations, operation, split, wanted_of
from data.engine.program import COUNT, DISTINCT, Operation, Task, columns_of, is_hopeless
from data.engine.running import BUDGET, NOTHING, Material, Pass, Results, in_batches, known_results
from data.engine.sources import Source
from data.engine.tensor_reads import Cover, covers_of
from data.errors import BadInput

_MOST_DENSE_CELLS = 1 << 20
_MOST_CELLS = 1 << 23
_NONE = np.empty(0, np.int64)


_Times = tuple[Frame, tuple[tuple[int, int], ...]]
"""What decides which rows of a stream are in which bucket: layers that agree in it are placed together."""


@dataclass(slots=True, eq=False)
class Layer:
    """Some operations of an ask, and what of them is counted elsewhere."""

    ask: Ask
    wanted: list[tuple[int, str]]
    cover: Cover | None
    buckets: Ints

    @property
    def is_known(self) -> bool:
        """Whether all of it is counted elsewhere."""
        return self.cover is not None and self.cover.is_whole


@dataclass(slots=True)
class Scan:
    """The layers of one stream, how they cut time, and the columns they read."""

    source: Source
    stream: Stream
    layers: Sequence[Layer]
    starts: Ints
    where: Touched
    material: Material
    chosen: Ints

    def by_ask(self) -> dict[Ask, list[Layer]]:
        """The layers of each ask."""
        found: dict[Ask, list[Layer]] = {}
        for layer in self.layers:
            found.setdefault(layer.ask, []).append(layer)
        return found


def scan(source: Source, number: int, asks: Sequence[Ask]) -> list[Table]:
    """A Table for each ask, all of the stream `number`."""
    hopeless = {found: is_hopeless(source, found) for found in dict.fromkeys(ask.predicates for ask in asks)}
    joined = join([ask for ask in asks if not hopeless[ask.predicates]])
    read = _scan(source, number, list(joined)) if joined else {}
    found = {ask: table for whole, parts in joined.items() for ask, table in cut(read[whole], parts).items()}
    return [found.get(ask) or empty_table(ask) for ask in asks]


def _scan(source: Source, number: int, asks: Sequence[Ask]) -> dict[Ask, Table]:
    found = _prepare(source, number, asks)
    groups = _groups(found)
    layers = found.by_ask()
    tables = {ask: table for ask in layers if (table := _known_table(found, ask, layers[ask], groups[ask]))}
    tasks: list[Task] = []
    buckets: dict[int, Ints] = {}
    known: dict[int, Results] = {}
    for layer in [layer for layer in found.layers if layer.ask not in tables]:
        made = _tasks(found, layer, groups[layer.ask])
        tasks += made
        if layer.is_known:
            known |= {id(task): known_results(task) for task in made}
        else:
            buckets |= {id(task): _within(layer.buckets, task) for task in made}

    def run(batch: Sequence[Task]) -> Results:
        return _pass(found, batch, [buckets[id(task)] for task in batch])

    results = known | in_batches([task for task in tasks if id(task) not in known], run)
    again = exact_operations(tasks, results)
    buckets |= {id(task): buckets[first] for first, task in again.items()}
    ran = Ran(tasks, results, again, in_batches(list(again.values()), run))
    left = [ask for ask in asks if ask not in tables]
    return tables | {ask: collect(ask, groups[ask], ran, source, _how(layers[ask])) for ask in left}


def _known_table(found: Scan, ask: Ask, layers: Sequence[Layer], groups: Groups) -> Table | None:
    """The table of an ask of which everything is counted, where it can be had without operations."""
    if not all(layer.is_known for layer in layers):
        return None
    cells: dict[Stat, Ints] = {}
    for layer in layers:
        known = layer.cover.cells(groups) if layer.cover else None
        if known is None:
            return None
        cells |= known
    return table_of(ask, groups, cells, found.source, _how(layers))


def _prepare(source: Source, number: int, asks: Sequence[Ask]) -> Scan:
    stream = stream_of(source.manifest, number)
    layers = [
        layer for ask, covers in covers_of(source, number, stream, asks).items() for layer in _layers(ask, *covers)
    ]
    read: dict[_Times, list[Layer]] = {}
    for layer in layers:
        if not layer.is_known:
            read.setdefault((layer.ask.frame, layer.cover.skip if layer.cover else ()), []).append(layer)
    if not read:
        return Scan(source, stream, layers, _NONE, Touched(_NONE, _NONE), NOTHING, _NONE)
    spans = {times: span_of(*times) for times in read}
    starts = intervals(list(spans.values()))
    where = touched(stream, starts)
    segments: dict[_Times, NDArray[np.bool_]] = {}
    for times, mine in read.items():
        buckets = buckets_of(spans[times], starts)
        segments[times] = needed(where, buckets >= 0)
        for layer in mine:
            layer.buckets = buckets
    chosen = np.flatnonzero(np.any(list(segments.values()), axis=0)) if len(stream.ids) else _NONE
    columns: dict[str, NDArray[np.bool_]] = {"t": where.first[chosen] != where.last[chosen]}
    for times, mine in read.items():
        which = segments[times][chosen]
        for name in set().union(*(columns_of(source, layer.ask, layer.wanted) for layer in mine)):
            columns[name] = columns.get(name, False) | which
    return Scan(source, stream, layers, starts, where, gather(source, stream, chosen, columns), chosen)


def _layers(ask: Ask, days: Cover | None, sets: Cover | None) -> list[Layer]:
    wanted = wanted_of(ask)
    if days is None and sets is None:
        return [Layer(ask, wanted, None, _NONE)]
    people = [pair for pair in wanted if pair[0] == DISTINCT]
    rest = [pair for pair in wanted if pair[0] != DISTINCT]
    return [Layer(ask, part, cover, _NONE) for part, cover in ((rest, days), (people, sets)) if part]


def _how(layers: Sequence[Layer]) -> str:
    return " and ".join(["segments", *(layer.cover.words for layer in layers if layer.cover)])


def _groups(found: Scan) -> dict[Ask, Groups]:
    """How each ask numbers its groups; where there could be very many, those that occur are counted first."""
    groups: dict[Ask, Groups] = {}
    for ask, layers in found.by_ask().items():
        covered = any(layer.cover for layer in layers)
        if not ask.by:
            groups[ask] = no_groups()
        elif ask.keep is not None:
            groups[ask] = kept_groups(found.source, ask.by, ask.keep)
        elif covered or _is_small(found.source, ask):
            groups[ask] = all_groups(found.source, ask.by)
        else:
            groups[ask] = present_groups(found.source, ask.by, [_present(found, layers[0], name) for name in ask.by])
        _check_size(ask, groups[ask])
    return groups


def _check_size(ask: Ask, groups: Groups) -> None:
    cells = groups.size * ask.frame.size
    if cells > _MOST_CELLS:
        raise BadInput(
            f"Field `by`: {' and '.join(ask.by)} over {ask.frame.size:,} buckets make {cells:,} groups; expected at"
            f" most {_MOST_CELLS:,}: take `top`, a coarser grain or a filter."
        )


def _is_small(source: Source, ask: Ask) -> bool:
    size = domain(source, ask.by)
    if ask.leading:  # most of its groups are thrown away again: room for all costs less than to count twice
        return size <= _MOST_DENSE_CELLS
    return size <= MOST_DENSE and size * ask.frame.size <= _MOST_DENSE_CELLS


def _present(found: Scan, layer: Layer, name: str) -> Ints:
    """The codes of a dimension that rows of the ask have."""
    size = found.source.dictionary(name).size + 1
    one = Task(layer.ask, Groups((name,), (found.source.recoded(name),), size, ()), 0, 1, [Operation(COUNT, width=1)])
    results = _pass(found, [one], [np.where(layer.buckets >= 0, 0, -1)])
    return np.flatnonzero(results.of(one.operations[0])[:, 0])


def _tasks(found: Scan, layer: Layer, groups: Groups) -> list[Task]:
    since = to_ms(layer.ask.frame.edges[0])
    chosen, material = (found.chosen, found.material) if not layer.is_known else (found.chosen[:0], NOTHING)
    operations = [
        operation(found.source, material, kind, column, found.stream.negatives[chosen], since, layer.cover)
        for kind, column in layer.wanted
    ]
    if layer.cover:
        for op in operations:
            op.known = layer.cover.known(op, groups)
    if layer.is_known:
        return [Task(layer.ask, groups, 0, layer.ask.frame.size, operations)]
    return split(layer.ask, groups, operations, BUDGET, int(found.stream.counts[found.chosen].sum()))


def _within(buckets: Ints, task: Task) -> Ints:
    if task.first == 0 and task.last == task.ask.frame.size:
        return buckets
    return np.where((buckets >= task.first) & (buckets < task.last), buckets - task.first, -1)


def _pass(found: Scan, tasks: Sequence[Task], buckets: Sequence[Ints]) -> Results:
    table = np.asarray(buckets, np.int64).reshape(len(tasks), -1)
    wanted: NDArray[np.bool_] = np.any(table >= 0, axis=0)

    def times(place: int) -> NDArray[np.uint32]:
        values = found.material.columns["t"][place].values
        assert values is not None
        return values

    blocks = blocks_of(found.stream, found.where, found.starts, wanted, found.chosen, times)
    left, extras = newest.take(found.source, found.stream, found.chosen, found.material, tasks, table, blocks)
    return Pass(found.source, tasks, table, found.material).run(left, extras)
