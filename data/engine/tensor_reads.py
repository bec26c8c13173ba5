"""Which part of an ask do the tensors of settled days answer, and what do they say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Between, Ints
from data.engine.blocks import Span, buckets_of, span_of
from data.engine.buckets import add_months
from data.engine.days import day_starts
from data.engine.groups import Groups
from data.engine.manifest import Stream
from data.engine.operations import wanted_of
from data.engine.program import COUNT, DISTINCT, ELAPSED, HISTOGRAM, LIMITS, SUM, Operation
from data.engine.sources import Source
from data.engine.tally import part_of
from data.engine.tensor_index import Month, Prints, TensorGone, prints_of, read_index
from data.engine.tensor_known import DayTable, Known, MonthSets

LEAST_ROWS = 500_000
"""Ranges with fewer rows in settled days are read from segments alone."""
MOST_DIMENSIONS = {COUNT: 2, SUM: 2, ELAPSED: 1, LIMITS: 1, HISTOGRAM: 1}


@dataclass(slots=True, eq=False)
class Cover:
    """Spans of time that need not be read, and what was counted in them."""

    skip: tuple[tuple[int, int], ...]
    words: str
    _known: Known | MonthSets

    def bins(self, column: str) -> tuple[int, int]:
        """First and last histogram bin of a column."""
        return self._known.bins(column)

    @property
    def top(self) -> int:
        """The highest code of the sets."""
        return self._known.top

    def known(self, op: Operation, groups: Groups) -> NDArray[np.generic]:
        """What was counted, as an operation counts it: [slots, width]."""
        return self._known.of(op, groups)


Covers = tuple[Cover | None, Cover | None]


def covers_of(source: Source, number: int, stream: Stream, asks: Sequence[Ask]) -> dict[Ask, Covers]:
    """For each ask the cover of its statistics by day, and that of its distinct people by month."""
    wide = [ask for ask in asks if _rows_in(stream, ask) >= LEAST_ROWS and _dimensions(source, ask) is not None]
    if not wide:
        return dict.fromkeys(asks, (None, None))
    months = read_index(source, number)
    live = _Live(source, stream, months) if months else None
    try:
        found = {ask: (_by_day(live, number, ask), _by_month(live, number, ask)) for ask in wide if live}
    except TensorGone:  # counted anew since the index was read; the next question reads the new one
        read_index(source, number, fresh=True)
        found = {}
    return {ask: found.get(ask, (None, None)) for ask in asks}


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a month that are as they were counted: ordinals, places in its arrays, begin and end in UTC ms."""

    ordinals: Ints
    places: Ints
    starts: Ints
    ends: Ints


class _Live:
    """The counted months of a stream beside its live segments."""

    def __init__(self, source: Source, stream: Stream, months: dict[date, Month]) -> None:
        self.source, self.stream = source, stream
        prints = prints_of(stream)
        self.months = sorted(months.values(), key=lambda month: month.starts_on)
        self.valid = {month.starts_on: self._days(month, prints) for month in self.months}
        self.live_days = np.asarray(sorted(prints), np.int64)

    def _days(self, month: Month, prints: Prints) -> _Days:
        places = [i for i, (d, p) in enumerate(zip(month.days, month.prints, strict=True)) if prints.get(d) == p]
        ordinals = np.asarray(month.days, np.int64)[places]
        first, tz = month.starts_on.toordinal(), self.source.scope.workspace.timezone
        edges = day_starts(month.starts_on, add_months(month.starts_on, 1), tz)
        return _Days(ordinals, np.asarray(places, np.int64), edges[ordinals - first], edges[ordinals - first + 1])

    def is_whole(self, month: Month) -> bool:
        """Whether every day of the month that has segments is as it was counted."""
        first, last = month.starts_on.toordinal(), add_months(month.starts_on, 1).toordinal()
        live = self.live_days[(self.live_days >= first) & (self.live_days < last)]
        return set(live.tolist()) == set(self.valid[month.starts_on].ordinals.tolist()) == set(month.days)


def _rows_in(stream: Stream, ask: Ask) -> int:
    span = span_of(ask.frame)
    inside = stream.first_ms < span.edges[-1]
    if not span.opening:
        inside &= stream.last_ms >= span.edges[0]
    return int(stream.counts[inside].sum())


def _dimensions(source: Source, ask: Ask) -> tuple[str, ...] | None:
    """The dimensions an ask splits or filters by, in the order of the model; None when tensors cannot answer it."""
    used = {*ask.by, *(p.column for p in ask.predicates)}
    names = [d.name for d in source.dataset.dimensions]
    if any(isinstance(p, Between) for p in ask.predicates) or not used.issubset(names) or len(used) > 2:
        return None
    return tuple(name for name in names if name in used)


def _bucket_of(span: Span, starts: Ints, ends: Ints) -> Ints:
    """The bucket that holds the whole of each stretch of time, -1 where there is none."""
    first, last = buckets_of(span, starts), buckets_of(span, ends - 1)
    return np.where(first == last, first, -1)


def _spans(starts: Ints, ends: Ints) -> tuple[tuple[int, int], ...]:
    """Stretches of time, neighbours joined."""
    begins = np.concatenate([[True], starts[1:] != ends[:-1]])
    last = np.concatenate([begins[1:], [True]])
    return tuple(zip(starts[begins].tolist(), ends[last].tolist(), strict=True))


def _by_day(live: _Live, number: int, ask: Ask) -> Cover | None:
    dimensions = _dimensions(live.source, ask) or ()
    wanted = [pair for pair in wanted_of(ask) if pair[0] != DISTINCT]
    exact = any(stat.kind == "percentile" and stat.exact for stat in ask.stats)
    if exact or any(len(dimensions) > MOST_DIMENSIONS[kind] for kind, _ in wanted):
        return None
    part = part_of(dimensions)
    bins = f"h:{dimensions[0]}" if dimensions else "h"
    needs = {part, bins} if any(kind == HISTOGRAM for kind, _ in wanted) else {part}
    span = span_of(ask.frame)
    tables, starts, ends = [], list[Ints](), list[Ints]()
    for month in live.months:
        days = live.valid[month.starts_on]
        bucket = _bucket_of(span, days.starts, days.ends)
        kept = bucket >= 0
        if month.parts.issuperset(needs) and kept.any():
            tables.append(DayTable(month, days.places[kept], bucket[kept], days.starts[kept]))
            starts.append(days.starts[kept])
            ends.append(days.ends[kept])
    if not tables:
        return None
    known = Known(live.source, number, ask, dimensions, part, tables)
    skip = _spans(np.concatenate(starts), np.concatenate(ends))
    return Cover(skip, f"tensors of {sum(len(table.places) for table in tables)} days", known)


def _by_month(live: _Live, number: int, ask: Ask) -> Cover | None:
    """Months that lie whole in one bucket and are as they were counted, for the sets of people."""
    dimensions = _dimensions(live.source, ask) or ()
    columns = {stat.column for stat in ask.stats if stat.kind == "distinct"}
    name = dimensions[0] if dimensions else ""
    if columns != {live.source.dataset.actor} or len(dimensions) > 1:
        return None
    span, tz = span_of(ask.frame), live.source.scope.workspace.timezone
    found, starts, ends = list[tuple[Month, int]](), list[Ints](), list[Ints]()
    for month in live.months:
        if name in month.sets and live.is_whole(month):
            edges = day_starts(month.starts_on, add_months(month.starts_on, 1), tz)
            bucket = int(_bucket_of(span, edges[:1], edges[-1:])[0])
            if bucket >= 0:
                found.append((month, bucket))
                starts.append(edges[:1])
                ends.append(edges[-1:])
    if not found:
        return None
    known = MonthSets(live.source, number, ask, name, found)
    skip = _spans(np.concatenate(starts), np.concatenate(ends))
    return Cover(skip, f"sets of people of {len(found)} months", known)
