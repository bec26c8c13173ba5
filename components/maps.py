"""How are hexagons drawn on a map that calls nothing outside?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from components import sights
from components.decks import compact_deck
from components.palette import DARK, palette, rgb
from services.maps import tiles
from services.maps.choices import Box
from services.maps.hexes import HexMap
from services.maps.labels import Label
from services.maps.layout import camera, ruler, with_room
from services.maps.pictures import Picture

HEIGHT = 620
WIDTH = 660  # of the map beside its table, in a window of 1440 pixels
FULL = 1000
HALF = 490
PHONE = (340, 420)
FONT = "system-ui, sans-serif"
_OPACITY = 0.82
_LETTERS = {"sdf": True, "fontSize": 40, "buffer": 12, "radius": 14}  # room for the outline, in pixels of this size


def draw_hexagons(
    picture: Picture, box: Box, labels: Sequence[Label], picked: Sequence[str], key: str,
    on_pick: Callable[[], None] | None, width: int = WIDTH, more: Sequence[Any] = (),
) -> None:  # fmt: skip
    """The hexagons in their colours, under `more` layers; a click calls `on_pick` (the object's `h` is its index)."""
    import pydeck

    by_swatch: dict[int, list[dict[str, str]]] = {}
    for cell in picture.cells:
        by_swatch.setdefault(cell.swatch, []).append({"h": cell.index, "t": tip(cell.tip)})
    layers = [
        pydeck.Layer(
            "H3HexagonLayer", rows, id=f"hexagons_{swatch}", get_hexagon="h", pickable=True, stroked=False, filled=True,
            get_fill_color=list(picture.swatches[swatch].colour), extruded=False, high_precision=text("auto"),
            opacity=_OPACITY, coverage=0.97, auto_highlight=True,
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    deck([*layers, *frame(box, labels, picked, width), *more], box, "{t}", key, on_pick, width)


def draw_density(shown: HexMap, picture: Picture, labels: Sequence[Label], key: str, more: Sequence[Any] = ()) -> None:
    """A smooth surface over the middles of the hexagons, weighted by their numbers, under `more` layers."""
    import pydeck
    from h3 import cell_to_latlng

    points = []
    for h in shown.hexagons:
        lat, lon = cell_to_latlng(h.index)
        points.append({"p": [round(lon, 5), round(lat, 5)], "w": h.value})
    colours = [list(swatch.colour) for swatch in picture.swatches]
    layer = pydeck.Layer(
        "HeatmapLayer", points, id="density", get_position="p", get_weight="w", radius_pixels=38, intensity=1.1,
        threshold=0.04, color_range=colours, aggregation=text("SUM"), opacity=_OPACITY,
    )  # fmt: skip
    deck([layer, *frame(shown.box, labels, ()), *more], shown.box, None, key, None)


def text(words: str) -> Any:
    """Text that is meant as such; pydeck takes any other for the name of a field."""
    import pydeck

    return pydeck.types.String(words)


def lettering() -> dict[str, Any]:
    """What makes letters of a pydeck layer readable on any colour: an outline of the ground's."""
    return {"outline_width": 8, "outline_color": [*rgb(palette().ground), 230], "font_settings": _LETTERS}


def tip(words: str) -> str:
    """Words as the text beside the pointer, in HTML."""
    return escape(words).replace("\n", "<br/>")


def frame(box: Box, labels: Sequence[Label], picked: Sequence[str], width: int = WIDTH) -> list[Any]:
    """The names of districts that have room, the outline of what is picked, and a scale bar."""
    import pydeck

    colours, labels = palette(), with_room(labels, box, *size(width))
    ink, outline = rgb(colours.text), lettering()
    bar = ruler(box)
    line = [{"a": [bar.west, bar.lat], "b": [bar.east, bar.lat]}]
    label = [{"p": [(bar.west + bar.east) / 2, bar.lat], "t": bar.text}]
    found = [
        pydeck.Layer("LineLayer", line, id="ruler", get_source_position="a", get_target_position="b", get_width=2,
                     get_color=ink, pickable=False),
        pydeck.Layer("TextLayer", label, id="ruler_text", get_position="p", get_text="t", get_size=12, get_color=ink,
                     font_family=text(FONT), get_pixel_offset=[0, -10], pickable=False, **outline),
    ]  # fmt: skip
    names = [{"p": [label.lon, label.lat], "t": label.name} for label in labels]
    found.append(
        pydeck.Layer(
            "TextLayer", names, id="names", get_position="p", get_text="t", get_size=13, get_color=ink, pickable=False,
            font_weight=600, font_family=text(FONT), **outline,
            character_set=text("".join(sorted({letter for label in labels for letter in label.name}))),
        )
    )  # fmt: skip
    if picked:
        rows = [{"h": index} for index in picked]
        found.append(
            pydeck.Layer("H3HexagonLayer", rows, id="picked", get_hexagon="h", filled=False, stroked=True,
                         extruded=False, get_line_color=ink, line_width_min_pixels=3, pickable=False)
        )  # fmt: skip
    return found


def deck(
    layers: list[Any], box: Box, tip: str | None, key: str, on_pick: Callable[[], None] | None,
    width: int = WIDTH,
) -> None:  # fmt: skip
    """The layers on a map that holds the box; until the browser has drawn it, a still drawing of them."""
    import pydeck

    wide, high = size(width)
    look = camera(box, wide, high)
    deck = compact_deck(
        layers=[*_ground(), *layers], **_base(),
        initial_view_state=pydeck.ViewState(
            longitude=look.lon, latitude=look.lat, zoom=look.zoom, min_zoom=1, max_zoom=17
        ),
        tooltip={"html": tip} if tip else False,
    )  # fmt: skip
    picks: dict[str, Any] = {"on_select": on_pick, "selection_mode": "single-object"} if on_pick else {}
    with st.container(key=f"seen_{key}", gap=None):
        sights.draw(layers, look, high, tiles.GROUND[palette() is DARK], key)
        st.pydeck_chart(deck, height=high, key=key, **picks)
    credit()


def _base() -> dict[str, Any]:
    """What a deck is told about a base map. Without tiles there is none, which spares browsers a second canvas."""
    tiled = {"map_style": tiles.style(palette() is DARK)} if tiles.address() else {}
    return {"map_provider": None, **tiled}


def _ground() -> list[Any]:
    """An opaque ground below all layers; tiles are one themselves."""
    import pydeck

    if tiles.address():
        return []
    earth = [{"o": [[-180, -85], [180, -85], [180, 85], [-180, 85]]}]
    return [
        pydeck.Layer(
            "PolygonLayer", earth, id="ground", get_polygon="o", get_fill_color=rgb(tiles.GROUND[palette() is DARK]),
            stroked=False, pickable=False,
        )
    ]  # fmt: skip


def credit() -> None:
    """Whose tiles lie under the map, where there are some."""
    if tiles.by():
        st.caption(tiles.by())


def size(width: int) -> tuple[int, int]:
    """How wide and high a map of that width is on the viewer's screen, about."""
    return PHONE if "Mobi" in (st.context.headers.get("User-Agent") or "") else (width, HEIGHT)


def legend(picture: Picture) -> None:
    """The colours of the map with what they stand for."""
    colours = palette()
    swatches = "".join(
        f"<span style='display:inline-flex;align-items:center;gap:.35em;white-space:nowrap'><i style='width:1.1em;"
        f"height:.8em;border-radius:2px;background:rgb{swatch.colour}'></i>{escape(swatch.text)}</span>"
        for swatch in picture.swatches
    )
    said = f" <span style='color:{colours.muted}'>{escape(picture.note)}</span>"
    st.html(
        "<div style='display:flex;flex-wrap:wrap;gap:.15rem .9rem;font-size:.82rem;line-height:1.5'>"
        f"<b>{escape(picture.title)}</b>{swatches}{said}</div>"
    )
