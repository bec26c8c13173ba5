"""How is a day put to the solver?

Costs are driving seconds. An officer's skills and pinned stops become a matrix of their own in which the stops that the
officer may not serve are out of reach; a stop's prize is what leaving it out costs. The solver knows no breaks: it gets
shifts that are shorter by them, or are not, and what it finds is put in time exactly (schedules.py, settling.py).
LIMIT: with breaks and tight windows together the result is possible, not always the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from services.routing.plans import DAY_S, Day, Stop
from services.routing.schedules import finish_s, load_of

if TYPE_CHECKING:
    from pyvrp import ProblemData

_OUT_OF_REACH = 4 * DAY_S  # more than any shift and window can hold
_NO_LIMIT = 1_000_000_000
_PER_STEP = 3  # each step of priority is worth as much as three stops of the step below


@dataclass(frozen=True, slots=True)
class Question:
    """What the solver is asked: `free` are the stops (positions in the day) behind its clients, in its order."""

    data: ProblemData
    free: tuple[int, ...]
    officers: tuple[int, ...]


def prizes(day: Day) -> list[int]:
    """What leaving out each stop costs, in driving seconds: always more than any way to it."""
    least = 4 * int(day.travel.seconds.max(initial=0)) + 60
    return [least * _PER_STEP ** (stop.priority - 1) for stop in day.stops]


def question(
    day: Day,
    overtime_s: Sequence[int] | None = None,
    longest_s: int | None = None,
    must: frozenset[int] | None = None,
    resting: bool = True,
) -> Question:
    """The solver's form of a day.

    `overtime_s` allows officers (by position) to be late by so much, at a price above all driving; `longest_s` limits
    every shift's length, to balance work. `must` are stops to be served whatever it takes, and then the only ones.
    Without `resting` shifts are not cut by their breaks, as if all of them fell into time that is spent waiting.
    """
    from pyvrp import Depot, ProblemData

    taken = {stop for officer in range(len(day.officers)) for stop in day.prefix(officer)}
    free = tuple(stop for stop in range(len(day.stops)) if stop not in taken)
    worth = prizes(day)
    clients = [_client(day.stops[stop], worth[stop], None if must is None else stop in must) for stop in free]
    crew = tuple(range(len(day.officers)))
    ends = [place for officer in crew for place in (_leaves_from(day, officer), day.end_of(officer))]
    at = np.array([*ends, *free], dtype=np.int64)
    plain: Any = day.travel.seconds[np.ix_(at, at)].copy()
    np.fill_diagonal(plain, 0)
    tables: list[Any] = []
    kinds: list[Any] = []
    known: dict[frozenset[int], int] = {}
    for officer in crew:
        barred = frozenset(n for n, stop in enumerate(free) if not day.allows(officer, stop))
        if barred not in known:
            known[barred] = len(tables)
            tables.append(_barred(plain, [len(ends) + n for n in barred]))
        extra = overtime_s[officer] if overtime_s else 0
        kinds.append(_vehicle(day, officer, known[barred], extra, longest_s, resting))
    depots = [Depot(0, 0) for _ in ends]
    return Question(ProblemData(clients, depots, kinds, [plain] * len(tables), tables), free, crew)


def _client(stop: Stop, prize: int, must: bool | None) -> Any:
    from pyvrp import Client

    return Client(
        0, 0, delivery=[stop.load], service_duration=stop.service_s, tw_early=stop.opens_s, tw_late=stop.closes_s,
        prize=0 if must is False else prize, required=bool(must), name=stop.id,
    )  # fmt: skip


def _leaves_from(day: Day, officer: int) -> int:
    prefix = day.prefix(officer)
    return prefix[-1] if prefix else day.start_of(officer)


def _barred(table: Any, out: list[int]) -> Any:
    found = table.copy()
    found[out, :] = _OUT_OF_REACH
    found[:, out] = _OUT_OF_REACH
    np.fill_diagonal(found, 0)
    return found


def _vehicle(day: Day, officer: int, profile: int, extra_s: int, longest_s: int | None, resting: bool) -> Any:
    from pyvrp import VehicleType

    who, prefix = day.officers[officer], day.prefix(officer)
    free_from = _free_from(day, officer)
    rests = sum(rest.lasts_s for rest in who.breaks if resting and rest.latest_s > free_from)
    length = max(0, who.to_s - free_from - rests)
    if longest_s is not None:
        length = min(length, max(0, longest_s - (free_from - who.from_s)))
    capacity = _NO_LIMIT if who.capacity is None else max(0, who.capacity - load_of(day, prefix))
    return VehicleType(
        1, [capacity], start_depot=2 * officer, end_depot=2 * officer + 1, tw_early=free_from,
        tw_late=max(free_from, who.to_s) + extra_s, shift_duration=length, max_overtime=extra_s,
        unit_overtime_cost=20 if extra_s else 0, profile=profile, name=who.id,
    )  # fmt: skip


def _free_from(day: Day, officer: int) -> int:
    """When the stops that an officer has begun with are done."""
    prefix, who = day.prefix(officer), day.officers[officer]
    if not prefix:
        return who.from_s
    back = finish_s(day, officer, prefix)
    home = int(day.travel.seconds[prefix[-1], day.end_of(officer)])
    return who.from_s if back is None else max(who.from_s, back - home)
