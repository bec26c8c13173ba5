"""How do the solver's routes become routes that can be driven exactly so, breaks included?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from services.routing.building import prizes
from services.routing.plans import Day, Plan
from services.routing.schedules import finish_s, fits, route

Work = tuple[tuple[int, ...], ...]  # stops by officer, in order


def drive_s(day: Day, officer: int, sequence: Sequence[int]) -> int:
    """Seconds at the wheel on these stops, home included."""
    if not sequence:
        return 0
    path = [day.start_of(officer), *sequence, day.end_of(officer)]
    return sum(int(day.travel.seconds[a, b]) for a, b in pairwise(path))


def places_in(day: Day, officer: int, sequence: Sequence[int]) -> range:
    """Where a stop may be put in: nowhere before what the officer has begun with."""
    return range(len(day.prefix(officer)), len(sequence) + 1)


def settle(day: Day, found: Work) -> Work:
    """The routes, less what cannot be kept exactly, plus whatever else fits somewhere."""
    kept = [_kept(day, officer, sequence) for officer, sequence in enumerate(found)]
    return fill(day, tuple(kept))


def fill(day: Day, work: Work) -> Work:
    """Put each unserved stop, the most important first, where it costs the least driving, if it fits anywhere."""
    routes, worth = list(work), prizes(day)
    for stop in sorted(unserved(day, work), key=lambda one: (-worth[one], one)):
        best = min(
            (
                (drive_s(day, officer, longer) - drive_s(day, officer, routes[officer]), officer, longer)
                for officer in range(len(routes))
                if day.allows(officer, stop)
                for longer in insertions(day, officer, routes[officer], stop)
                if fits(day, officer, longer)
            ),
            default=None,
        )
        if best is not None:
            routes[best[1]] = best[2]
    return tuple(routes)


def insertions(day: Day, officer: int, sequence: tuple[int, ...], stop: int) -> list[tuple[int, ...]]:
    """The sequence with the stop put in at each place where it may be."""
    return [(*sequence[:at], stop, *sequence[at:]) for at in places_in(day, officer, sequence)]


def unserved(day: Day, work: Work) -> list[int]:
    """Stops on no route."""
    served = {stop for sequence in work for stop in sequence}
    return [stop for stop in range(len(day.stops)) if stop not in served]


def _kept(day: Day, officer: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    """The sequence without the stops that matter least among those whose leaving makes it fit."""
    worth, locked = prizes(day), len(day.prefix(officer))
    while not fits(day, officer, sequence) and len(sequence) > locked:
        shorter = [sequence[:at] + sequence[at + 1 :] for at in range(locked, len(sequence))]
        dropped = sequence[locked:]
        ranked = sorted(
            zip(shorter, dropped, strict=True),
            key=lambda one: (not fits(day, officer, one[0]), worth[one[1]], _finish(day, officer, one[0])),
        )
        sequence = ranked[0][0]
    return sequence


def _finish(day: Day, officer: int, sequence: tuple[int, ...]) -> float:
    done = finish_s(day, officer, sequence)
    return float("inf") if done is None else done


def plan(day: Day, work: Work, seconds: float = 0.0) -> Plan:
    """The routes with their times, and what is on none of them."""
    routes = tuple(route(day, officer, sequence) for officer, sequence in enumerate(work))
    left = sorted(unserved(day, work), key=lambda stop: (-day.stops[stop].priority, stop))
    return Plan(
        routes, tuple(day.stops[stop].id for stop in left), sum(one.drive_s for one in routes), day.travel.source,
        round(seconds, 2),
    )  # fmt: skip


def work_of(day: Day, made: Plan) -> Work:
    """The stops of a plan by officer, as positions in the day."""
    at = {stop.id: number for number, stop in enumerate(day.stops)}
    return tuple(tuple(at[name] for name in one.stops) for one in made.routes)


def worth_of(day: Day, work: Work) -> tuple[int, int]:
    """How good routes are, smaller first: what is left out (prizes), then driving."""
    worth = prizes(day)
    lost = sum(worth[stop] for stop in unserved(day, work))
    return lost, sum(drive_s(day, officer, sequence) for officer, sequence in enumerate(work))
