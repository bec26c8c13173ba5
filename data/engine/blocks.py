"""Which rows of which segments fall into which buckets, when several questions cut time differently?

All edges of all questions together cut time into intervals; a block is rows of one segment inside one interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Frame, Ints, edge_ms
from data.engine.manifest import Stream

ALWAYS = -(2**62)
Times = Callable[[int], NDArray[np.uint32]]


@dataclass(frozen=True, slots=True)
class Span:
    """A frame in milliseconds; `skip` are spans [from, to) of it that are answered elsewhere."""

    edges: Ints
    opening: bool
    skip: tuple[tuple[int, int], ...] = ()

    def cuts(self) -> list[int]:
        """Where an interval must begin."""
        found = [*self.edges.tolist(), *(edge for pair in self.skip for edge in pair)]
        return [ALWAYS, *found] if self.opening else found


def span_of(frame: Frame, skip: Sequence[tuple[int, int]] = ()) -> Span:
    """The frame in milliseconds."""
    return Span(edge_ms(frame.edges), frame.opening, tuple(skip))


def intervals(spans: Sequence[Span]) -> Ints:
    """Where the intervals begin; the last one is only an end."""
    return np.asarray(sorted({cut for span in spans for cut in span.cuts()}), np.int64)


def buckets_of(span: Span, starts: Ints) -> Ints:
    """The bucket of each interval, -1 for none."""
    found = np.searchsorted(span.edges, starts, side="right") - 1
    found[found >= len(span.edges) - 1] = -1
    if span.opening:
        before = starts < span.edges[0]
        found = np.where(before, 0, np.where(found >= 0, found + 1, -1))
    for first, last in span.skip:
        found[(starts >= first) & (starts < last)] = -1
    return found.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Touched:
    """The intervals that the first and last row of each segment fall into."""

    first: Ints
    last: Ints


def touched(stream: Stream, starts: Ints) -> Touched:
    """Where each segment lies among the intervals; -1 is before the first."""
    return Touched(
        np.searchsorted(starts, stream.first_ms, side="right") - 1,
        np.searchsorted(starts, stream.last_ms, side="right") - 1,
    )


def needed(where: Touched, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which segments have a row that may lie in a wanted interval."""
    before = np.concatenate([[0], np.cumsum(wanted)])
    first, last = np.maximum(where.first, 0), np.minimum(where.last, len(wanted) - 1)
    found: NDArray[np.bool_] = (last >= first) & (
        before[np.maximum(last, 0) + 1] - before[np.minimum(first, len(wanted))] > 0
    )
    return found


def blocks_of(
    stream: Stream, where: Touched, starts: Ints, wanted: NDArray[np.bool_], chosen: Ints, times: Times
) -> Ints:
    """Blocks (place in `chosen`, first row, end row, interval) of the chosen segments in the wanted intervals."""
    first, last = where.first[chosen], where.last[chosen]
    whole = np.flatnonzero((first == last) & (first >= 0))
    whole = whole[wanted[first[whole]]]
    parts = [np.column_stack([whole, np.zeros_like(whole), stream.counts[chosen[whole]], first[whole]])]
    for place in np.flatnonzero(first != last).tolist():
        segment = int(chosen[place])
        inner = np.arange(first[place] + 1, last[place] + 1)
        cuts = (starts[inner] - stream.day_ms[segment]).astype(np.uint32)
        rows = np.concatenate([[0], np.searchsorted(times(place), cuts), [stream.counts[segment]]])
        found = np.arange(first[place], last[place] + 1)
        kept = (rows[1:] > rows[:-1]) & (found >= 0) & wanted[np.maximum(found, 0)]
        lines = np.column_stack([np.full(kept.sum(), place), rows[:-1][kept], rows[1:][kept], found[kept]])
        parts.append(lines)
    return np.ascontiguousarray(np.concatenate(parts).astype(np.int64))
