"""What exactly was asked to be planned, as the database keeps it and as the solver takes it?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from services.routing.changes import Change, apply, sentence
from services.routing.clock import whole_minutes_s
from services.routing.plans import Break, Day, Officer, Place, Stop, Travel
from services.routing.reading import TravelWish, travel_for
from services.routing.solving import PLAN_S

Sequences = dict[str, list[str]]
_NOWHERE = Travel(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), "")


@dataclass(frozen=True)
class RoutesAsk:
    """A day to plan and how. Stops go by id, officers too.

    `begun` and `pinned` are as in Day. `promised` are stops that the result must serve because the routes to begin from
    (`warm`) do; `changes` say in words what was changed since the first plan, `left_out` which stops were given up for
    others. `travel` holds `detour`, `road`, `matrix` (the text of a CSV), `server` and `engine`.
    """

    on: str
    stops: tuple[Stop, ...]
    officers: tuple[Officer, ...]
    travel: dict[str, Any]
    source: str = ""
    seconds: float = PLAN_S
    balanced: bool = False
    begun: Sequences = field(default_factory=dict)
    pinned: dict[str, str] = field(default_factory=dict)
    promised: tuple[str, ...] = ()
    warm: Sequences = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def day(self, travel: Travel = _NOWHERE) -> Day:
        """The day, with travel times or for what needs none."""
        begun = {who: tuple(stops) for who, stops in self.begun.items() if stops}
        return Day(self.stops, self.officers, travel, begun, self.pinned)

    def measured(self) -> Day:
        """The day with travel times. Raises BadInput when the table or the server has none."""
        return self.day(_travel(self))


def _travel(ask: RoutesAsk) -> Travel:
    from services.routing.travel import estimated, places_of

    wish = ask.travel
    if wish.get("matrix"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "travel times"
            path.write_text(wish["matrix"], encoding="utf-8")
            return travel_for(ask.stops, _named(ask.officers), TravelWish(path))
    if wish.get("server"):
        return travel_for(ask.stops, ask.officers, TravelWish(None, wish.get("engine", "osrm"), wish["server"]))
    return estimated(places_of(ask.stops, ask.officers), wish.get("detour"))


def _named(officers: tuple[Officer, ...]) -> list[Officer]:
    """The officers under the id of the first one with the same base: a further one is not in the user's table."""
    first: dict[tuple[Place, Place], str] = {}
    return [replace(who, id=first.setdefault((who.start, who.end), who.id)) for who in officers]


def as_json(ask: RoutesAsk) -> dict[str, Any]:
    """The question as it is stored."""
    told = {name: getattr(ask, name) for name in ask.__dataclass_fields__}
    return told | {
        "stops": [stop_out(stop) for stop in ask.stops], "officers": [officer_out(who) for who in ask.officers],
        "promised": list(ask.promised), "changes": list(ask.changes), "left_out": list(ask.left_out),
    }  # fmt: skip


def from_json(told: Mapping[str, Any]) -> RoutesAsk:
    """The question that was stored."""
    return RoutesAsk(**{
        **told, "stops": tuple(stop_in(one) for one in told["stops"]),
        "officers": tuple(officer_in(one) for one in told["officers"]), "promised": tuple(told["promised"]),
        "changes": tuple(told["changes"]), "left_out": tuple(told["left_out"]),
    })  # fmt: skip


def stop_out(stop: Stop) -> dict[str, Any]:
    """A stop as JSON."""
    told = {name: getattr(stop, name) for name in stop.__dataclass_fields__ if name not in ("place", "skills")}
    return {**told, "place": _place_out(stop.place), "skills": sorted(stop.skills)}


def stop_in(told: Mapping[str, Any]) -> Stop:
    """A stop from JSON."""
    return Stop(**{**told, "place": Place(*told["place"]), "skills": frozenset(told["skills"])})


def officer_out(who: Officer) -> dict[str, Any]:
    """An officer as JSON."""
    return {
        "id": who.id, "start": _place_out(who.start), "end": _place_out(who.end), "from_s": who.from_s,
        "to_s": who.to_s, "breaks": [[one.opens_s, one.latest_s, one.lasts_s] for one in who.breaks],
        "skills": sorted(who.skills), "capacity": who.capacity, "name": who.name,
    }  # fmt: skip


def officer_in(told: Mapping[str, Any]) -> Officer:
    """An officer from JSON."""
    return Officer(**{
        **told, "start": Place(*told["start"]), "end": Place(*told["end"]),
        "breaks": tuple(Break(*one) for one in told["breaks"]), "skills": frozenset(told["skills"]),
    })  # fmt: skip


def change_out(change: Change) -> dict[str, Any]:
    """A change as JSON."""
    told = {name: getattr(change, name) for name in change.__dataclass_fields__}
    return told | {
        "skills": sorted(change.skills), "hires": officer_out(change.hires) if change.hires else None,
    }  # fmt: skip


def change_in(told: Mapping[str, Any]) -> Change:
    """A change from JSON."""
    hires = officer_in(told["hires"]) if told["hires"] else None
    return Change(**{**told, "skills": frozenset(told["skills"]), "hires": hires})


def with_change(ask: RoutesAsk, change: Change, routes: Sequences) -> RoutesAsk:
    """The question with a change applied, from the routes that serve its stop; what is given up leaves the day."""
    said = sentence(ask.day(), change)
    whole = replace(change, extra_s=whole_minutes_s(change.extra_s), hires=None)
    day = apply(ask.day(), whole)
    officers = day.officers if change.hires is None else (*day.officers, change.hires)
    kept = tuple(name for name in (*ask.promised, change.stop) if name != change.drops)
    return replace(
        ask, stops=tuple(stop for stop in day.stops if stop.id != change.drops), officers=officers, seconds=PLAN_S,
        promised=tuple(dict.fromkeys(kept)), warm=routes, changes=(*ask.changes, f"{change.stop}: {said}"),
        left_out=(*ask.left_out, change.drops) if change.drops else ask.left_out,
        pinned={stop: who for stop, who in ask.pinned.items() if stop != change.drops},
    )  # fmt: skip


def with_locks(ask: RoutesAsk, routes: Sequences, pinned: Mapping[str, str], begun: Sequences) -> RoutesAsk:
    """The question with stops that stay with their officer, and routes that have begun; both stay served."""
    kept = (*ask.promised, *pinned, *(name for names in begun.values() for name in names))
    return replace(
        ask, pinned={**ask.pinned, **pinned}, begun={**ask.begun, **begun}, warm=routes, seconds=PLAN_S,
        promised=tuple(dict.fromkeys(kept)),
    )  # fmt: skip


def unlocked(ask: RoutesAsk) -> RoutesAsk:
    """The question with every stop free again."""
    return replace(ask, pinned={}, begun={}, promised=(), seconds=PLAN_S)


def _place_out(place: Place) -> list[Any]:
    return [place.lat, place.lon, place.road]
