"""Which changes would let an officer take one more stop on the routes that were found?

Exact for the routes as they are: every place on every route is tried, and for each the least overtime or the least
widening of the window is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.routing.changes import Change
from services.routing.clock import whole_minutes_s
from services.routing.plans import DAY_S, Day
from services.routing.schedules import finish_s, fits, load_of, route
from services.routing.settling import Work, insertions

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A change and the routes that it makes possible."""

    change: Change
    work: Work


def by_insertion(day: Day, work: Work, stop: int) -> Iterator[Relaxed]:
    """Overtime, wider windows, skills and capacity that let some officer put the stop in."""
    name = day.stops[stop].id
    for officer, sequence in enumerate(work):
        who = day.officers[officer]
        if day.pinned.get(name, who.id) != who.id:
            continue
        lacking = 0 if who.capacity is None else load_of(day, (*sequence, stop)) - who.capacity
        least = Change(name, who.id, 0, day.stops[stop].skills - who.skills, max(0, lacking))
        for longer in insertions(day, officer, sequence, stop):
            routes = (*work[:officer], longer, *work[officer + 1 :])
            found = _overtime(day, officer, longer, least)
            if found is not None:
                yield Relaxed(found, routes)
            yield from (Relaxed(one, routes) for one in _windows(day, officer, longer, stop, least))


def _overtime(day: Day, officer: int, longer: tuple[int, ...], least: Change) -> Change | None:
    back = finish_s(day, officer, longer)
    if back is None:
        return None
    late = max(0, back - day.officers[officer].to_s)
    return replace(least, extra_s=whole_minutes_s(late))


def _windows(day: Day, officer: int, longer: tuple[int, ...], stop: int, least: Change) -> Iterator[Change]:
    """The least later end and the least earlier begin of the stop's window with which it all fits."""
    free = _opened(day, officer, stop, 0, 2 * DAY_S)
    if not fits(free, officer, longer):
        return
    what = day.stops[stop]
    later = _opened(day, officer, stop, what.opens_s, 2 * DAY_S)
    if fits(later, officer, longer):
        begin = next(visit.begin_s for visit in route(later, officer, longer).visits if visit.stop == what.id)
        if begin > what.closes_s:
            yield replace(least, closes_s=whole_minutes_s(begin))
        return
    low, high = 0, what.opens_s // _MINUTE  # fits when it opens at `low`, not at `high`
    while high - low > 1:
        middle = (low + high) // 2
        if fits(_opened(day, officer, stop, middle * _MINUTE, what.closes_s), officer, longer):
            low = middle
        else:
            high = middle
    if fits(_opened(day, officer, stop, low * _MINUTE, what.closes_s), officer, longer):
        yield replace(least, opens_s=low * _MINUTE)


def _opened(day: Day, officer: int, stop: int, opens_s: int, closes_s: int) -> Day:
    """The day with the stop's window changed, and the officer able to serve it at all."""
    stops, officers = list(day.stops), list(day.officers)
    stops[stop] = replace(stops[stop], opens_s=opens_s, closes_s=closes_s)
    who = officers[officer]
    officers[officer] = replace(who, skills=who.skills | stops[stop].skills, capacity=None)
    return replace(day, stops=tuple(stops), officers=tuple(officers))


def by_dropping(day: Day, work: Work, stop: int) -> Iterator[Relaxed]:
    """Leaving out one other stop of a route, without anything else."""
    seconds, name = day.travel.seconds, day.stops[stop].id
    for officer, sequence in enumerate(work):
        who = day.officers[officer]
        if not day.allows(officer, stop):
            continue
        length = who.to_s - who.from_s
        for at in range(len(day.prefix(officer)), len(sequence)):
            shorter = sequence[:at] + sequence[at + 1 :]
            for longer in insertions(day, officer, shorter, stop):
                path = [day.start_of(officer), *longer, day.end_of(officer)]
                needed = int(seconds[path[:-1], path[1:]].sum()) + sum(day.stops[one].service_s for one in longer)
                if needed <= length and fits(day, officer, longer):
                    change = Change(name, drops=day.stops[sequence[at]].id)
                    yield Relaxed(change, (*work[:officer], longer, *work[officer + 1 :]))
                    break


def by_hiring(day: Day, work: Work, stop: int) -> Iterator[Relaxed]:
    """One more officer for the stop alone, from the nearest base, on its shift or when the stop needs it."""
    what = day.stops[stop]
    nearest = min(range(len(day.officers)), key=lambda n: int(day.travel.seconds[day.start_of(n), stop]))
    model = day.officers[nearest]
    there = int(day.travel.seconds[day.start_of(nearest), stop])
    back = int(day.travel.seconds[stop, day.end_of(nearest)])
    ids = {who.id for who in day.officers}
    name = next(f"extra-{number}" for number in range(1, len(ids) + 2) if f"extra-{number}" not in ids)
    begin = max(what.opens_s, model.from_s + there)
    hired = replace(model, id=name, name="", breaks=(), skills=what.skills, capacity=None)
    if begin > what.closes_s or begin + what.service_s + back > model.to_s:
        begin = min(what.closes_s, max(what.opens_s, there))
        leave = max(0, begin - there)
        hired = replace(hired, from_s=leave, to_s=leave + 2 * there + what.service_s + back + _MINUTE)
    if day.pinned.get(what.id) is None:
        yield Relaxed(Change(what.id, hires=hired), (*work, (stop,)))
