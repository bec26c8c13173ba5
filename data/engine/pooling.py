"""What do groups make together, when their statistics can be added up?

For a `top` without a grain the groups are counted once: the largest are kept, the rest pooled from what was counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.engine.asks import NULL, Ask, Group, Ints, Stat, Table

_ADDED = ("n", "sum", "filled", "elapsed")
_KINDS = (*_ADDED, "min", "max")
_LARGEST = 2**63 - 1


def can_pool(asks: Sequence[Ask]) -> bool:
    """Whether every statistic of the asks can be had of several groups together from those of each."""
    return all(stat.kind in _KINDS for ask in asks for stat in ask.stats)


def pooled(table: Table, keep: Sequence[Group]) -> Table:
    """The table with the kept groups in their order, and all others as one."""
    places = {group: i for i, group in enumerate(table.groups)}
    kept = np.asarray([places.get(group, -1) for group in keep], np.int64)
    added = [stat for stat in table.cells if stat.kind in _ADDED]
    cells = dict(zip(added, _added(np.stack([table.cells[stat] for stat in added]), kept), strict=True))
    cells |= {stat: _limits(stat, found, kept) for stat, found in table.cells.items() if stat.kind not in _ADDED}
    return Table([*keep, ()], cells, table.how)


def _added(found: Ints, kept: Ints) -> Ints:
    """Numbers [stats, buckets, groups] that add up; every table counts rows, so there are some."""
    padded = np.concatenate([found, np.zeros((*found.shape[:2], 1), np.int64)], axis=2)  # where -1 is
    out = padded[:, :, np.append(kept, -1)]
    out[:, :, -1] = found.sum(axis=2) - out.sum(axis=2)
    return out


def _limits(stat: Stat, found: Ints, kept: Ints) -> Ints:
    """The smallest or largest of each kept group and of all others."""
    empty = NULL if stat.kind == "max" else _LARGEST
    pick = np.maximum if stat.kind == "max" else np.minimum
    padded = np.concatenate([np.where(found == NULL, empty, found), np.full((len(found), 1), empty)], axis=1)
    others = np.delete(padded, kept[kept >= 0], axis=1)
    out = np.concatenate([padded[:, kept], pick.reduce(others, axis=1, keepdims=True)], axis=1)
    return np.where(out == empty, NULL, out)
