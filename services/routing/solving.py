"""Who goes where today, in which order?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.errors import BadInput
from services.routing.building import Question, question
from services.routing.checking import wrong_with_day
from services.routing.plans import Day, Plan
from services.routing.schedules import finish_s
from services.routing.searching import Clock, Progress, Sequences, search
from services.routing.settling import Work, fill, plan, settle, work_of, worth_of

PLAN_S = 5.0
IMPROVE_S = 30.0
_MANY_STOPS = 60  # from here on a second process finds better routes; below, one has found the best long before
_BALANCING_STEPS = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """How to plan: the time to search, the seed of chance, as many processes, an even share of work or not.

    `clock` is what the time of a single process is taken by, for measurements on a machine that others use as well.
    """

    seconds: float = PLAN_S
    seed: int = 1
    processes: int = 2
    balanced: bool = False
    clock: Clock = time.monotonic


def solve(day: Day, wish: Wish = Wish(), progress: Progress | None = None, warm: Plan | None = None) -> Plan:
    """Routes for a day: as much served as possible, by priority, with as little driving as can be found in time.

    `warm` is a plan of the same day to begin from; the result is never worse than it. Raises BadInput for a day that
    makes no sense (see checking.wrong_with_day) or when what officers have begun with cannot be done.
    """
    began = time.monotonic()
    problems = wrong_with_day(day)
    if problems:
        raise BadInput(problems[0])
    known = [work_of(day, warm)] if warm else [_begun_and_filled(day)]
    searching = wish.seconds / 2 if wish.balanced else wish.seconds
    progress = _part(progress, 0, 0.5) if wish.balanced else progress
    best = _best(day, [*known, *_candidates(day, searching, wish, progress, known)])
    if wish.balanced:
        best = _even(day, best, wish)
    return plan(day, best, time.monotonic() - began)


def _begun_and_filled(day: Day) -> Work:
    """Routes to begin from: each stop, the most important first, put in where it costs the least driving."""
    return fill(day, tuple(day.prefix(officer) for officer in range(len(day.officers))))


def improve(day: Day, made: Plan, wish: Wish = Wish(IMPROVE_S), progress: Progress | None = None) -> Plan:
    """A plan at least as good, searched for from one that there is."""
    return solve(day, wish, progress, made)


def _best(day: Day, candidates: Sequence[Work]) -> Work:
    return min((settle(day, work) for work in candidates), key=lambda work: worth_of(day, work))


def _candidates(day: Day, seconds: float, wish: Wish, progress: Progress | None, known: Sequence[Work]) -> list[Work]:
    """What the solver finds; where there are breaks, with shifts cut by them and then, a third of the time, whole."""
    if not any(who.breaks for who in day.officers):
        return [_found(day, question(day), seconds, wish, progress, known)]
    first = _found(day, question(day), seconds * 2 / 3, wish, _part(progress, 0, 2 / 3), known)
    again = [*known, settle(day, first)]
    whole = question(day, resting=False)
    return [first, _found(day, whole, seconds / 3, wish, _part(progress, 2 / 3, 1 / 3), again)]


def _part(progress: Progress | None, begin: float, share: float) -> Progress | None:
    """Progress of a part of the search as progress of all of it."""
    if progress is None:
        return None
    return lambda done, cost: progress(begin + share * done, cost)


def _found(
    day: Day, asked: Question, seconds: float, wish: Wish, progress: Progress | None, warm: Sequence[Work]
) -> Work:
    """What the solver finds, as stops by officer with what they have begun with in front."""
    starts = tuple(day.prefix(officer) for officer in asked.officers)
    if not asked.free:
        return starts
    processes = wish.processes if len(asked.free) >= _MANY_STOPS else 1
    depots = asked.data.num_depots
    first = [_sequences(asked, work, starts, depots) for work in warm]
    done = search(asked.data, seconds, wish.seed, first, progress, processes, wish.clock)
    work = list(starts)
    for officer, visits in done.routes:
        work[officer] = starts[officer] + tuple(asked.free[visit - depots] for visit in visits)
    return tuple(work)


def _sequences(asked: Question, work: Work, starts: Work, depots: int) -> Sequences:
    at = {stop: number + depots for number, stop in enumerate(asked.free)}
    later = [(officer, sequence[len(starts[officer]) :]) for officer, sequence in enumerate(work)]
    return tuple((officer, tuple(at[stop] for stop in sequence)) for officer, sequence in later if sequence)


def longest_s(day: Day, work: Work) -> int:
    """The longest working day among the officers, from the start of the shift to being back."""
    days = [(finish_s(day, n, sequence) or 0) - day.officers[n].from_s for n, sequence in enumerate(work)]
    return max(days, default=0)


def _even(day: Day, best: Work, wish: Wish) -> Work:
    """Halve the longest working day's distance to the mean again and again, as long as nothing more is left out."""
    lost, top = worth_of(day, best)[0], longest_s(day, best)
    low = sum((finish_s(day, n, sequence) or 0) - day.officers[n].from_s for n, sequence in enumerate(best))
    low //= max(1, len(best))
    for _ in range(_BALANCING_STEPS):
        limit = (low + top) // 2
        asked = question(day, longest_s=limit)
        tried = settle_within(day, _found(day, asked, wish.seconds / 2 / _BALANCING_STEPS, wish, None, []), limit)
        if worth_of(day, tried)[0] <= lost and longest_s(day, tried) < top:
            best, top = tried, longest_s(day, tried)
        else:
            low = limit
    return best


def settle_within(day: Day, work: Work, limit_s: int) -> Work:
    """Settle the routes with every shift cut to `limit_s`, so that filling up keeps work even."""
    crew = tuple(replace(who, to_s=min(who.to_s, who.from_s + limit_s)) for who in day.officers)
    return settle(replace(day, officers=crew), work)
