"""Where are the incidents that reports were linked into, and which of them were reported again and again?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from services.formats import days_text, number, plural
from services.maps.choices import Box, box_around
from services.maps.colours import warm
from services.maps.labels import Label
from services.maps.pictures import Swatch
from services.maps.points import Mark, Marks

_INNER = (0.002, 0.998)  # of places; a single one far away would make the map useless
_MARGIN, _LEAST = 0.04, 0.004
_LISTED = 50
_GRADES = ((1, "1 report"), (2, "2 reports"), (3, "3 or 4 reports"), (5, "5 and more"))


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident: the middle of its reports, how many there are, when the first came, of what kind and where."""

    lat: float
    lon: float
    reports: int
    first_at: datetime
    kind: str
    area: str


@dataclass(frozen=True, slots=True)
class IncidentMap:
    """The incidents as they are drawn, those with most reports first, each with the mark of the same place in order."""

    incidents: tuple[Incident, ...]
    marks: Marks
    labels: tuple[Label, ...]
    box: Box
    repeated: int


def incident_map(found: Mapping[str, Any], is_dark: bool, timezone: str) -> IncidentMap | None:
    """The map of a result of services.field.repeats; None of one that was kept without places."""
    if not found.get("placed"):
        return None
    known = tuple(
        Incident(lat, lon, reports, datetime.fromisoformat(first), kind, area)
        for lat, lon, reports, first, kind, area in found["placed"]
    )
    swatches = tuple(Swatch(colour, said) for colour, (_, said) in zip(warm(is_dark), _GRADES, strict=True))
    marks = tuple(
        Mark(
            str(place), one.lat, one.lon, one.reports, ((_grade(one.reports), one.reports),), _tip(one, timezone)
        )
        for place, one in enumerate(known, 1)
    )  # fmt: skip
    lines = tuple(
        ("", one.area, one.kind, number(one.reports, "integer"), _day(one, timezone))
        for one in known[:_LISTED]
        if one.reports > 1
    )
    made = Marks(
        "Incidents by reports", swatches, marks, _note(found, len(known)), lines,
        ("Where", "Kind", "Reports", "First report"), "", int(found["incidents"]), int(found["reports"]),
    )  # fmt: skip
    return IncidentMap(known, made, _labels(known), _box(known), int(found["repeated"]))


def _grade(reports: int) -> int:
    return max(place for place, (least, _) in enumerate(_GRADES) if reports >= least)


def _note(found: Mapping[str, Any], drawn: int) -> str:
    """How many of the incidents are drawn."""
    repeated = f"{number(found['repeated'], 'integer')} were reported more than once"
    if drawn == found["incidents"]:
        return f"{plural(drawn, 'incident')}; {repeated}"
    most = f"the {number(drawn, 'integer')} with most reports of {plural(found['incidents'], 'incident')}"
    return f"{most}; {repeated}"


def _tip(one: Incident, timezone: str) -> str:
    return f"{one.kind}: {plural(one.reports, 'report')}\n{one.area}, first on {_day(one, timezone)}"


def _day(one: Incident, timezone: str) -> str:
    day = one.first_at.astimezone(ZoneInfo(timezone)).date()
    return days_text(day, day)


def _labels(known: tuple[Incident, ...]) -> tuple[Label, ...]:
    """Areas at the middle of their incidents, the ones with most of them first."""
    by_area: dict[str, list[Incident]] = {}
    for one in known:
        by_area.setdefault(one.area, []).append(one)
    ranked = sorted(by_area.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(
        Label(area, float(np.median([one.lon for one in there])), float(np.median([one.lat for one in there])))
        for area, there in ranked
    )


def _box(known: tuple[Incident, ...]) -> Box:
    (south, north), (west, east) = (
        np.quantile(np.asarray([getattr(one, edge) for one in known]), _INNER).tolist() for edge in ("lat", "lon")
    )
    return box_around([(west, south), (east, north)], _MARGIN, _LEAST)
