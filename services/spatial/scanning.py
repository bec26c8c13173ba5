"""Which cylinders of places and days hold more than their share, compiled?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.compiling import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled()
def log_ratio(count: float, expected: float, total: float) -> float:
    """Kulldorff's log-likelihood ratio of more events inside than expected; 0 where there are not more.

    c ln(c / e) + (C - c) ln((C - c) / (C - e)), of c events of C where e are expected.
    """
    if count <= expected or expected <= 0:
        return 0.0
    rest = total - count
    outside = rest * math.log(rest / (total - expected)) if rest > 0 else 0.0
    return count * math.log(count / expected) + outside


@compiled("void(i8[:, ::1], i8[::1], i8[::1], i8, i8, i8, i8, f8[::1], f8[::1], i8[::1])")
def best_of_each(  # noqa: C901  # one compiled loop; functions around it cost a call for each cylinder
    counts: Ints, starts: Ints, nearest: Ints, longest: int, least: int, total: int, alive: int,
    best: Floats, expected: Floats, found: Ints,
) -> None:  # fmt: skip
    """For each centre the cylinder with the largest ratio, into `best`, `expected` and rows of `found`.

    `counts` are events by place and day. The circles of centre i are the beginnings of `nearest[starts[i]:
    starts[i + 1]]`; cylinders last up to `longest` days and, with `alive`, end on the last day. `found` holds for each
    centre: places, first day, days, events. Cylinders of fewer than `least` events are left out.
    """
    places, days = counts.shape
    of_day = np.zeros(days, np.int64)
    of_place = np.zeros(places, np.int64)
    for place in range(places):
        for day in range(days):
            of_day[day] += counts[place, day]
            of_place[place] += counts[place, day]
    until = np.zeros(days + 1, np.int64)
    until[1:] = np.cumsum(of_day)
    inside = np.zeros(days + 1, np.int64)
    for centre in range(starts.size - 1):
        inside[:] = 0
        here = 0
        for number in range(starts[centre], starts[centre + 1]):
            place = nearest[number]
            here += of_place[place]
            running = 0
            for day in range(days):
                running += counts[place, day]
                inside[day + 1] += running
            if here < least:
                continue
            for end in range(days if alive else 1, days + 1):
                for begin in range(max(0, end - longest), end):
                    count = inside[end] - inside[begin]
                    if count < least:
                        continue
                    share = here * (until[end] - until[begin]) / total
                    if count <= share:
                        continue
                    ratio = log_ratio(float(count), share, float(total))
                    if ratio > best[centre]:
                        best[centre], expected[centre] = ratio, share
                        found[4 * centre] = number - starts[centre] + 1
                        found[4 * centre + 1] = begin
                        found[4 * centre + 2] = end - begin
                        found[4 * centre + 3] = count


@compiled()
def _deal(of_event: Ints, dealt: Ints, counts: Ints, state: Any) -> None:
    """Shuffle days among events (Fisher and Yates, splitmix64) and count events by place and day."""
    for event in range(of_event.size - 1, 0, -1):
        state += np.uint64(0x9E3779B97F4A7C15)
        mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        other = np.int64(((mixed >> np.uint64(32)) * np.uint64(event + 1)) >> np.uint64(32))
        one = dealt[event]
        dealt[event] = dealt[other]
        dealt[other] = one
    counts[:, :] = 0
    for event in range(of_event.size):
        counts[of_event[event], dealt[event]] += 1


@compiled()
def _add(counts: Ints, place: int, inside: Ints, longest: int, alive: int) -> None:
    """Add a place to a circle: `inside` are events of the last n days, or with `alive` off those before day n."""
    running = 0
    days = counts.shape[1]
    for step in range(longest if alive else days):
        running += counts[place, days - 1 - step if alive else step]
        inside[step + 1] += running


@compiled()
def _highest(
    counts: Ints, inside: Ints, of_place: Ints, until: Ints, starts: Ints, nearest: Ints, longest: int, least: int,
    alive: int, total: int,
) -> float:  # fmt: skip
    highest = 0.0
    days = counts.shape[1]
    for centre in range(starts.size - 1):
        inside[:] = 0
        here = 0
        for number in range(starts[centre], starts[centre + 1]):
            here += of_place[nearest[number]]
            _add(counts, nearest[number], inside, longest, alive)
            for end in range(days if alive else 1, days + 1):
                for begin in range(max(0, end - longest), end):
                    count = inside[end - begin] if alive else inside[end] - inside[begin]
                    if count < least:
                        continue
                    share = here * (until[end] - until[begin]) / total
                    over = count - share
                    # the ratio is never above this, by ln x <= x - 1: most cylinders need no logarithm
                    if over > 0 and over * over * total > highest * share * (total - share):
                        highest = max(highest, log_ratio(float(count), share, float(total)))
    return highest


@compiled("void(i8[::1], i8[::1], i8[::1], i8[::1], i8, i8, i8, i8, u8, i8, i8, f8[::1])")
def replicas(
    of_event: Ints, day_of_event: Ints, starts: Ints, nearest: Ints, days: int, longest: int, least: int, alive: int,
    seed: int, first: int, last: int, best: Floats,
) -> None:  # fmt: skip
    """The largest ratio of any cylinder, for each replica in which the days are dealt to the events anew."""
    of_place, of_day = np.zeros(starts.size - 1, np.int64), np.zeros(days, np.int64)
    for event in range(of_event.size):
        of_place[of_event[event]] += 1
        of_day[day_of_event[event]] += 1
    until = np.zeros(days + 1, np.int64)
    until[1:] = np.cumsum(of_day)
    counts, inside = np.zeros((of_place.size, days), np.int64), np.zeros(days + 1, np.int64)
    for replica in range(first, last):
        # from the file's own order each time, so that a replica does not depend on the ones before it
        dealt = day_of_event.copy()
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(replica + 1) * np.uint64(0xD1342543DE82EF95)
        _deal(of_event, dealt, counts, state)
        best[replica] = _highest(counts, inside, of_place, until, starts, nearest, longest, least, alive, of_event.size)
