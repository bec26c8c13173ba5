"""Which small changes to a day are there, what do they say, and what do they make of it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from services.routing.clock import clock_of, minutes_up
from services.routing.plans import Day, Officer, Stop

ChangeKind = Literal["overtime", "window", "skill", "capacity", "drop", "officer"]
SKILL_MIN, CAPACITY_MIN, DROP_MIN, OFFICER_MIN = 60, 45, 120, 240


@dataclass(frozen=True, slots=True)
class Change:
    """One or more changes that belong together. Empty fields change nothing.

    `officer`: who stays `extra_s` longer, gets `skills` or `extra_load`. `opens_s` and `closes_s` widen the stop's
    window. `drops` is another stop that is left out. `hires` is a further officer.
    """

    stop: str
    officer: str = ""
    extra_s: int = 0
    skills: frozenset[str] = frozenset()
    extra_load: int = 0
    opens_s: int | None = None
    closes_s: int | None = None
    drops: str = ""
    hires: Officer | None = None

    @property
    def kinds(self) -> tuple[ChangeKind, ...]:
        """What is changed."""
        found: list[tuple[ChangeKind, bool]] = [
            ("overtime", self.extra_s > 0), ("window", self.opens_s is not None or self.closes_s is not None),
            ("skill", bool(self.skills)), ("capacity", self.extra_load > 0), ("drop", bool(self.drops)),
            ("officer", self.hires is not None),
        ]  # fmt: skip
        return tuple(kind for kind, is_used in found if is_used)


def apply(day: Day, change: Change) -> Day:
    """The day as it would be with the change."""
    from services.routing.hiring import with_officer

    stops = tuple(_stop(stop, change) for stop in day.stops)
    officers = tuple(_officer(who, change) for who in day.officers)
    changed = replace(day, stops=stops, officers=officers)
    return changed if change.hires is None else with_officer(changed, change.hires)


def _stop(stop: Stop, change: Change) -> Stop:
    if stop.id != change.stop:
        return stop
    opens = stop.opens_s if change.opens_s is None else change.opens_s
    return replace(stop, opens_s=opens, closes_s=stop.closes_s if change.closes_s is None else change.closes_s)


def _officer(who: Officer, change: Change) -> Officer:
    if who.id != change.officer:
        return who
    capacity = None if who.capacity is None else who.capacity + change.extra_load
    return replace(who, to_s=who.to_s + change.extra_s, skills=who.skills | change.skills, capacity=capacity)


def size(day: Day, change: Change) -> float:
    """How big a change is, in minutes, so that kinds compare.

    Overtime and a wider window count their minutes; a skill 60, more load 45 and another officer 240. Leaving out
    another stop counts 120, three times that for each step of its priority above, a third for each below.
    """
    found = float(minutes_up(change.extra_s))
    stop = next(stop for stop in day.stops if stop.id == change.stop)
    if change.opens_s is not None:
        found += (stop.opens_s - change.opens_s) / 60
    if change.closes_s is not None:
        found += (change.closes_s - stop.closes_s) / 60
    found += SKILL_MIN * len(change.skills) + CAPACITY_MIN * (change.extra_load > 0)
    found += OFFICER_MIN * (change.hires is not None)
    if change.drops:
        other = next(stop for stop in day.stops if stop.id == change.drops)
        found += DROP_MIN * 3.0 ** (other.priority - stop.priority)
    return found


def sentence(day: Day, change: Change) -> str:
    """The change as people say it: `+35 min for officer 2 and skill electrician for officer 2`."""
    names = {who.id: who.name or f"officer {who.id}" for who in day.officers}
    who = names.get(change.officer, "")
    parts = []
    if change.extra_s:
        parts.append(f"+{minutes_up(change.extra_s)} min for {who}")
    if change.skills:
        parts.append(f"skill {', '.join(sorted(change.skills))} for {who}")
    if change.extra_load:
        parts.append(f"+{change.extra_load} load for {who}")
    if change.closes_s is not None:
        parts.append(f"window to {clock_of(change.closes_s)}")
    if change.opens_s is not None:
        parts.append(f"window from {clock_of(change.opens_s)}")
    if change.drops:
        parts.append(f"drops stop {change.drops}")
    if change.hires:
        skills = f" with {', '.join(sorted(change.hires.skills))}" if change.hires.skills else ""
        shift = f"{clock_of(change.hires.from_s)} to {clock_of(change.hires.to_s)}"
        parts.append(f"one more officer{skills}, {shift}")
    return " and ".join(parts)
