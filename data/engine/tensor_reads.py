"""Which part of an ask do the tensors of settled days answer, and what do they say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Between, Ints, Stat
from data.engine.groups import Groups, domain
from data.engine.manifest import Stream
from data.engine.operations import wanted_of
from data.engine.program import COUNT, DISTINCT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation
from data.engine.sources import Source
from data.engine.tally import part_of
from data.engine.tensor_days import people_of_days
from data.engine.tensor_frames import CountedFrame, Spans, live_of, span_in
from data.engine.tensor_index import TensorGone, read_index
from data.engine.tensor_known import Known
from data.engine.tensor_panels import Panels
from data.engine.tensor_places import MOST_SLOTS, Places, dimension_of
from data.engine.tensor_sets import Sets

LEAST_ROWS = 20_000
"""Ranges with fewer rows in settled days are read from segments alone."""
MOST_DIMENSIONS = {COUNT: 2, SUM: 2, ELAPSED: 1, LIMITS: 1, HISTOGRAM: 1}


@dataclass(slots=True, eq=False)
class Cover:
    """Spans of time that need not be read, and what was counted in them; `is_whole`: there is nothing else to read."""

    skip: Spans
    words: str
    is_whole: bool
    _known: Known | Sets | Places

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin of a column."""
        return self._known.bins(column)

    @property
    def top(self) -> int:
        """The highest code of the sets."""
        return self._known.top

    def cells(self, groups: Groups) -> dict[Stat, Ints] | None:
        """Its statistics, [buckets, groups], where nothing else is to be read and no operation is needed; else None."""
        found = self._known
        return found.cells(groups) if self.is_whole and not isinstance(found, Places) and found.is_plain else None

    def known(self, op: Operation, groups: Groups) -> NDArray[np.generic]:
        """What was counted, as an operation counts it: [slots, width]."""
        return self._known.of(op, groups)


Covers = tuple[Cover | None, Cover | None]


def covers_of(source: Source, number: int, stream: Stream, asks: Sequence[Ask]) -> dict[Ask, Covers]:
    """For each ask the cover of its statistics by day, or of its places by month, and that of its distinct people."""
    spans = {frame: span_in(stream, frame) for frame in dict.fromkeys(ask.frame for ask in asks)}
    long = [ask for ask in asks if spans[ask.frame].rows >= LEAST_ROWS]
    wide = {ask: used for ask in long if (used := _used(source, ask)) is not None}
    placed = {ask: name for ask in long if ask not in wide and (name := _placed(source, ask)) is not None}
    if not wide and not placed:
        return dict.fromkeys(asks, (None, None))
    live = live_of(source, number, stream, read_index(source, number))
    frames = {frame: live.frame(frame, spans[frame]) for frame in dict.fromkeys(a.frame for a in (*wide, *placed))}
    found: dict[Ask, Covers] = {}
    try:
        for ask, used in wide.items() if live.months else ():
            frame = frames[ask.frame]
            found[ask] = _by_day(source, frame, ask, used), _by_sets(source, frame, ask, used)
        for ask, name in placed.items() if live.months else ():
            found[ask] = _by_places(source, frames[ask.frame], ask, name), None
    except TensorGone:  # counted anew since the index was read; the next question reads the new one
        read_index(source, number, fresh=True)
        found = {}
    return {ask: found.get(ask, (None, None)) for ask in asks}


def _used(source: Source, ask: Ask) -> tuple[str, ...] | None:
    """The dimensions an ask splits or filters by, in the order of the model; None when tensors cannot answer it."""
    used = {*ask.by, *(p.column for p in ask.predicates)}
    names = [d.name for d in source.dataset.dimensions]
    if any(isinstance(p, Between) for p in ask.predicates) or not used.issubset(names) or len(used) > 2:
        return None
    return tuple(name for name in names if name in used)


def _placed(source: Source, ask: Ask) -> str | None:
    """The dimension beside the place (see `dimension_of`) of an ask that rows by cell may answer."""
    name = dimension_of(source, ask)
    is_small = ask.keep is not None or name is None or domain(source, ask.by) * ask.frame.size <= MOST_SLOTS
    return name if is_small else None


def _by_day(source: Source, frame: CountedFrame, ask: Ask, dimensions: tuple[str, ...]) -> Cover | None:
    wanted = [pair for pair in wanted_of(ask) if pair[0] != DISTINCT]
    kinds = {kind for kind, _ in wanted}
    most = min((MOST_DIMENSIONS[kind] for kind in kinds), default=0)
    if len(dimensions) > most or (HISTOGRAM in kinds and any(stat.exact for stat in ask.stats)):
        return None
    part = part_of(dimensions)
    bins = f"h:{dimensions[0]}" if dimensions else "h"
    found = frame.chosen(frozenset((part, bins) if HISTOGRAM in kinds else (part,)))
    if found is None:
        return None
    chosen, skip, is_whole = found
    known = Known(source, ask, wanted, dimensions, part, chosen, Panels(source, frame.live.number, chosen.months))
    return Cover(skip, f"tensors of {chosen.count} days", is_whole, known)


def _by_sets(source: Source, frame: CountedFrame, ask: Ask, dimensions: tuple[str, ...]) -> Cover | None:
    """What sets of people know: of months that lie whole in one bucket, and of some days next to them."""
    live, columns = frame.live, {stat.column for stat in ask.stats if stat.kind == "distinct"}
    if columns != {source.dataset.actor}:
        return None
    people = frame.people(dimensions, bool(ask.by))
    days = people_of_days(source, live.number, live.stream, live.prints, ask, list(people.days)) if people.days else {}
    if not people.count and not days:
        return None
    sets = people.panels(source)
    name = dimensions[0] if dimensions and sets else ""
    known = Sets(source, ask, name, sets, [(people.days[which], bits) for which, bits in days.items()])
    counted = ((people.count, "months"), (sum(number for _, number in days), "days"))
    words = "sets of people of " + " and ".join(f"{n} {unit}" for n, unit in counted if n)
    skip, is_whole = people.skip(frozenset(days))
    return Cover(skip, words, is_whole, known)


def _by_places(source: Source, frame: CountedFrame, ask: Ask, name: str) -> Cover | None:
    """What is known of the months that lie whole in one bucket."""
    found = frame.places(name)
    if not found.count:
        return None
    skip, is_whole = found.skip()
    return Cover(skip, f"places of {found.count} months", is_whole, Places(source, ask, name, found.panels(source)))
