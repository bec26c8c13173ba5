"""How is a map drawn as text that browsers show at once (SVG), its middle at 0, 0 and a unit a pixel?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from services.maps.layout import TILE, Camera, mercator

Place = Sequence[float]
"""Longitude and latitude in degrees."""
_TOLD = re.compile(r"[^\w /:=,.;()'-]+", re.ASCII)  # what an address in quotes cannot hold as it is
_FEW = 8  # corners of hexagons, which are written all at once
_PARTS = 4  # of a pixel, in which paths are written


@dataclass(frozen=True, slots=True)
class Pen:
    """How a shape is drawn: CSS colours, `none` for nothing; the width of its line in pixels."""

    fill: str = "none"
    line: str = "none"
    width: float = 0.0


def address(drawn: str, width: int, height: int) -> str:
    """A picture of so many pixels as the address of an image (`data:`)."""
    size = f"width='{width}' height='{height}' viewBox='{-width / 2:g} {-height / 2:g} {width} {height}'"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {size} font-family='system-ui, sans-serif'>{drawn}</svg>"
    return "data:image/svg+xml," + _TOLD.sub(lambda found: quote(found[0]), svg)


def colour(parts: Sequence[float], opacity: float = 1.0) -> str:
    """A CSS colour of red, green, blue and maybe alpha (0 to 255)."""
    red, green, blue, *alpha = parts
    seen = opacity * (alpha[0] / 255 if alpha else 1.0)
    return f"rgb({red:g} {green:g} {blue:g}{'' if seen >= 1 else f' / {seen:.2f}'})"


def areas(rings: Iterable[Sequence[Place]], look: Camera, pen: Pen, part: float = 1.0) -> str:
    """Closed rings in one colour, each drawn to `part` of its width; a ring inside of another is a hole."""
    return _path("".join(_steps(rings, look, part, "z")), pen, "fill-rule='evenodd'")


def lines(ways: Iterable[Sequence[Place]], look: Camera, pen: Pen) -> str:
    """Open lines."""
    return _path("".join(_steps(ways, look, 1.0, "")), pen, "stroke-linecap='round' stroke-linejoin='round'")


def dots(places: Sequence[Place], radii: Sequence[float], look: Camera, pen: Pen) -> str:
    """Circles with a radius of so many pixels, the line of the pen around them."""
    if not places:
        return ""
    pixels, sizes, drawn = _pixels(places, look), np.rint(np.asarray(radii) * 2) / 2, list[str]()
    if pen.fill == "none":
        rings = zip(pixels.tolist(), sizes.tolist(), strict=True)
        drawn = [f"<circle cx='{x:.0f}' cy='{y:.0f}' r='{size:g}'/>" for (x, y), size in rings]
        return f"<g {_ink(pen)}>{''.join(drawn)}</g>"
    for size in np.unique(sizes).tolist():
        # A line without a length and with round ends is a circle, in a third of the bytes.
        path = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in pixels[sizes == size].tolist())
        for ink, wide in ((pen.line, 2 * size + pen.width), (pen.fill, 2 * size - pen.width)):
            if ink != "none":
                drawn.append(f"<path d='{path}' stroke='{ink}' stroke-width='{wide:g}'/>")
    return f"<g stroke-linecap='round'>{''.join(drawn)}</g>"


def words(
    places: Sequence[Place], texts: Sequence[str], look: Camera, pen: Pen, size: int, weight: int, up: int
) -> str:
    """Texts whose middle is `up` pixels above their places; the line of the pen is around the letters."""
    drawn = "".join(
        f"<text x='{x:.0f}' y='{y - up:.0f}'>{escape(text)}</text>"
        for (x, y), text in zip(_pixels(places, look).tolist() if places else [], texts, strict=True)
    )
    return (
        f"<g text-anchor='middle' dominant-baseline='central' paint-order='stroke' font-size='{size}' "
        f"font-weight='{weight}' {_ink(pen)}>{drawn}</g>"
    )


def _path(steps: str, pen: Pen, more: str) -> str:
    fine = Pen(pen.fill, pen.line, pen.width * _PARTS)
    return f"<path transform='scale({1 / _PARTS:g})' {more} {_ink(fine)} d='{steps}'/>" if steps else ""


def _ink(pen: Pen) -> str:
    line = f" stroke='{pen.line}' stroke-width='{pen.width:g}'" if pen.width else ""
    return f"fill='{pen.fill}'{line}"


def _steps(ways: Iterable[Sequence[Place]], look: Camera, part: float, end: str) -> Iterable[str]:
    """Each way as its first place and the steps from there, in parts of a pixel, then `end`; in any order."""
    listed = [way for way in ways if len(way)]
    if not listed:
        return
    sizes = np.asarray([len(way) for way in listed])
    starts = np.cumsum(sizes) - sizes
    at = _pixels([place for way in listed for place in way], look) * _PARTS
    if part < 1.0:
        middles = np.repeat(np.add.reduceat(at, starts) / sizes[:, None], sizes, axis=0)
        at = middles + part * (at - middles)
    corners = np.rint(at).astype(np.int64)
    moves = np.diff(corners, axis=0, prepend=corners[:1])
    moves[starts] = corners[starts]
    for size in np.unique(sizes).tolist():
        first = starts[sizes == size]
        if 1 < size <= _FEW:
            lines = moves[first[:, None] + np.arange(size)].reshape(-1)
            form = f"M%d %dl{' '.join(['%d %d'] * (size - 1))}{end}"
            yield (form * len(first)) % tuple(lines.tolist())
            continue
        for start in first.tolist():
            (x, y), *rest = moves[start : start + size].tolist()
            steps = " ".join(f"{dx} {dy}" for dx, dy in rest if dx or dy)
            yield f"M{x} {y}l{steps or '0 0'}{end}"


def _pixels(places: Sequence[Place], look: Camera) -> NDArray[np.float64]:
    """From the middle of the map to the right and down (Web Mercator), on the side of the date line that is nearer."""
    lon, lat = np.asarray([place[:2] for place in places], np.float64).T
    size = TILE * 2**look.zoom
    away = (lon - look.lon + 180) % 360 - 180
    north = np.log(np.tan(np.pi / 4 + np.radians(np.clip(lat, -85, 85)) / 2)) / (2 * np.pi)
    found: NDArray[np.float64] = np.column_stack([away / 360 * size, (mercator(look.lat) - north) * size])
    return found
