"""Which counted days and months of a stream lie in a frame of time, and in which of its buckets?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Frame, Ints
from data.engine.blocks import Span, buckets_of, span_of
from data.engine.buckets import add_months
from data.engine.days import day_starts
from data.engine.manifest import Stream
from data.engine.sources import Source
from data.engine.tensor_days import Days, whole_sets
from data.engine.tensor_index import Key, Month, place_of, prints_of
from data.engine.tensor_known import Chosen, runs_of
from data.engine.tensor_panels import Panels

_MOST_FRAMES = 500
Spans = tuple[tuple[int, int], ...]


class FrameSpan:
    """A frame, and which segments may have a row in it."""

    def __init__(self, stream: Stream, frame: Frame) -> None:
        self.span = span_of(frame)
        self.segments: NDArray[np.bool_] = stream.first_ms < self.span.edges[-1]
        if not self.span.opening:
            self.segments &= stream.last_ms >= self.span.edges[0]
        self.rows = int(stream.counts[self.segments].sum())


def span_in(stream: Stream, frame: Frame) -> FrameSpan:
    """Worked out once while the segments are the same."""
    found: FrameSpan | None = stream.kept.get(frame)
    if found is None:
        if len(stream.kept) >= _MOST_FRAMES:
            stream.kept.clear()
        found = stream.kept[frame] = FrameSpan(stream, frame)
    return found


class Live:
    """The counted months of a stream beside its live segments; arrays are of the days that are as they were counted."""

    def __init__(self, source: Source, number: int, stream: Stream, months: dict[date, Month]) -> None:
        self.number, self.stream, self.index = number, stream, months
        self.tz = source.scope.workspace.timezone
        self.months = sorted(months.values(), key=lambda month: month.starts_on)
        self.prints = prints_of(stream)
        valid = [self._valid(month) for month in self.months]
        self.month = np.repeat(np.arange(len(valid)), [len(places) for places in valid])
        self.place = np.concatenate([*valid, np.empty(0, np.int64)]).astype(np.int64)
        edges = [day_starts(m.starts_on, add_months(m.starts_on, 1), self.tz) for m in self.months]
        ordinals = [np.asarray(m.days, np.int64) for m in self.months]
        self.edges = [(int(found[0]), int(found[-1])) for found in edges]
        within = [o - m.starts_on.toordinal() for o, m in zip(ordinals, self.months, strict=True)]
        self.all_starts = [found[day] for found, day in zip(edges, within, strict=True)]
        none = np.empty(0, np.int64)
        self.starts = np.concatenate([none, *(e[d[v]] for e, d, v in zip(edges, within, valid, strict=True))])
        self.ends = np.concatenate([none, *(e[d[v] + 1] for e, d, v in zip(edges, within, valid, strict=True))])
        days = np.concatenate([none, *(o[v] for o, v in zip(ordinals, valid, strict=True))])
        self.ordinals = days
        at = np.minimum(np.searchsorted(days, stream.days), max(len(days) - 1, 0))
        self.day_of_segment = np.where(days[at] == stream.days, at, -1) if len(days) else np.full(len(stream.days), -1)
        live_days = np.asarray(sorted(self.prints), np.int64)
        self.whole = [self._is_whole(m, v, live_days) for m, v in zip(self.months, valid, strict=True)]
        self._frames: dict[Frame, CountedFrame] = {}
        self._having: dict[frozenset[str], NDArray[np.bool_]] = {}

    def frame(self, frame: Frame, span: FrameSpan) -> CountedFrame:
        """What is known of a frame, worked out once."""
        if frame not in self._frames:
            if len(self._frames) >= _MOST_FRAMES:
                self._frames.clear()
            self._frames[frame] = CountedFrame(self, span)
        return self._frames[frame]

    def having(self, parts: frozenset[str]) -> NDArray[np.bool_]:
        """The days in months that have these parts."""
        if parts not in self._having:
            has = np.asarray([month.parts.issuperset(parts) for month in self.months], np.bool_)
            self._having[parts] = has[self.month]
        return self._having[parts]

    def _valid(self, month: Month) -> Ints:
        """The places of the days that are as they were counted."""
        pairs = enumerate(zip(month.days, month.prints, strict=True))
        return np.asarray([i for i, (day, found) in pairs if self.prints.get(day) == found], np.int64)

    @staticmethod
    def _is_whole(month: Month, valid: Ints, live_days: Ints) -> bool:
        """Whether every day of the month that has segments is as it was counted."""
        first, last = month.starts_on.toordinal(), add_months(month.starts_on, 1).toordinal()
        live = live_days[np.searchsorted(live_days, first) : np.searchsorted(live_days, last)]
        return len(valid) == len(month.days) == len(live)


class CountedFrame:
    """What asks of one frame have in common: which bucket each counted day is in, and those days in the panels."""

    def __init__(self, live: Live, span: FrameSpan) -> None:
        self.live, self.span = live, span.span
        self.buckets = _bucket_of(self.span, live.starts, live.ends)
        self._days = live.day_of_segment[span.segments]
        self._chosen: dict[frozenset[str], tuple[Chosen, Spans, bool] | None] = {}
        self._by_days: dict[bytes, tuple[Chosen, Spans, bool] | None] = {}
        self._people: dict[tuple[tuple[str, ...], bool], PeopleMonths] = {}
        self._places: dict[str, WholeMonths] = {}

    def chosen(self, parts: frozenset[str]) -> tuple[Chosen, Spans, bool] | None:
        """The days in months that have these parts, the time they span, and whether that is all there is to read."""
        if parts not in self._chosen:
            inside = (self.buckets >= 0) & self.live.having(parts)
            days = inside.tobytes()  # most parts are in all months, so the days are the same
            if days not in self._by_days:
                self._by_days[days] = self._choose(inside) if inside.any() else None
            self._chosen[parts] = self._by_days[days]
        return self._chosen[parts]

    def _choose(self, inside: NDArray[np.bool_]) -> tuple[Chosen, Spans, bool]:
        live, kept = self.live, np.flatnonzero(inside)
        numbers, at = np.unique(live.month[kept], return_inverse=True)
        months = tuple(live.months[i] for i in numbers.tolist())
        offsets = np.cumsum([0, *(len(month.days) for month in months)])
        starts = np.concatenate([live.all_starts[i] for i in numbers.tolist()])
        runs = runs_of(offsets[at] + live.place[kept], self.buckets[kept])
        spans = _spans(live.starts[kept], live.ends[kept])
        return Chosen(months, runs, len(kept), starts), spans, self.leaves_nothing(inside)

    def people(self, dimensions: tuple[str, ...], is_split: bool) -> PeopleMonths:
        """Where sets of people by these dimensions are, worked out once."""
        if (dimensions, is_split) not in self._people:
            self._people[dimensions, is_split] = PeopleMonths(self, dimensions, is_split)
        return self._people[dimensions, is_split]

    def places(self, name: str) -> WholeMonths:
        """The months with rows by cell and this dimension, worked out once."""
        if name not in self._places:
            self._places[name] = WholeMonths(self, [name in month.places for month in self.live.months])
        return self._places[name]

    def leaves_nothing(self, inside: NDArray[np.bool_]) -> bool:
        """Whether all segments in the frame belong to these days."""
        return bool(np.append(inside, False)[self._days].all())


class WholeMonths:
    """Whole months of a frame that lie in one bucket and have what is wanted; `months` are by their bucket."""

    def __init__(self, frame: CountedFrame, having: Sequence[bool]) -> None:
        self._frame, live = frame, frame.live
        edges = np.asarray(live.edges, np.int64).reshape(-1, 2)
        buckets = _bucket_of(frame.span, edges[:, 0], edges[:, 1]).tolist()
        usable = (whole and has for whole, has in zip(live.whole, having, strict=True))
        whole = {i: bucket for i, (bucket, has) in enumerate(zip(buckets, usable, strict=True)) if has and bucket >= 0}
        self.count, self._edges, self._inside = len(whole), edges[list(whole)], np.isin(live.month, list(whole))
        self.months: dict[int, list[Month]] = {}
        for i, bucket in whole.items():
            self.months.setdefault(bucket, []).append(live.months[i])
        self._skips: dict[frozenset[Days], tuple[Spans, bool]] = {}

    def panels(self, source: Source) -> list[tuple[int, Panels]]:
        """The panels of the months of each bucket."""
        return [(b, Panels(source, self._frame.live.number, months)) for b, months in self.months.items()]

    def skip(self, sets: frozenset[Days] = frozenset()) -> tuple[Spans, bool]:
        """The time that the months and some sets of days span, and whether that is all there is to read."""
        if sets not in self._skips:
            live = self._frame.live
            days = np.isin(live.ordinals, [first + i for first, number in sets for i in range(number)])
            starts = np.append(self._edges[:, 0], live.starts[days])
            ends = np.append(self._edges[:, 1], live.ends[days])
            order = np.argsort(starts)
            self._skips[sets] = _spans(starts[order], ends[order]), self._frame.leaves_nothing(self._inside | days)
        return self._skips[sets]


class PeopleMonths(WholeMonths):
    """Sets of people in a frame: of months, by at most one dimension, and, where no ask splits, of some days beside
    them; `days` is the bucket of each set by its days."""

    def __init__(self, frame: CountedFrame, dimensions: tuple[str, ...], is_split: bool) -> None:
        name = "".join(dimensions) if len(dimensions) < 2 else None  # there are none by pairs
        super().__init__(frame, [name in month.sets for month in frame.live.months])
        ordinals, buckets = frame.live.ordinals, np.where(self._inside, -1, frame.buckets)
        self.days = {} if is_split else dict(whole_sets(ordinals, buckets))


_lives: dict[Key, Live] = {}


def live_of(source: Source, number: int, stream: Stream, months: dict[date, Month]) -> Live:
    """Worked out again only when segments or counted months have changed."""
    place = place_of(source, number)
    found = _lives.get(place)
    if found is None or found.stream is not stream or found.index is not months:
        found = _lives[place] = Live(source, number, stream, months)
    return found


def forget() -> None:
    """Forget what was worked out of counted months and live segments."""
    _lives.clear()


def _bucket_of(span: Span, starts: Ints, ends: Ints) -> Ints:
    """The bucket that holds the whole of each stretch of time, -1 where there is none."""
    first, last = buckets_of(span, starts), buckets_of(span, ends - 1)
    return np.where(first == last, first, -1)


def _spans(starts: Ints, ends: Ints) -> Spans:
    """Stretches of time, neighbours joined."""
    begins = np.concatenate([[True], starts[1:] != ends[:-1]])
    last = np.concatenate([begins[1:], [True]])
    return tuple(zip(starts[begins].tolist(), ends[last].tolist(), strict=True))
