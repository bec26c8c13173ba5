"""Which asks are one ask over more time?

A range and the one before it that it is compared with follow each other: what is asked of both is read as one ask of
all their buckets, and its table is cut where the second begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from data.engine.asks import COUNT, Ask, Frame, Key, Table, frame_of

_FROM_THE_START = "elapsed"
"""Statistics of this kind count from the beginning of their frame, so that another frame is another number."""
Part = tuple[Ask, int, int]
"""An ask, and its first and end bucket in the one that it is part of."""


def join(asks: Sequence[Ask]) -> dict[Ask, list[Part]]:
    """The asks to read, each with the parts that it answers; one that follows no other is its own only part."""
    alike: dict[Key | Ask, list[Ask]] = {}
    for ask in asks:
        alike.setdefault(ask.without_frame if _can_be_cut(ask) else ask, []).append(ask)
    return dict(_joined(chain) for same in alike.values() for chain in _chains(same))


def cut(table: Table, parts: Sequence[Part]) -> dict[Ask, Table]:
    """The table of each part."""
    if len(parts) == 1:
        return {parts[0][0]: table}
    return {ask: _cut(table, ask, first, last) for ask, first, last in parts}


def _can_be_cut(ask: Ask) -> bool:
    alone = ask.frame.opening or ask.leading or ask.most is not None
    return not alone and all(stat.kind != _FROM_THE_START for stat in ask.stats)


def _chains(asks: Sequence[Ask]) -> Iterable[list[Ask]]:
    """Asks whose frames follow each other, in the order of time."""
    if len(asks) == 1:
        return [list(asks)]
    chains: list[list[Ask]] = []
    for ask in sorted(asks, key=lambda ask: ask.frame.edges):
        if chains and chains[-1][-1].frame.edges[-1] == ask.frame.edges[0]:
            chains[-1].append(ask)
        else:
            chains.append([ask])
    return chains


def _joined(chain: Sequence[Ask]) -> tuple[Ask, list[Part]]:
    if len(chain) == 1:
        return chain[0], [(chain[0], 0, chain[0].frame.size)]
    edges = (chain[0].frame.edges[0], *(edge for ask in chain for edge in ask.frame.edges[1:]))
    parts, first = list[Part](), 0
    for ask in chain:
        parts.append((ask, first, first + ask.frame.size))
        first += ask.frame.size
    frame: Frame = frame_of(edges, False)
    return replace(chain[0], frame=frame), parts


def _cut(table: Table, ask: Ask, first: int, last: int) -> Table:
    cells = {stat: found[first:last] for stat, found in table.cells.items()}
    if not ask.by or ask.keep is not None:
        return Table(table.groups, cells, table.how)
    there = np.flatnonzero((cells[COUNT] != 0).any(axis=0))
    groups = [table.groups[i] for i in there.tolist()]
    return Table(groups, {stat: found[:, there] for stat, found in cells.items()}, table.how)
