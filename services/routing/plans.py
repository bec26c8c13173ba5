"""What do a day's stops, officers and routes look like?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
StopKind = Literal["hotspot", "case", "inspection"]
Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees; `road` is the class of the roads around it (see travel.ROADS)."""

    lat: float
    lon: float
    road: str = "urban"


@dataclass(frozen=True, slots=True)
class Stop:
    """Something to visit. Times are seconds after local midnight of the day.

    Service begins between `opens_s` and `closes_s`, both included, and lasts `service_s`. `priority` goes from 1 (may
    wait) to 5 (first of all). Only officers with all `skills` may serve it; `load` counts against their capacity.
    """

    id: str
    place: Place
    service_s: int = 900
    opens_s: int = 0
    closes_s: int = 2 * DAY_S
    priority: int = 3
    skills: frozenset[str] = frozenset()
    load: int = 0
    name: str = ""
    kind: StopKind = "case"


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `lasts_s` that begins between `opens_s` and `latest_s`, wherever the officer then is.

    Who is back before `latest_s` needs none.
    """

    opens_s: int
    latest_s: int
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Officer:
    """Who drives: from `start` not before `from_s`, back at `end` not after `to_s`; without `capacity` no limit."""

    id: str
    start: Place
    end: Place
    from_s: int
    to_s: int
    breaks: tuple[Break, ...] = ()
    skills: frozenset[str] = frozenset()
    capacity: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Travel:
    """Seconds and metres between all places of a day: the stops, then start and end of each officer in turn."""

    seconds: Seconds
    metres: Seconds
    source: str


@dataclass(frozen=True, slots=True)
class Day:
    """What is to be planned.

    `begun` holds, by officer, the stops that stay first on that officer's route in this order (a day under way);
    `pinned` the officer that a stop stays with. Both name stops and officers by id.
    """

    stops: tuple[Stop, ...]
    officers: tuple[Officer, ...]
    travel: Travel
    begun: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)

    def start_of(self, officer: int) -> int:
        """Where an officer's start is in the matrices."""
        return len(self.stops) + 2 * officer

    def end_of(self, officer: int) -> int:
        """Where an officer's end is in the matrices."""
        return len(self.stops) + 2 * officer + 1

    def prefix(self, officer: int) -> tuple[int, ...]:
        """The stops, by position, that an officer's route begins with."""
        wanted = self.begun.get(self.officers[officer].id, ())
        at = {stop.id: number for number, stop in enumerate(self.stops)}
        return tuple(at[name] for name in wanted)

    def allows(self, officer: int, stop: int) -> bool:
        """Whether the officer may serve the stop: has its skills, and nobody else has it for sure."""
        who, what = self.officers[officer], self.stops[stop]
        return what.skills <= who.skills and self.pinned.get(what.id, who.id) == who.id


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop on a route; `drive_s` and `distance_m` are of the way there."""

    stop: str
    arrive_s: int
    begin_s: int
    leave_s: int
    drive_s: int
    distance_m: int

    @property
    def wait_s(self) -> int:
        """Time between arriving and beginning, rests included."""
        return self.begin_s - self.arrive_s


@dataclass(frozen=True, slots=True)
class Rest:
    """A break as it is taken."""

    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Route:
    """One officer's day; without visits the officer stays at the start."""

    officer: str
    visits: tuple[Visit, ...]
    rests: tuple[Rest, ...]
    start_s: int
    end_s: int
    drive_s: int
    distance_m: int
    load: int

    @property
    def stops(self) -> tuple[str, ...]:
        """Ids of the stops in order."""
        return tuple(visit.stop for visit in self.visits)


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes in the order of the officers; `unserved` has the most important stop first.

    `cost_s` is all driving in seconds, which is what is made small once as much as possible is served.
    """

    routes: tuple[Route, ...]
    unserved: tuple[str, ...]
    cost_s: int
    source: str
    seconds: float = 0.0

    @property
    def distance_m(self) -> int:
        """Metres of all routes."""
        return sum(route.distance_m for route in self.routes)
