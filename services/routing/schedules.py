"""When would an officer be where, on these stops in this order, and does it all fit?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.routing.plans import Break, Day, Rest, Route, Visit


@dataclass(frozen=True, slots=True)
class Leg:
    """A way with the breaks taken on it: when it ends, and when each break began."""

    arrive_s: int
    rests: tuple[Rest, ...]


def drive(leave_s: int, drive_s: int, breaks: Sequence[Break]) -> Leg | None:
    """The earliest arrival when all `breaks` are taken on the way, in order; None if one would begin too late.

    Who is under way drives until a break may begin, and waits on arrival if it may not begin yet.
    """
    now, left, rests = leave_s, drive_s, []
    for rest in breaks:
        if now < rest.opens_s:
            left -= min(left, rest.opens_s - now)
            now = rest.opens_s
        if now > rest.latest_s:
            return None
        rests.append(Rest(now, now + rest.lasts_s))
        now += rest.lasts_s
    return Leg(now + left, tuple(rests))


@dataclass(frozen=True, slots=True)
class _State:
    """Ready to leave a place at `at_s` with the first `taken` breaks behind; `before` is how one got here."""

    at_s: int
    taken: int
    before: _State | None
    leg: Leg | None
    begin_s: int


def _reach(states: list[_State], drive_s: int, breaks: tuple[Break, ...]) -> list[tuple[int, _State, Leg]]:
    """By number of breaks taken, the earliest arrival and where it comes from."""
    best: dict[int, tuple[int, _State, Leg]] = {}
    for state in states:
        for taken in range(state.taken, len(breaks) + 1):
            leg = drive(state.at_s, drive_s, breaks[state.taken : taken])
            if leg is not None and (taken not in best or leg.arrive_s < best[taken][0]):
                best[taken] = (leg.arrive_s, state, leg)
    return [(taken, state, leg) for taken, (_, state, leg) in sorted(best.items())]


def _walk(day: Day, officer: int, sequence: Sequence[int]) -> _State | None:
    """The last state of the earliest way through; None when a window or a break cannot be kept.

    Exact: arriving earlier is never worse, so the earliest time by number of breaks taken is all that matters.
    """
    who, at = day.officers[officer], day.start_of(officer)
    seconds = day.travel.seconds
    states = [_State(who.from_s, 0, None, None, who.from_s)]
    for stop in sequence:
        what, reached = day.stops[stop], []
        for taken, state, leg in _reach(states, int(seconds[at, stop]), who.breaks):
            begin = max(leg.arrive_s, what.opens_s)
            if begin <= what.closes_s:
                reached.append(_State(begin + what.service_s, taken, state, leg, begin))
        if not reached:
            return None
        states, at = reached, stop
    ends = [
        _State(leg.arrive_s, taken, state, leg, leg.arrive_s)
        for taken, state, leg in _reach(states, int(seconds[at, day.end_of(officer)]), who.breaks)
        if all(leg.arrive_s <= later.latest_s for later in who.breaks[taken:])
    ]
    return min(ends, key=lambda state: state.at_s, default=None)


def finish_s(day: Day, officer: int, sequence: Sequence[int]) -> int | None:
    """When the officer would be back at the earliest, whatever the shift says; None if it cannot be done at all."""
    if not sequence:
        return day.officers[officer].from_s
    last = _walk(day, officer, sequence)
    return None if last is None else last.at_s


def load_of(day: Day, sequence: Sequence[int]) -> int:
    """What the stops weigh together."""
    return sum(day.stops[stop].load for stop in sequence)


def fits(day: Day, officer: int, sequence: Sequence[int]) -> bool:
    """Whether the officer can do exactly this: skills, load, windows, breaks and shift."""
    who = day.officers[officer]
    if who.capacity is not None and load_of(day, sequence) > who.capacity:
        return False
    if not all(day.allows(officer, stop) for stop in sequence):
        return False
    done = finish_s(day, officer, sequence)
    return done is not None and done <= who.to_s


def route(day: Day, officer: int, sequence: Sequence[int]) -> Route:
    """The officer's day with its times; the sequence must be possible (see `finish_s`)."""
    who = day.officers[officer]
    last = _walk(day, officer, sequence) if sequence else None
    if last is None:
        if sequence:
            raise ValueError(f"officer {who.id} cannot do these stops in this order")
        return Route(who.id, (), (), who.from_s, who.from_s, 0, 0, 0)
    states = []
    while last is not None:
        states.append(last)
        last = last.before
    states.reverse()
    path = [day.start_of(officer), *sequence, day.end_of(officer)]
    drives = [int(day.travel.seconds[a, b]) for a, b in pairwise(path)]
    metres = [int(day.travel.metres[a, b]) for a, b in pairwise(path)]
    visits = tuple(
        Visit(day.stops[stop].id, _arrive(state), state.begin_s, state.at_s, drives[number], metres[number])
        for number, (stop, state) in enumerate(zip(sequence, states[1:-1], strict=True))
    )
    rests = tuple(rest for state in states[1:] if state.leg for rest in state.leg.rests)
    return Route(
        who.id, visits, rests, who.from_s, states[-1].at_s, sum(drives), sum(metres), load_of(day, sequence)
    )  # fmt: skip


def _arrive(state: _State) -> int:
    assert state.leg is not None
    return state.leg.arrive_s
