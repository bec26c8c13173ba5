"""Is this a day that can be planned, and does this plan keep to all of it?

Written apart from the code that makes plans: it adds the times up again.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.routing.clock import clock_of
from services.routing.plans import Day, Officer, Plan, Route, Stop, Visit
from services.routing.schedules import finish_s, load_of
from services.routing.travel import ROADS


def wrong_with_day(day: Day) -> list[str]:
    """What is wrong with the input, in sentences; empty when it can be planned."""
    found = [*_names(day), *(text for stop in day.stops for text in _stop(stop))]
    found += [text for who in day.officers for text in _officer(who)]
    size = len(day.stops) + 2 * len(day.officers)
    if day.travel.seconds.shape != (size, size) or day.travel.metres.shape != (size, size):
        found.append(f"Travel times: found a table of {day.travel.seconds.shape}, expected {size} by {size}.")
    return found or list(_begun(day))


def _names(day: Day) -> Iterator[str]:
    if not day.officers:
        yield "There is no officer; expected at least one."
    stops, officers = [stop.id for stop in day.stops], [who.id for who in day.officers]
    for kind, names in (("stop", stops), ("officer", officers)):
        twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        for name in sorted(twice):
            yield f"Two {kind}s are called `{name}`; expected a name of its own for each."
    begun = [(who, name) for who, sequence in day.begun.items() for name in sequence]
    for who, name in [*begun, *((who, name) for name, who in day.pinned.items())]:
        if name not in stops:
            yield f"There is no stop `{name}`, which is kept for officer `{who}`."
        if who not in officers:
            yield f"There is no officer `{who}`, for whom stop `{name}` is kept."


def _stop(stop: Stop) -> Iterator[str]:
    if stop.closes_s < stop.opens_s:
        yield f"Stop `{stop.id}` closes at {clock_of(stop.closes_s)}, before it opens at {clock_of(stop.opens_s)}."
    if not 1 <= stop.priority <= 5:
        yield f"Stop `{stop.id}`, field priority: found {stop.priority}, expected 1 to 5."
    if stop.service_s < 0 or stop.load < 0:
        yield f"Stop `{stop.id}`: found a negative time or load, expected none below 0."
    if stop.place.road not in ROADS:
        yield f"Stop `{stop.id}`, field road: found {stop.place.road!r}, expected one of {', '.join(ROADS)}."


def _officer(who: Officer) -> Iterator[str]:
    if who.to_s <= who.from_s:
        yield f"The shift of officer `{who.id}` ends at {clock_of(who.to_s)}, before it has begun."
    for place in (who.start, who.end):
        if place.road not in ROADS:
            yield f"Officer `{who.id}`, field road: found {place.road!r}, expected one of {', '.join(ROADS)}."
    for rest in who.breaks:
        if rest.latest_s < rest.opens_s or rest.lasts_s <= 0:
            yield f"A break of officer `{who.id}` begins at the latest before it may begin, or has no length."


def _begun(day: Day) -> Iterator[str]:
    """Whether what officers have begun with can be done at all."""
    for number, who in enumerate(day.officers):
        prefix = day.prefix(number)
        if not prefix:
            continue
        kept, done = ", ".join(day.begun[who.id]), finish_s(day, number, prefix)
        barred = [day.stops[stop].id for stop in prefix if not day.allows(number, stop)]
        if barred:
            yield f"Officer `{who.id}` may not serve stop `{barred[0]}`, which is kept on the route."
        elif done is None:
            yield f"Officer `{who.id}` cannot serve {kept} in this order within windows and breaks."
        elif done > who.to_s:
            yield f"Officer `{who.id}` is back at {clock_of(done)} from {kept} alone, after the shift."
        elif who.capacity is not None and load_of(day, prefix) > who.capacity:
            yield f"Officer `{who.id}` carries {who.capacity}, less than {kept} together."


def wrong_with_plan(day: Day, made: Plan) -> list[str]:
    """Every limit that a plan breaks, in sentences; empty for a plan that can be driven as it is."""
    stops = {stop.id: stop for stop in day.stops}
    served = [visit.stop for one in made.routes for visit in one.visits]
    found = [f"Stop {name} is served twice." for name in sorted({n for n in served if served.count(n) > 1})]
    if sorted([*set(served), *made.unserved]) != sorted(stops):
        found.append("Some stop is neither served nor named as unserved.")
    for number, one in enumerate(made.routes):
        found += [f"Officer {one.officer}: {text}" for text in _route(day, number, one, stops)]
    return found


def _route(day: Day, number: int, one: Route, stops: dict[str, Stop]) -> Iterator[str]:
    who, at, left = day.officers[number], day.start_of(number), one.start_s
    begun = tuple(day.begun.get(who.id, ()))
    if one.stops[: len(begun)] != begun:
        yield "the stops begun with are not first"
    position = {name: place for place, name in enumerate(stops)}
    for visit in one.visits:
        here = position[visit.stop]
        yield from _visit(
            day, who, visit, left + int(day.travel.seconds[at, here]) + _resting(one, left, visit.begin_s)
        )
        left, at = visit.leave_s, here
    home = left + int(day.travel.seconds[at, day.end_of(number)]) + _resting(one, left, one.end_s)
    if one.visits and one.end_s < home:
        yield "is back before one can be"
    if one.start_s < who.from_s or one.end_s > who.to_s:
        yield "works outside the shift"
    load = sum(stops[name].load for name in one.stops)
    if who.capacity is not None and load > who.capacity:
        yield f"carries {load}, more than {who.capacity}"
    yield from _breaks(who, one)


def _visit(day: Day, who: Officer, visit: Visit, there_s: int) -> Iterator[str]:
    stop = next(stop for stop in day.stops if stop.id == visit.stop)
    if visit.begin_s < there_s:
        yield f"stop {stop.id} begins before one can be there"
    if not stop.opens_s <= visit.begin_s <= stop.closes_s:
        yield f"stop {stop.id} begins at {clock_of(visit.begin_s)}, outside its window"
    if visit.leave_s != visit.begin_s + stop.service_s:
        yield f"stop {stop.id} does not last as long as it takes"
    if not stop.skills <= who.skills or day.pinned.get(stop.id, who.id) != who.id:
        yield f"may not serve stop {stop.id}"


def _resting(one: Route, from_s: int, to_s: int) -> int:
    return sum(rest.end_s - rest.begin_s for rest in one.rests if from_s <= rest.begin_s and rest.end_s <= to_s)


def _breaks(who: Officer, one: Route) -> Iterator[str]:
    for number, wanted in enumerate(who.breaks):
        if number >= len(one.rests):
            if one.end_s > wanted.latest_s:
                yield f"misses the break that begins by {clock_of(wanted.latest_s)}"
            continue
        taken = one.rests[number]
        if not wanted.opens_s <= taken.begin_s <= wanted.latest_s or taken.end_s - taken.begin_s != wanted.lasts_s:
            yield f"takes a break at {clock_of(taken.begin_s)}, not as wanted"
        if any(visit.begin_s < taken.end_s and taken.begin_s < visit.leave_s for visit in one.visits):
            yield f"works during the break at {clock_of(taken.begin_s)}"
