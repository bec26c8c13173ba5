"""What lies under a drawing, as the browser draws it: hexagons, borders, names, and the shapes there are already?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.maps.areas import Selected, drawn_rings, rings_of
from services.maps.choices import Box
from services.maps.hexes import HexMap
from services.maps.labels import Label
from services.maps.pictures import Picture

_UNITS = 100_000  # of a degree: about a metre


def sketch(
    shown: HexMap, picture: Picture, labels: Sequence[Label], borders: Sequence[str], area: Selected | None,
    picked: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """All of it, points as whole units east and north of the box's corner: `[east, north, east, north, ...]`.

    `borders` are GeoJSON geometries, `picked` H3 indexes. The shapes of an area that was drawn come as (latitude,
    longitude), to be changed; one of boundaries as its border, which cannot be.
    """
    from h3 import cell_to_boundary

    def hexagon(index: str) -> list[int]:
        return _line(((lon, lat) for lat, lon in cell_to_boundary(index)), shown.box)

    is_drawn = bool(area and area.is_drawn)
    shapes = drawn_rings(area.texts) if area and is_drawn else []
    return {
        "box": shown.box, "units": _UNITS,
        "cells": [hexagon(cell.index) for cell in picture.cells], "swatches": [cell.swatch for cell in picture.cells],
        "tips": [cell.tip for cell in picture.cells], "colours": [list(swatch.colour) for swatch in picture.swatches],
        "borders": [line for border in borders for line in _lines(border, shown.box)],
        "names": [[*_point(label.lon, label.lat, shown.box), label.name] for label in labels],
        "shapes": shapes, "area": _lines(area.outline, shown.box) if area and not is_drawn else [],
        "picked": [hexagon(index) for index in picked],
    }  # fmt: skip


def _point(lon: float, lat: float, box: Box) -> tuple[int, int]:
    return round((lon - box[0]) * _UNITS), round((lat - box[1]) * _UNITS)


def _line(corners: Iterator[tuple[float, float]] | Sequence[Sequence[float]], box: Box) -> list[int]:
    return [part for lon, lat in corners for part in _point(lon, lat, box)]


def _lines(geometry: str, box: Box) -> list[list[int]]:
    """Every ring of a polygon or several."""
    return [_line(ring, box) for ring in rings_of(geometry)]
