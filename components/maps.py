"""How are hexagons drawn on a map that calls nothing outside?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from components.palette import DARK, palette
from services.maps.choices import Box
from services.maps.colours import Scale
from services.maps.hexes import Hexagon, HexMap
from services.maps.layout import camera, ruler

HEIGHT = 620
WIDTH = 860
_OPACITY = 0.82


def draw_hexagons(
    shown: HexMap, scale: Scale, picked: Sequence[str], key: str, on_pick: Callable[[], None] | None
) -> None:
    """The hexagons in the colours of their numbers; a click on one calls `on_pick` (selection layer `hexagons_*`)."""
    import pydeck

    by_step: dict[int, list[Hexagon]] = {}
    for hexagon in shown.hexagons:
        by_step.setdefault(scale.place(hexagon.value), []).append(hexagon)
    layers = [
        pydeck.Layer(
            "H3HexagonLayer", [{"h": h.index, "v": h.shown, "n": h.rows} for h in members], id=f"hexagons_{step}",
            get_hexagon="h", get_fill_color=list(scale.steps[step].colour), pickable=True, stroked=False, filled=True,
            extruded=False, high_precision="auto", opacity=_OPACITY, coverage=0.97, auto_highlight=True,
        )
        for step, members in sorted(by_step.items())
    ]  # fmt: skip
    layers += _frame(shown.box, picked)
    tip = f"{escape(shown.metric.title)}: <b>{{v}}</b><br/>{{n}} rows"
    _deck(layers, shown.box, tip, key, on_pick)


def draw_density(shown: HexMap, scale: Scale, key: str) -> None:
    """A smooth surface over the middles of the hexagons, weighted by their numbers."""
    import pydeck
    from h3 import cell_to_latlng

    points = []
    for h in shown.hexagons:
        lat, lon = cell_to_latlng(h.index)
        points.append({"p": [round(lon, 5), round(lat, 5)], "w": h.value})
    colours = [list(step.colour) for step in scale.steps]
    layer = pydeck.Layer(
        "HeatmapLayer", points, id="density", get_position="p", get_weight="w", radius_pixels=38, intensity=1.1,
        threshold=0.04, color_range=colours, aggregation="SUM", opacity=_OPACITY,
    )  # fmt: skip
    _deck([layer, *_frame(shown.box, ())], shown.box, None, key, None)


def _frame(box: Box, picked: Sequence[str]) -> list[Any]:
    """The outline of what is picked, and a scale bar."""
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
    if picked:
        rows = [{"h": index} for index in picked]
        found.append(
            pydeck.Layer("H3HexagonLayer", rows, id="picked", get_hexagon="h", filled=False, stroked=True,
                         extruded=False, get_line_color=ink, line_width_min_pixels=3, pickable=False)
        )  # fmt: skip
    return found


def _deck(layers: list[Any], box: Box, tip: str | None, key: str, on_pick: Callable[[], None] | None) -> None:
    import pydeck

    look = camera(box, WIDTH, HEIGHT)
    is_dark = palette() is DARK
    deck = pydeck.Deck(
        layers=layers, map_provider=None, map_style=f"/app/static/map-{'dark' if is_dark else 'light'}.json",
        initial_view_state=pydeck.ViewState(
            longitude=look.lon, latitude=look.lat, zoom=look.zoom, min_zoom=1, max_zoom=17
        ),
        tooltip={"html": tip} if tip else False,
    )  # fmt: skip
    picks: dict[str, Any] = {"on_select": on_pick, "selection_mode": "single-object"} if on_pick else {}
    st.pydeck_chart(deck, height=HEIGHT, key=key, **picks)


def legend(title: str, scale: Scale, note: str = "") -> None:
    """The colours of the map with the numbers they stand for."""
    colours = palette()
    swatches = "".join(
        f"<span style='display:inline-flex;align-items:center;gap:.35em;white-space:nowrap'><i style='width:1.1em;"
        f"height:.8em;border-radius:2px;background:rgb{step.colour}'></i>{escape(step.text)}</span>"
        for step in scale.steps
    )
    said = f" <span style='color:{colours.muted}'>{escape(note)}</span>" if note else ""
    st.html(
        "<div style='display:flex;flex-wrap:wrap;gap:.15rem .9rem;font-size:.82rem;line-height:1.4'>"
        f"<b>{escape(title)}</b>{swatches}{said}</div>"
    )
