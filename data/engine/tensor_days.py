"""Who came on some settled days next to each other, for ranges that are not whole months?

Bits of people are made from segments when a range first needs them, for a few days at a time, and kept in memory while
the segments of those days are the same. A longer range is the union of some.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Ints
from data.engine.gather import gather
from data.engine.groups import no_groups
from data.engine.manifest import Stream
from data.engine.operations import operation
from data.engine.program import DISTINCT, Task, columns_of
from data.engine.running import BUDGET, Material, Pass
from data.engine.sources import Source
from data.engine.tensor_index import Prints, place_of
from data.engine.tensor_panels import find, keep

DAYS = 4
"""Days of one set: fewer make more unions, more leave more days over at the ends of a range."""
LEAST_ROWS = 20_000
"""Days with fewer rows are read: that is quick."""
Bits = NDArray[np.uint64]
_NOT_WORTH: Bits = np.empty(0, np.uint64)


def whole_sets(ordinals: Ints, buckets: Ints) -> list[tuple[int, int]]:
    """First day and bucket of each set whose days are all there, in one bucket; days are in order, -1 is no bucket."""
    if len(ordinals) < DAYS:
        return []
    last = np.arange(DAYS - 1, len(ordinals))
    first = last - (DAYS - 1)
    inside = (ordinals[first] % DAYS == 0) & (ordinals[last] - ordinals[first] == DAYS - 1) & (buckets[first] >= 0)
    for step in range(1, DAYS):
        inside &= buckets[first + step] == buckets[first]
    kept = first[inside]
    return list(zip(ordinals[kept].tolist(), buckets[kept].tolist(), strict=True))


def people_of_days(
    source: Source, number: int, stream: Stream, prints: Prints, ask: Ask, firsts: Sequence[int]
) -> dict[int, Bits]:
    """Bits of everyone that meets the ask's predicates by the first day of a set, where they cost less than reading.

    Those of an ask's predicates are made the first time they are asked for: pages are asked again, and for other times.
    """
    place = place_of(source, number), ask.predicates
    keys = {first: (place, "days", *(prints[first + i] for i in range(DAYS))) for first in firsts}
    found: dict[int, Any] = {first: find(key) for first, key in keys.items()}
    missing = [first for first, bits in found.items() if bits is None]
    if missing:
        for first, bits in zip(missing, _count(source, stream, ask, missing), strict=True):
            keep(keys[first], bits)
            found[first] = bits
    return {first: bits for first, bits in found.items() if bits.size}


def _count(source: Source, stream: Stream, ask: Ask, firsts: Sequence[int]) -> list[Bits]:
    chosen = np.flatnonzero(np.isin(stream.days - stream.days % DAYS, firsts))
    sets = np.searchsorted(firsts, stream.days[chosen], side="right") - 1
    rows = np.bincount(sets, stream.counts[chosen], len(firsts))
    if (rows < LEAST_ROWS).all():
        return [_NOT_WORTH] * len(firsts)
    names = columns_of(source, ask, [(DISTINCT, source.dataset.actor or "")])
    material = gather(source, stream, chosen, {name: np.ones(len(chosen), np.bool_) for name in names})
    lines = np.column_stack([np.arange(len(chosen)), np.zeros_like(chosen), stream.counts[chosen], sets])
    op = operation(source, material, DISTINCT, source.dataset.actor or "", stream.negatives[chosen])
    worth = ((rows >= LEAST_ROWS) & (rows >= op.width)).tolist()
    step = max(1, BUDGET // op.bytes)
    parts = [range(first, min(first + step, len(firsts))) for first in range(0, len(firsts), step)]
    made = [bits for part in parts for bits in _bits(source, ask, material, lines, part, stream.negatives[chosen])]
    return [bits if good else _NOT_WORTH for bits, good in zip(made, worth, strict=True)]


def _bits(source: Source, ask: Ask, material: Material, lines: Ints, sets: range, negatives: Ints) -> list[Bits]:
    """The bits of some sets, counted in one pass."""
    op = operation(source, material, DISTINCT, source.dataset.actor or "", negatives)
    op.keep_bits = True
    mine = lines[(lines[:, 3] >= sets.start) & (lines[:, 3] < sets.stop)] - np.asarray([0, 0, 0, sets.start])
    task = Task(ask, no_groups(), 0, len(sets), [op])
    buckets = np.arange(len(sets), dtype=np.int64)[None, :]
    found = Pass(source, [task], buckets, material).run(np.ascontiguousarray(mine.astype(np.int64))).of(op)
    return [bits.copy() for bits in found.view(np.uint64)]
