"""How are hexagons drawn on a map that calls nothing outside?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from components.decks import compact_deck
from components.palette import DARK, palette
from services.maps.choices import Box
from services.maps.found import ClusterPicture
from services.maps.hexes import HexMap
from services.maps.labels import Label
from services.maps.layout import camera, ruler
from services.maps.pictures import Picture
from services.maps.points import Marks, ring, short_number

HEIGHT = 620
WIDTH = 660  # of the map beside its table, in a window of 1440 pixels
FULL = 1000
HALF = 490
PHONE = 340
_OPACITY = 0.82


def draw_hexagons(
    picture: Picture, box: Box, labels: Sequence[Label], picked: Sequence[str], key: str,
    on_pick: Callable[[], None] | None, width: int = WIDTH, more: Sequence[Any] = (),
) -> None:  # fmt: skip
    """The hexagons in their colours, under `more` layers; a click calls `on_pick` (the object's `h` is its index)."""
    import pydeck

    by_swatch: dict[int, list[dict[str, str]]] = {}
    for cell in picture.cells:
        by_swatch.setdefault(cell.swatch, []).append({"h": cell.index, "t": _tip(cell.tip)})
    layers = [
        pydeck.Layer(
            "H3HexagonLayer", rows, id=f"hexagons_{swatch}", get_hexagon="h", pickable=True, stroked=False, filled=True,
            get_fill_color=list(picture.swatches[swatch].colour), extruded=False, high_precision=_text("auto"),
            opacity=_OPACITY, coverage=0.97, auto_highlight=True,
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    deck([*layers, *frame(box, labels, picked), *more], box, "{t}", key, on_pick, width)


def draw_density(shown: HexMap, picture: Picture, labels: Sequence[Label], key: str) -> None:
    """A smooth surface over the middles of the hexagons, weighted by their numbers."""
    import pydeck
    from h3 import cell_to_latlng

    points = []
    for h in shown.hexagons:
        lat, lon = cell_to_latlng(h.index)
        points.append({"p": [round(lon, 5), round(lat, 5)], "w": h.value})
    colours = [list(swatch.colour) for swatch in picture.swatches]
    layer = pydeck.Layer(
        "HeatmapLayer", points, id="density", get_position="p", get_weight="w", radius_pixels=38, intensity=1.1,
        threshold=0.04, color_range=colours, aggregation=_text("SUM"), opacity=_OPACITY,
    )  # fmt: skip
    deck([layer, *frame(shown.box, labels, ())], shown.box, None, key, None)


def draw_points(found: Marks, box: Box, labels: Sequence[Label], key: str) -> None:
    """A dot for each cell, larger with more rows, in the colour of its most frequent state."""
    import pydeck

    by_swatch: dict[int, list[dict[str, Any]]] = {}
    for mark in found.marks:
        row = {"p": [mark.lon, mark.lat], "r": round(2.2 + 1.3 * mark.rows**0.5, 1), "t": _tip(mark.tip)}
        by_swatch.setdefault(mark.shares[0][0], []).append(row)
    layers = [
        pydeck.Layer(
            "ScatterplotLayer", rows, id=f"points_{swatch}", get_position="p", get_radius="r",
            radius_units=_text("pixels"), radius_max_pixels=16,
            get_fill_color=list(found.swatches[swatch].colour), pickable=True, opacity=0.75,
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    deck([*layers, *frame(box, labels, ())], box, "{t}", key, None)


def draw_groups(found: Marks, box: Box, key: str) -> None:
    """A ring for each group, larger with more rows and divided as they are, around their number."""
    import pydeck

    most = max(mark.rows for mark in found.marks)
    largest_m = (box[2] - box[0]) * 111_320 * math.cos(math.radians((box[1] + box[3]) / 2)) / WIDTH * 26
    by_swatch: dict[int, list[dict[str, Any]]] = {}
    for mark in found.marks:
        for swatch, outline in ring(mark, largest_m * (0.45 + 0.55 * (mark.rows / most) ** 0.5)):
            by_swatch.setdefault(swatch, []).append({"o": outline, "t": _tip(mark.tip)})
    layers = [
        pydeck.Layer(
            "SolidPolygonLayer", rows, id=f"rings_{swatch}", get_polygon="o", pickable=True, opacity=0.95,
            get_fill_color=list(found.swatches[swatch].colour),
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    ink = [int(palette().text[i : i + 2], 16) for i in (1, 3, 5)]
    counts = [{"p": [mark.lon, mark.lat], "t": short_number(mark.rows)} for mark in found.marks]
    layers.append(
        pydeck.Layer("TextLayer", counts, id="counts", get_position="p", get_text="t", get_size=11, get_color=ink,
                     pickable=False, font_weight=600)
    )  # fmt: skip
    deck([*layers, *frame(box, (), ())], box, "{t}", key, None)


def draw_clusters(found: ClusterPicture, box: Box, labels: Sequence[Label], key: str) -> None:
    """The outline of each cluster with its number, in the colour of its stability."""
    import pydeck

    ink = [int(palette().text[i : i + 2], 16) for i in (1, 3, 5)]
    layers = []
    for swatch, shade in enumerate(found.picture.swatches):
        rows = [{"o": hull.outline, "t": _tip(hull.tip)} for hull in found.hulls if hull.swatch == swatch]
        layers.append(
            pydeck.Layer(
                "PolygonLayer", rows, id=f"hulls_{swatch}", get_polygon="o", pickable=True, stroked=True, filled=True,
                get_fill_color=[*shade.colour, 120], get_line_color=list(shade.colour), line_width_min_pixels=2,
            )
        )  # fmt: skip
    numbers = [{"p": [hull.lon, hull.lat], "t": str(hull.number)} for hull in found.hulls]
    layers.append(
        pydeck.Layer("TextLayer", numbers, id="numbers", get_position="p", get_text="t", get_size=13, get_color=ink,
                     pickable=False, font_weight=700)
    )  # fmt: skip
    deck([*layers, *frame(box, labels, ())], box, "{t}", key, None, FULL)


def _text(words: str) -> Any:
    """Text that is meant as such; pydeck takes any other for the name of a field."""
    import pydeck

    return pydeck.types.String(words)


def _tip(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def frame(box: Box, labels: Sequence[Label], picked: Sequence[str]) -> list[Any]:
    """The names of districts, the outline of what is picked, and a scale bar."""
    import pydeck

    colours = palette()
    ink = [int(colours.text[i : i + 2], 16) for i in (1, 3, 5)]
    bar = ruler(box)
    line = [{"a": [bar.west, bar.lat], "b": [bar.east, bar.lat]}]
    label = [{"p": [(bar.west + bar.east) / 2, bar.lat], "t": bar.text}]
    found = [
        pydeck.Layer("LineLayer", line, id="ruler", get_source_position="a", get_target_position="b", get_width=2,
                     get_color=ink, pickable=False),
        pydeck.Layer("TextLayer", label, id="ruler_text", get_position="p", get_text="t", get_size=12, get_color=ink,
                     get_pixel_offset=[0, -10], pickable=False),
    ]  # fmt: skip
    names = [{"p": [label.lon, label.lat], "t": label.name} for label in labels]
    ground = [int(colours.ground[i : i + 2], 16) for i in (1, 3, 5)]
    found.append(
        pydeck.Layer(
            "TextLayer", names, id="names", get_position="p", get_text="t", get_size=13, get_color=ink, pickable=False,
            outline_width=4, outline_color=[*ground, 230], font_settings={"sdf": True}, font_weight=600,
            character_set=_text("".join(sorted({letter for label in labels for letter in label.name}))),
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
    import pydeck

    look = camera(box, PHONE if "Mobi" in (st.context.headers.get("User-Agent") or "") else width, HEIGHT)
    is_dark = palette() is DARK
    deck = compact_deck(
        layers=layers, map_provider=None, map_style=f"/app/static/map-{'dark' if is_dark else 'light'}.json",
        initial_view_state=pydeck.ViewState(
            longitude=look.lon, latitude=look.lat, zoom=look.zoom, min_zoom=1, max_zoom=17
        ),
        tooltip={"html": tip} if tip else False,
    )  # fmt: skip
    picks: dict[str, Any] = {"on_select": on_pick, "selection_mode": "single-object"} if on_pick else {}
    st.pydeck_chart(deck, height=HEIGHT, key=key, **picks)


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
