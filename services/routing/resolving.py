"""Is a smaller change enough when all routes may be put in another order? Asked of the solver, checked exactly."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.routing.building import question
from services.routing.changes import Change, apply
from services.routing.clock import whole_minutes_s
from services.routing.plans import Day
from services.routing.relaxing import Relaxed
from services.routing.schedules import finish_s, fits, route
from services.routing.searching import search
from services.routing.settling import Work

_ONCE_S = 0.25
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Budget:
    """Until when the solver may be asked (monotonic seconds), and its seed."""

    until: float
    seed: int

    def is_left(self) -> bool:
        """Whether there is time for one more question."""
        return time.monotonic() + _ONCE_S < self.until


def less_overtime(day: Day, work: Work, stop: int, known: Relaxed, budget: Budget) -> Iterator[Relaxed]:
    """The least overtime of the officer whom the insertion keeps late; overtime is the solver's cost."""
    if not budget.is_left():
        return
    officer = next(n for n, who in enumerate(day.officers) if who.id == known.change.officer)
    allowed = [known.change.extra_s if n == officer else 0 for n in range(len(day.officers))]
    routes = _routes(day, work, stop, budget, allowed)
    back = finish_s(day, officer, routes[officer]) if routes else None
    if routes and back is not None:
        change = replace(known.change, extra_s=max(0, whole_minutes_s(back - day.officers[officer].to_s)))
        if change.kinds and _all_fit(apply(day, change), routes):
            yield Relaxed(change, routes)


def less_widening(day: Day, work: Work, stop: int, known: Relaxed, budget: Budget) -> Iterator[Relaxed]:
    """A window that stays open less long than the insertion needs: halving, from the earliest that anybody can come."""
    what, change = day.stops[stop], known.change
    if change.closes_s is None:
        return
    arrivals = [
        who.from_s + int(day.travel.seconds[day.start_of(n), stop]) for n, who in enumerate(day.officers)
    ]  # fmt: skip
    low, high = max(what.closes_s, whole_minutes_s(min(arrivals))), change.closes_s
    middle = low
    while high - low >= _MINUTE and budget.is_left():
        tried = apply(day, Change(what.id, closes_s=middle))
        routes = _routes(tried, work, stop, budget)
        if routes and _all_fit(tried, routes):
            begins = [
                v.begin_s for n, one in enumerate(routes) for v in route(tried, n, one).visits if v.stop == what.id
            ]
            high = whole_minutes_s(begins[0])
            if high > what.closes_s:
                yield Relaxed(Change(what.id, closes_s=high), routes)
        else:
            low = middle + _MINUTE
        middle = (low + high) // 2 // _MINUTE * _MINUTE


def _routes(day: Day, work: Work, stop: int, budget: Budget, overtime_s: Sequence[int] | None = None) -> Work | None:
    """Routes with everything that is served now and the stop, if the solver finds any."""
    must = frozenset({stop, *(one for sequence in work for one in sequence)})
    asked = question(day, overtime_s=overtime_s, must=must)
    done = search(asked.data, _ONCE_S, budget.seed)
    if not done.feasible:
        return None
    depots = asked.data.num_depots
    routes = [day.prefix(number) for number in range(len(day.officers))]
    for number, visits in done.routes:
        routes[number] += tuple(asked.free[visit - depots] for visit in visits)
    return tuple(routes)


def _all_fit(day: Day, work: Work) -> bool:
    return all(fits(day, officer, sequence) for officer, sequence in enumerate(work))
