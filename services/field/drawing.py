"""Where do the lines, stops and bases of a plan lie on a map, and in which colours?"""

from __future__ import annotations

from dataclasses import dataclass

from services.field.plans import Planned
from services.maps.choices import Box, box_around
from services.routing.clock import clock_of

Colour = tuple[int, int, int]
# Okabe and Ito (2008), darker where white figures stand on them, so that they tell apart for the colour-blind as well.
COLOURS: tuple[Colour, ...] = (
    (0, 104, 170), (192, 86, 0), (0, 128, 96), (150, 80, 140), (120, 98, 0), (30, 100, 120), (170, 40, 60),
    (80, 80, 160),
)  # fmt: skip
_MARGIN = 0.08
_LEAST = 0.004


@dataclass(frozen=True)
class Mark:
    """A numbered stop; without a number nobody serves it."""

    lon: float
    lat: float
    number: str
    colour: Colour
    tip: str


@dataclass(frozen=True)
class Line:
    """An officer's way, straight between stops."""

    path: tuple[tuple[float, float], ...]
    colour: Colour
    tip: str


@dataclass(frozen=True)
class Sketch:
    """All that is drawn of a plan; `bases` are where officers start."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    bases: tuple[Mark, ...]
    box: Box


def colour_of(found: Planned, officer: str) -> Colour:
    """An officer's colour; with more than eight officers they come again."""
    return COLOURS[list(found.officers).index(officer) % len(COLOURS)]


def sketch(found: Planned, unserved: Colour) -> Sketch:
    """The plan as it is drawn; `unserved` is the colour of stops on no route."""
    stops, lines, marks, bases = found.stops, [], [], []
    for route in found.plan.routes:
        who, colour = found.officers[route.officer], colour_of(found, route.officer)
        name = who.name or f"Officer {who.id}"
        bases.append(Mark(who.start.lon, who.start.lat, "", colour, f"{name} starts here"))
        if not route.visits:
            continue
        places = [who.start, *(stops[one.stop].place for one in route.visits), who.end]
        lines.append(Line(tuple((p.lon, p.lat) for p in places), colour, name))
        for number, visit in enumerate(route.visits, 1):
            stop = stops[visit.stop]
            when = f"{clock_of(visit.begin_s)} to {clock_of(visit.leave_s)}"
            tip = f"{number}. {stop.name or stop.id}\n{name}, {when}"
            marks.append(Mark(stop.place.lon, stop.place.lat, str(number), colour, tip))
    why = {one.stop: one.why for one in found.unserved}
    for name in found.plan.unserved:
        stop = stops[name]
        tip = f"{stop.name or stop.id}\nNot served. {why.get(name, '')}"
        marks.append(Mark(stop.place.lon, stop.place.lat, "", unserved, tip))
    around = [(mark.lon, mark.lat) for mark in (*marks, *bases)]
    return Sketch(tuple(lines), tuple(marks), tuple(bases), box_around(around, _MARGIN, _LEAST))
