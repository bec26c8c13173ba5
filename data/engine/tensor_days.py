"""Who came on some settled days next to each other, for ranges that are not whole months?

Bits of people are made from segments when a range first needs them, for a few days at a time, and kept in memory while
the segments of those days are the same. A longer range is the union of some.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Ints, Key
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
"""Days of a set inside a range: fewer make more unions. At the ends of a range a set is of one day."""
LEAST_ROWS = 2_000
"""Sets of fewer rows are not made: to read those is quick."""
Bits = NDArray[np.uint64]
Days = tuple[int, int]
"""The days of a set: the first, as an ordinal, and how many."""
_NOT_WORTH: Bits = np.empty(0, np.uint64)


def whole_sets(ordinals: Ints, buckets: Ints) -> list[tuple[Days, int]]:
    """The days and the bucket of each set, in order; the days given are in order, -1 is no bucket."""
    first, together = np.empty(0, np.int64), np.zeros(len(ordinals), np.bool_)
    if len(ordinals) >= DAYS:
        last = np.arange(DAYS - 1, len(ordinals))
        first = last - (DAYS - 1)
        inside = (ordinals[first] % DAYS == 0) & (ordinals[last] - ordinals[first] == DAYS - 1) & (buckets[first] >= 0)
        for step in range(1, DAYS):
            inside &= buckets[first + step] == buckets[first]
        first = first[inside]
        together[(first[:, None] + np.arange(DAYS)).reshape(-1)] = True
    alone = np.flatnonzero(~together & (buckets >= 0))
    found = [((day, DAYS), bucket) for day, bucket in _pairs(ordinals[first], buckets[first])]
    found += [((day, 1), bucket) for day, bucket in _pairs(ordinals[alone], buckets[alone])]
    return sorted(found)


def _pairs(days: Ints, buckets: Ints) -> list[tuple[int, int]]:
    return list(zip(days.tolist(), buckets.tolist(), strict=True))


def people_of_days(
    source: Source, number: int, stream: Stream, prints: Prints, ask: Ask, sets: Sequence[Days]
) -> dict[Days, Bits]:
    """Bits of everyone that meets the ask's predicates in each set of days, where they cost less than reading.

    Those of an ask's predicates are made the first time they are asked for: pages are asked again, and for other times.
    """
    place = Key((place_of(source, number), ask.predicates, "days"))
    keys = {days: (place, *(prints[days[0] + i] for i in range(days[1]))) for days in sets}
    found: dict[Days, Any] = {days: find(key) for days, key in keys.items()}
    missing = [days for days, bits in found.items() if bits is None]
    if missing:
        for days, bits in zip(missing, _count(source, stream, ask, missing), strict=True):
            keep(keys[days], bits)
            found[days] = bits
    return {days: bits for days, bits in found.items() if bits.size}


def _count(source: Source, stream: Stream, ask: Ask, wanted: Sequence[Days]) -> list[Bits]:
    """The bits of sets, which are in order and have no day in common."""
    firsts, numbers = np.asarray(wanted, np.int64).T
    sets = np.searchsorted(firsts, stream.days, side="right") - 1
    chosen = np.flatnonzero((sets >= 0) & (stream.days < (firsts + numbers)[sets]))
    sets = sets[chosen]
    rows = np.bincount(sets, stream.counts[chosen], len(wanted))
    if (rows < LEAST_ROWS).all():
        return [_NOT_WORTH] * len(wanted)
    names = columns_of(source, ask, [(DISTINCT, source.dataset.actor or "")])
    material = gather(source, stream, chosen, {name: np.ones(len(chosen), np.bool_) for name in names})
    lines = np.column_stack([np.arange(len(chosen)), np.zeros_like(chosen), stream.counts[chosen], sets])
    op = operation(source, material, DISTINCT, source.dataset.actor or "", stream.negatives[chosen])
    worth = ((rows >= LEAST_ROWS) & (rows >= op.width)).tolist()
    step = max(1, BUDGET // op.bytes)
    parts = [range(first, min(first + step, len(wanted))) for first in range(0, len(wanted), step)]
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
