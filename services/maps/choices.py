"""What is chosen on the map page, and how does the address carry it?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.types import Compare, Filter, TimeRange

Box = tuple[float, float, float, float]
EARTH: Box = (-180.0, -85.0, 180.0, 85.0)
"""As far as maps show it."""
LAYERS: dict[str, str] = {
    "hexagons": "Hexagons", "draw": "Draw an area", "density": "Density", "points": "Points",
    "groups": "Grouped points",
    "hotspots": "Hotspots", "emerging": "Emerging hotspots", "difference": "Change", "sides": "Two periods",
    "playback": "Playback", "clusters": "Clusters", "unusual": "Unusual clusters", "risk": "Risk next week",
    "districts": "Districts",
    "network": "Asset network",
}  # fmt: skip
LAYER_HELP: dict[str, str] = {
    "hexagons": "The number in each hexagon. Their size follows how closely you look.",
    "draw": "Draw polygons, rectangles or circles; what is inside is counted, listed and charted.",
    "density": "The same numbers as a smooth surface, for a first impression; exact numbers are in the table.",
    "points": "Where rows lie, to about 10 m, coloured by their most frequent state there.",
    "groups": "Rows put together by place; each ring shows how they divide by state.",
    "hotspots": "Where high or low numbers lie together more than chance would put them (Getis-Ord Gi*), and on how"
    " many other grids that stays so.",
    "emerging": "Hot and cold spots by their course over the range: new, growing, lasting, fading, on and off, over.",
    "difference": "More or less than in the other period, and where that is more than chance.",
    "sides": "Both periods side by side in the same colours.",
    "clusters": "Rows that lie closer together than those around them, whatever the hexagons.",
    "risk": "How likely something happens in each hexagon within the next 7 days, from the last three years; the range"
    " above plays no part in it.",
    "unusual": "Places and days up to yesterday with more rows than chance would put there (space-time permutation"
    " scan, every night). The range and filters above play no part in it.",
    "playback": "The range step by step; all frames have the same colours.",
    "districts": "The number of each area of your boundaries, and its rate.",
    "network": "What happened on each line of the network, and how each sensor is right now.",
}
MOST_BY_LAYER: dict[str, int] = {"emerging": 1000, "draw": 1500, "playback": 1000}
"""How many hexagons a layer may have that asks for each of them at every step, or that a browser draws one by one."""
SIZES: dict[str, str] = {
    "auto": "Size fits the view", "5": "17 km across", "6": "6.5 km across", "7": "2.4 km across", "8": "920 m across",
    "9": "350 m across", "10": "130 m across", "11": "50 m across",
}  # fmt: skip
ROWS_BY: dict[str, str] = {
    "auto": "Rows by name, else by place", "name": "Rows by the name they have", "place": "Rows by where they lie",
}  # fmt: skip
SHOWS: dict[str, str] = {"number": "Number", "rate": "Rate", "smooth": "Smoothed rate", "hotspots": "Hotspots"}
SCALES: dict[str, str] = {"quantiles": "Colours by rank", "even": "Colours by value"}


@dataclass(frozen=True, slots=True)
class MapChoice:
    """One view of the map; equal choices show the same. `box` is the part of the earth that is looked at, `area` the
    selected one as a filter takes it. Of districts: which `boundaries`, how rows belong to them (ROWS_BY), by which
    `exposure` (a column of the boundaries or `pack:NAME`), and what is coloured (SHOWS).
    """

    layer: str
    metric: str
    range: TimeRange
    where: tuple[Filter, ...]
    box: Box | None
    resolution: int | None
    scale: str
    area: str = ""
    against: Compare = "previous"
    boundaries: str = ""
    rows_by: str = "auto"
    exposure: str = ""
    show: str = "number"


def box_of(text: str) -> Box | None:
    """The box of an address, `west,south,east,north`; None when there is none that can be."""
    try:
        west, south, east, north = (round(float(part), 6) for part in text.split(","))
    except ValueError:
        return None
    sound = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if sound else None


def box_text(box: Sequence[float]) -> str:
    """A box as the address carries it."""
    return ",".join(f"{edge:.5f}".rstrip("0").rstrip(".") for edge in box)


def place_filter(choice: MapChoice, box: Box | None = None) -> tuple[Filter, ...]:
    """The filters on where: the selected area, else the box that is looked at."""
    looked = box or choice.box
    if choice.area:
        return (Filter("place", "inside", (choice.area,)),)
    return (Filter("place", "inside", (json.dumps(list(looked)),)),) if looked else ()


def box_around(points: Iterable[tuple[float, float]], part: float, least: float = 0.0) -> Box:
    """The box around places (longitude, latitude) with a margin: a part of its width and height, which are taken as at
    least so many degrees. The whole earth where there is no place."""
    there = list(points)
    if not there:
        return EARTH
    west, east = min(lon for lon, _ in there), max(lon for lon, _ in there)
    south, north = min(lat for _, lat in there), max(lat for _, lat in there)
    wide, high = max(east - west, least) * part, max(north - south, least) * part
    return max(west - wide, -180.0), max(south - high, -85.0), min(east + wide, 180.0), min(north + high, 85.0)


def zoomed(box: Box, factor: float, at: tuple[float, float] | None = None) -> Box:
    """The box of another size, around its middle or around (longitude, latitude)."""
    west, south, east, north = box
    lon, lat = at or ((west + east) / 2, (south + north) / 2)
    wide, high = (east - west) * factor / 2, (north - south) * factor / 2
    return (
        max(round(lon - wide, 6), -180.0), max(round(lat - high, 6), -85.0),
        min(round(lon + wide, 6), 180.0), min(round(lat + high, 6), 85.0),
    )  # fmt: skip


def moved(box: Box, right: float, up: float) -> Box:
    """The box moved by parts of its width and height."""
    west, south, east, north = box
    return zoomed(box, 1.0, ((west + east) / 2 + right * (east - west), (south + north) / 2 + up * (north - south)))


def resolution_of(slug: str) -> int | None:
    """The resolution of a size in the address; None lets the view decide."""
    return int(slug) if slug in SIZES and slug != "auto" else None
