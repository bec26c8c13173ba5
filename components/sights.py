"""What does one see of a map until the browser's graphics are ready?

A browser needs seconds for the scripts and shaders of a map, without a graphics card many. Until then the same layers
stand in the same place as a still drawing. The map covers it as soon as it is drawn, because its ground is opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from services.maps import stills
from services.maps.areas import rings_in
from services.maps.layout import Camera
from services.maps.stills import Pen, colour

_STYLE = """<style>
[class*="st-key-seen_"]{position:relative;min-height:HEIGHTpx}
[class*="st-key-sight_"]{position:absolute;inset:0 0 auto;pointer-events:none}
[class*="st-key-seen_"] [data-testid="stSkeleton"]{display:none}
.bv-sight{position:relative;height:HEIGHTpx;overflow:hidden;border-radius:.5rem}
.bv-sight img{position:absolute;left:50%;top:0;transform:translateX(-50%);max-width:none}
</style>"""
_FIELD = "@@="  # how pydeck marks the name of a field
_WIDEST = 2400  # of the part of the page that holds maps
_GAMMA = 2.2  # deck.gl takes opacity for what the eye sees
_COLOURS = ("get_fill_color", "get_line_color", "get_color")
Rows = Sequence[dict[str, Any]]


def draw(layers: Sequence[Any], look: Camera, height: int, ground: str, key: str) -> None:
    """The layers of pydeck as a still drawing, behind what follows in the container; a density has none."""
    drawn = "".join(
        _DRAWN[layer.type](layer, rows, look, pen)
        for layer in layers
        if layer.type in _DRAWN
        for pen, rows in _by_pen(layer)
    )
    with st.container(key=f"sight_{key}"):
        st.html(
            f"{_STYLE.replace('HEIGHT', str(height))}<div class='bv-sight' style='background:{ground}'>"
            f'<img alt="" src="{stills.address(drawn, _WIDEST, height)}"></div>'
        )


def _hexagons(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    from h3 import cell_to_boundary

    rings = ([(lon, lat) for lat, lon in cell_to_boundary(row["h"])] for row in rows)
    return stills.areas(rings, look, pen, getattr(layer, "coverage", 1.0))


def _polygons(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    return stills.areas(_each(layer.get_polygon, rows), look, pen)


def _shapes(_layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    return stills.areas((ring for row in rows for ring in rings_in(row["geometry"])), look, pen)


def _dots(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    most = getattr(layer, "radius_max_pixels", float("inf"))
    radii = [min(radius, most) for radius in _each(layer.get_radius, rows)]
    return stills.dots(_each(layer.get_position, rows), radii, look, pen)


def _ways(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    return stills.lines(_each(layer.get_path, rows), look, pen)


def _lines(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    ends = zip(_each(layer.get_source_position, rows), _each(layer.get_target_position, rows), strict=True)
    return stills.lines(list(ends), look, pen)


def _words(layer: Any, rows: Rows, look: Camera, pen: Pen) -> str:
    up, weight = -getattr(layer, "get_pixel_offset", (0, 0))[1], getattr(layer, "font_weight", 400)
    places, texts = _each(layer.get_position, rows), _each(layer.get_text, rows)
    return stills.words(places, texts, look, pen, layer.get_size, weight, up)


_DRAWN: dict[str, Callable[[Any, Rows, Camera, Pen], str]] = {
    "H3HexagonLayer": _hexagons, "PolygonLayer": _polygons, "GeoJsonLayer": _shapes, "ScatterplotLayer": _dots,
    "PathLayer": _ways, "LineLayer": _lines, "TextLayer": _words,
}  # fmt: skip


def _by_pen(layer: Any) -> Iterable[tuple[Pen, Rows]]:
    """The rows of a layer by how they are drawn."""
    if not any(_is_field(getattr(layer, name, None)) for name in _COLOURS):
        return [(_pen(layer, {}), layer.data)] if layer.data else []
    found: dict[Pen, list[dict[str, Any]]] = {}
    for row in layer.data:
        found.setdefault(_pen(layer, row), []).append(row)
    return found.items()


def _pen(layer: Any, row: dict[str, Any]) -> Pen:
    opacity = getattr(layer, "opacity", 1.0) ** (1 / _GAMMA)
    ink = {name: colour(_one(getattr(layer, name), row), opacity) for name in _COLOURS if hasattr(layer, name)}
    if layer.type in ("PathLayer", "LineLayer"):
        return Pen("none", ink["get_color"], getattr(layer, "width_min_pixels", None) or layer.get_width)
    if layer.type == "TextLayer":
        if not hasattr(layer, "outline_color"):
            return Pen(ink["get_color"])
        wide = 2 * layer.outline_width * layer.get_size / layer.font_settings["fontSize"]
        return Pen(ink["get_color"], colour(layer.outline_color), wide)
    fill = ink["get_fill_color"] if getattr(layer, "filled", True) else "none"
    if not getattr(layer, "stroked", layer.type != "ScatterplotLayer"):
        return Pen(fill)
    return Pen(fill, ink["get_line_color"], getattr(layer, "line_width_min_pixels", 1))


def _each(given: Any, rows: Rows) -> list[Any]:
    """What an accessor of pydeck gives for each row."""
    return [_one(given, row) for row in rows]


def _one(given: Any, row: dict[str, Any]) -> Any:
    return row[given.removeprefix(_FIELD)] if _is_field(given) else given


def _is_field(given: Any) -> bool:
    return isinstance(given, str) and given.startswith(_FIELD)
