"""How is a box of the earth fitted into a map of so many pixels, and what helps to find one's way on it?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.maps.choices import Box
from services.maps.labels import Label

TILE = 512  # pixels of the whole earth at zoom 0
_STEPS_KM = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_KM_A_DEGREE = 111.32
_LETTER_PX, _LINE_PX = 8.5, 17  # of a name on the map


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a web map looks: its middle in degrees and its zoom level."""

    lon: float
    lat: float
    zoom: float


def camera(box: Box, width: int, height: int) -> Camera:
    """The view that holds the whole box in so many pixels (Web Mercator)."""
    west, south, east, north = box
    top, bottom = mercator(north), mercator(south)
    wide = max((east - west) / 360, 1e-9)
    high = max(top - bottom, 1e-9)
    zoom = min(math.log2(width / (TILE * wide)), math.log2(height / (TILE * high)))
    return Camera((west + east) / 2, _latitude((top + bottom) / 2), round(max(0.0, min(zoom, 18.0)), 3))


def mercator(lat: float) -> float:
    """How far north a latitude lies, in heights of the map."""
    return math.log(math.tan(math.pi / 4 + math.radians(max(min(lat, 85.0), -85.0)) / 2)) / (2 * math.pi)


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y * 2 * math.pi)) - math.pi / 2)


def with_room(labels: Sequence[Label], box: Box, width: int, height: int) -> tuple[Label, ...]:
    """The labels, the first before the later ones, that have room and a place of their own when the box is so large."""
    look, kept, taken = camera(box, width, height), [], list[tuple[float, float, float, float]]()
    size = TILE * 2**look.zoom
    for label in labels:
        x, y = (label.lon - look.lon) / 360 * size, (mercator(look.lat) - mercator(label.lat)) * size
        half = len(label.name) * _LETTER_PX / 2
        own = (x - half, y - _LINE_PX / 2, x + half, y + _LINE_PX / 2)
        inside = abs(x) + half <= width / 2 and abs(y) + _LINE_PX / 2 <= height / 2
        if inside and all(own[0] > x1 or own[2] < x0 or own[1] > y1 or own[3] < y0 for x0, y0, x1, y1 in taken):
            taken.append(own)
            kept.append(label)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Ruler:
    """A bar of a round length: from (west, lat) to (east, lat)."""

    west: float
    east: float
    lat: float
    text: str


def ruler(box: Box) -> Ruler:
    """A scale bar for the lower left of the box, about a fifth of its width."""
    west, south, east, north = box
    lat = south + (north - south) * 0.03
    degree = _KM_A_DEGREE * math.cos(math.radians(lat))
    wanted = (east - west) * degree / 5
    length = max((step for step in _STEPS_KM if step <= wanted), default=_STEPS_KM[0])
    start = west + (east - west) * 0.03
    return Ruler(start, start + length / degree, lat, f"{length:g} km" if length >= 1 else f"{length * 1000:g} m")
