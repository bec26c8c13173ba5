"""What do groups make together, when their statistics can be added up?

For a `top` without a grain the groups are counted once: the largest are kept, the rest pooled from what was counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.engine.asks import NULL, Ask, Group, Ints, Stat, Table

_ADDED = ("n", "sum", "filled", "elapsed")
_KINDS = (*_ADDED, "min", "max")


def can_pool(asks: Sequence[Ask]) -> bool:
    """Whether every statistic of the asks can be had of several groups together from those of each."""
    return all(stat.kind in _KINDS for ask in asks for stat in ask.stats)


def pooled(table: Table, keep: Sequence[Group]) -> Table:
    """The table with the kept groups in their order, and all others as one."""
    places = {group: i for i, group in enumerate(table.groups)}
    kept = [places.get(group, -1) for group in keep]
    rest = sorted(set(places.values()) - set(kept))
    return Table([*keep, ()], {stat: _cells(stat, found, kept, rest) for stat, found in table.cells.items()}, table.how)


def _cells(stat: Stat, found: Ints, kept: Sequence[int], rest: Sequence[int]) -> Ints:
    nothing = 0 if stat.kind in _ADDED else NULL
    first = np.full((len(found), len(kept)), nothing, np.int64)
    there = [i for i, place in enumerate(kept) if place >= 0]
    first[:, there] = found[:, [kept[i] for i in there]]
    others = found[:, list(rest)]
    if stat.kind in _ADDED:
        last = others.sum(axis=1)
    elif stat.kind == "max":
        last = others.max(axis=1, initial=NULL)
    else:
        most = 2**63 - 1
        least = np.where(others == NULL, most, others).min(axis=1, initial=most)
        last = np.where(least == most, NULL, least)
    return np.concatenate([first, last[:, None]], axis=1)
