"""For each stop that nobody serves: what is the smallest change that would serve it?

Changes are found by relaxing limits (relaxing.py); overtime and windows again with the solver, which may put all routes
in another order (resolving.py). Each is then applied to the day, its routes put in time anew and checked by code of its
own (checking.py); only what passes is proposed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from services.routing.changes import Change, ChangeKind, apply, sentence, size
from services.routing.checking import wrong_with_plan
from services.routing.plans import Day, Plan
from services.routing.relaxing import Relaxed, by_dropping, by_hiring, by_insertion
from services.routing.resolving import Budget, less_overtime, less_widening
from services.routing.schedules import fits
from services.routing.settling import Work, plan, work_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that serves the stop: in words, how big it is in minutes (changes.size), and the plan it leads to."""

    change: Change
    sentence: str
    size: float
    plan: Plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a stop is not served, and the smallest change of each kind, the smallest of all first."""

    stop: str
    why: str
    proposals: tuple[Proposal, ...]

    @property
    def sentence(self) -> str:
        """Why, and the smallest change."""
        if not self.proposals:
            return f"{self.why} No single change would serve it."
        return f"{self.why} Smallest change: {self.proposals[0].sentence}."


def explain(day: Day, made: Plan, seconds: float = 2.0, seed: int = 1) -> tuple[Explanation, ...]:
    """One explanation for each unserved stop of a plan, in its order; the solver takes about `seconds` in all."""
    work, at = work_of(day, made), {stop.id: number for number, stop in enumerate(day.stops)}
    ends, left = time.monotonic() + seconds, len(made.unserved)
    found = []
    for number, name in enumerate(made.unserved):
        share = max(0.0, ends - time.monotonic()) / (left - number)
        found.append(_explain(day, work, at[name], Budget(time.monotonic() + share, seed)))
    return tuple(found)


def _explain(day: Day, work: Work, stop: int, budget: Budget) -> Explanation:
    found = _smallest(day, by_insertion(day, work, stop))
    late, narrow = found.get(("overtime",)), found.get(("window",))
    more = [*found.values(), *by_dropping(day, work, stop), *by_hiring(day, work, stop)]
    if late is not None:
        more += less_overtime(day, work, stop, late, budget)
    if narrow is not None:
        more += less_widening(day, work, stop, narrow, budget)
    ranked = sorted(_simplest(_smallest(day, more)).values(), key=lambda one: size(day, one.change))
    proposals = [proposal for one in ranked if (proposal := _verified(day, work, one)) is not None]
    return Explanation(day.stops[stop].id, _why(day, stop), tuple(proposals))


def _smallest(day: Day, found: Iterable[Relaxed]) -> dict[tuple[ChangeKind, ...], Relaxed]:
    """The smallest change of each combination of kinds."""
    best: dict[tuple[ChangeKind, ...], Relaxed] = {}
    for one in found:
        kinds = one.change.kinds
        if kinds not in best or size(day, one.change) < size(day, best[kinds].change):
            best[kinds] = one
    return best


def _simplest(found: dict[tuple[ChangeKind, ...], Relaxed]) -> dict[tuple[ChangeKind, ...], Relaxed]:
    """Without combinations of which a part is enough."""
    return {kinds: one for kinds, one in found.items() if not any(set(other) < set(kinds) for other in found)}


def _verified(day: Day, work: Work, one: Relaxed) -> Proposal | None:
    """The proposal, if the changed day can be driven so, the stop is served and nothing else is lost."""
    changed = apply(day, one.change)
    if not all(fits(changed, officer, sequence) for officer, sequence in enumerate(one.work)):
        return None
    made = plan(changed, one.work)
    served = {name for route in made.routes for name in route.stops}
    before = {day.stops[stop].id for sequence in work for stop in sequence}
    lost = before - served - {one.change.drops}
    if lost or one.change.stop not in served or wrong_with_plan(changed, made):
        return None
    return Proposal(one.change, sentence(day, one.change), size(day, one.change), made)


def _why(day: Day, stop: int) -> str:
    what, crew = day.stops[stop], range(len(day.officers))
    skilled = [officer for officer in crew if day.allows(officer, stop)]
    if not skilled:
        return f"No officer who may serve it has {', '.join(sorted(what.skills)) or 'the right to'}."
    able = [n for n in skilled if (most := day.officers[n].capacity) is None or what.load <= most]
    if not able:
        return f"No officer carries {what.load}."
    if not any(fits(day, officer, (*day.prefix(officer), stop)) for officer in able):
        return "Nobody can be there within its window and back within the shift."
    return "There is no room for it beside what is served."
