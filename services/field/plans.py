"""What does a plan that was found look like: on the map, in tables, on paper; and how is it planned again?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from data.database import transaction
from data.errors import BadInput, unknown
from data.routes import Errand
from data.types import Scope
from services.field.asks import RoutesAsk, Sequences, as_json, change_in, from_json, unlocked, with_change, with_locks
from services.field.errands import read, start
from services.people import record, require
from services.routing.changes import Change
from services.routing.clock import clock_of
from services.routing.explaining import Explanation, Proposal
from services.routing.plans import Day, Officer, Plan, Rest, Route, Stop, Visit
from services.routing.sheets import gpx, sheet, summary, table
from services.routing.solving import IMPROVE_S, PLAN_S

MOST_STOPS = 400


@dataclass(frozen=True)
class Planned:
    """A plan with what it was asked from."""

    errand: Errand
    ask: RoutesAsk
    day: Day
    plan: Plan
    unserved: tuple[Explanation, ...]

    @property
    def stops(self) -> dict[str, Stop]:
        """The stops by id."""
        return {stop.id: stop for stop in self.day.stops}

    @property
    def officers(self) -> dict[str, Officer]:
        """The officers by id."""
        return {who.id: who for who in self.day.officers}

    @property
    def served(self) -> int:
        """How many stops are on a route."""
        return sum(len(route.visits) for route in self.plan.routes)

    @property
    def routes(self) -> Sequences:
        """The stops by officer, in order."""
        return {route.officer: list(route.stops) for route in self.plan.routes}


def planned(errand: Errand) -> Planned:
    """The plan of an errand that is done."""
    ask = from_json(errand.ask)
    told, routes = errand.found["plan"], errand.found["plan"]["routes"]
    made = Plan(**{**told, "unserved": tuple(told["unserved"]), "routes": tuple(_route(one) for one in routes)})
    return Planned(errand, ask, ask.day(), made, tuple(_told(one, made) for one in errand.found["unserved"]))


def _route(told: Mapping[str, Any]) -> Route:
    visits = tuple(Visit(**one) for one in told["visits"])
    return Route(**{**told, "visits": visits, "rests": tuple(Rest(**one) for one in told["rests"])})


def _told(told: Mapping[str, Any], made: Plan) -> Explanation:
    proposals = tuple(
        Proposal(change_in(one["change"]), one["sentence"], one["size"], made) for one in told["proposals"]
    )
    return Explanation(told["stop"], told["why"], proposals)


def lines(found: Planned, route: Route) -> list[dict[str, Any]]:
    """One officer's day as a table: stops and breaks in the order of time."""
    stops, pinned = found.stops, found.ask.pinned
    begun = set(found.ask.begun.get(route.officer, ()))
    made: list[tuple[int, dict[str, Any]]] = []
    for number, visit in enumerate(route.visits, 1):
        stop = stops[visit.stop]
        kept = "begun" if visit.stop in begun else "kept" if visit.stop in pinned else ""
        made.append((visit.begin_s, {
            "": str(number), "Arrive": clock_of(visit.arrive_s), "Begin": clock_of(visit.begin_s),
            "Leave": clock_of(visit.leave_s), "Stop": stop.name or stop.id, "Drive, min": round(visit.drive_s / 60),
            "km": round(visit.distance_m / 1000, 1), "Load": stop.load, "Priority": stop.priority, "Locked": kept,
            "id": stop.id,
        }))  # fmt: skip
    made += [
        (rest.begin_s, {"": "", "Arrive": "", "Begin": clock_of(rest.begin_s), "Leave": clock_of(rest.end_s),
                        "Stop": "Break", "id": ""})
        for rest in route.rests
    ]  # fmt: skip
    return [line for _, line in sorted(made, key=lambda one: one[0])]


def said(found: Planned, route: Route) -> str:
    """One officer's day in a sentence."""
    who = found.officers[route.officer]
    if not route.visits:
        return "no stops"
    load = f", load {route.load}" + (f" of {who.capacity}" if who.capacity is not None else "")
    return f"{summary(route)}{load if route.load or who.capacity is not None else ''}"


def ask_for(scope: Scope, ask: RoutesAsk, as_of: datetime | None, now: datetime) -> int:
    """Have a day planned; the number of the plan. Raises BadInput, NotAllowed."""
    if not ask.stops:
        raise BadInput("There is no stop to visit; choose some first.")
    if len(ask.stops) > MOST_STOPS:
        raise BadInput(f"There are {len(ask.stops)} stops; expected at most {MOST_STOPS} a day.")
    if not ask.officers:
        raise BadInput("There is no officer; enter at least one.")
    return start(scope, "routes", f"{len(ask.stops)} stops on {ask.on}", as_json(ask), as_of, now)


def improve(scope: Scope, found: Planned, now: datetime) -> int:
    """Search on for half a minute from a plan; the number of the new one."""
    return _again(scope, found, replace(found.ask, seconds=IMPROVE_S, warm=found.routes), now)


def balance(scope: Scope, found: Planned, now: datetime) -> int:
    """Plan again so that the longest day gets shorter; the number of the new plan."""
    return _again(scope, found, replace(found.ask, balanced=True, seconds=2 * PLAN_S, warm=found.routes), now)


def apply(scope: Scope, found: Planned, stop: str, number: int, now: datetime) -> int:
    """Plan again with the change that serves a stop; the number of the new plan. Raises BadInput."""
    told = next((one for one in found.errand.found["unserved"] if one["stop"] == stop), None)
    if told is None or not 0 <= number < len(told["proposals"]):
        raise BadInput(f"Stop {stop} has no such change; the plan may have been made anew.")
    proposal = told["proposals"][number]
    change: Change = change_in(proposal["change"])
    return _again(scope, found, with_change(found.ask, change, proposal["routes"]), now)


def lock(scope: Scope, found: Planned, stops: Sequence[str], begun: bool, now: datetime) -> int:
    """Plan again with stops that stay with their officer; `begun` also keeps everything up to them in its order."""
    of = {name: who for who, names in found.routes.items() for name in names}
    pinned = {name: of[name] for name in stops if name in of}
    if not pinned:
        raise BadInput("Pick stops in the tables of the officers first.")
    started: Sequences = {}
    for who, names in found.routes.items() if begun else ():
        last = max((at for at, name in enumerate(names) if name in pinned), default=-1)
        if last >= 0:
            started[who] = names[: last + 1]
    return _again(scope, found, with_locks(found.ask, found.routes, {} if begun else pinned, started), now)


def free(scope: Scope, found: Planned, now: datetime) -> int:
    """Plan again with no stop locked."""
    return _again(scope, found, replace(unlocked(found.ask), warm=found.routes), now)


def _again(scope: Scope, found: Planned, ask: RoutesAsk, now: datetime) -> int:
    return ask_for(scope, ask, found.errand.as_of, now)


def download(scope: Scope, number: int, form: str) -> bytes:
    """The plan in one of FORMS; audited. Raises NotAllowed, BadInput, UnknownName for another format."""
    require(scope, "export")
    if form not in _WRITERS:
        raise unknown("format", form, FORMS)
    errand = read(scope, "routes", number)
    if errand is None or errand.status != "done":
        raise BadInput(f"Plan {number}: found none that is done; expected one of the newest plans.")
    found = planned(errand)
    made = _WRITERS[form](found)
    with transaction(scope) as tx:
        record(tx, scope, "exported", f"routes {number}", {"form": form, "stops": len(found.ask.stops)})
    return made


_WRITERS: dict[str, Callable[[Planned], bytes]] = {
    "gpx": lambda found: gpx(found.day, found.plan).encode(),
    "csv": lambda found: b"\xef\xbb\xbf" + table(found.day, found.plan).encode(),
    "html": lambda found: sheet(found.day, found.plan, f"Routes on {found.ask.on}", found.unserved).encode(),
}
FORMS = tuple(_WRITERS)
