"""How long and how far is it between all places of a day, without asking anybody?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.routing.plans import Officer, Place, Stop, Travel
from services.spatial.earth import RADIUS_M


@dataclass(frozen=True, slots=True)
class Road:
    """How roads of a class differ from the straight line, and how fast one gets on."""

    detour: float
    kmh: float


# Circuity of road networks is 1.2 to 1.4, higher on short ways (Newell 1980; Giacomin & Levinson 2015).
ROADS: dict[str, Road] = {
    "centre": Road(1.4, 18.0),
    "urban": Road(1.35, 28.0),
    "suburban": Road(1.3, 42.0),
    "rural": Road(1.25, 62.0),
    "motorway": Road(1.2, 95.0),
}


def places_of(stops: Sequence[Stop], officers: Sequence[Officer]) -> list[Place]:
    """Every place in the order of the matrices: the stops, then start and end of each officer in turn."""
    return [stop.place for stop in stops] + [place for who in officers for place in (who.start, who.end)]


def straight_m(places: Sequence[Place]) -> np.ndarray:
    """Great-circle metres between all places (haversine, mean Earth radius)."""
    lat = np.radians(np.array([place.lat for place in places], dtype=np.float64))
    lon = np.radians(np.array([place.lon for place in places], dtype=np.float64))
    half = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    found: np.ndarray = 2 * RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return found


def estimated(places: Sequence[Place], factor: float | None = None) -> Travel:
    """Straight lines times the detour of the roads; half of each way counts as the class of either end.

    `factor` takes the place of the detours of all classes; the speeds stay theirs.
    """
    straight = straight_m(places)
    detour = np.array([factor or ROADS[place.road].detour for place in places])
    pace = np.array([(factor or ROADS[place.road].detour) * 3.6 / ROADS[place.road].kmh for place in places])
    metres = straight * (detour[:, None] + detour[None, :]) / 2
    seconds = straight * (pace[:, None] + pace[None, :]) / 2
    return Travel(
        np.rint(seconds).astype(np.int64), np.rint(metres).astype(np.int64),
        f"estimated from straight lines times {factor:g} and kinds of road" if factor
        else "estimated from straight lines and kinds of road",
    )  # fmt: skip
