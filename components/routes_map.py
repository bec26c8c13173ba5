"""How are the routes of a day drawn on a map that calls nothing outside?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from components.maps import deck, tip
from components.palette import DARK, palette, rgb
from services.field.drawing import Colour, Mark, colour_of, sketch
from services.field.plans import Planned
from services.maps.layout import ruler

_WIDTH = 440  # of a phone and of half a screen alike: whatever is narrower must not cut routes off
_NOBODY: dict[bool, Colour] = {False: (110, 118, 128), True: (150, 158, 168)}


def draw(found: Planned, key: str) -> None:
    """A line an officer with the stops numbered in their order; stops that nobody serves are grey rings."""
    import pydeck

    is_dark = palette() is DARK
    seen = sketch(found, _NOBODY[is_dark])
    ink = rgb(palette().text)
    lines = [{"p": line.path, "c": line.colour, "t": tip(line.tip)} for line in seen.lines]
    bar = ruler(seen.box)
    scale = [{"a": [bar.west, bar.lat], "b": [bar.east, bar.lat], "p": [(bar.west + bar.east) / 2, bar.lat],
              "n": bar.text}]  # fmt: skip
    served = [mark for mark in seen.marks if mark.number]
    lost = [mark for mark in seen.marks if not mark.number]
    layers = [
        pydeck.Layer("PathLayer", lines, id="ways", get_path="p", get_color="c", width_min_pixels=3, width_max_pixels=5,
                     joint_rounded=True, cap_rounded=True, opacity=0.75, pickable=True),
        _dots("bases", seen.bases, 8, True, ink), _dots("lost", lost, 8, False, ink),
        _dots("stops", served, 11, True, rgb(palette().ground)),
        pydeck.Layer("TextLayer", _rows(served), id="numbers", get_position="p", get_text="n", get_size=12,
                     get_color=[255, 255, 255], font_weight=700, pickable=False),
        pydeck.Layer("LineLayer", scale, id="ruler", get_source_position="a", get_target_position="b", get_width=2,
                     get_color=ink),
        pydeck.Layer("TextLayer", scale, id="ruler_text", get_position="p", get_text="n", get_size=12, get_color=ink,
                     get_pixel_offset=[0, -10]),
    ]  # fmt: skip
    deck(layers, seen.box, "{t}", key, None, _WIDTH)


def _dots(name: str, marks: Sequence[Mark], size: int, filled: bool, edge: list[int]) -> Any:
    import pydeck

    return pydeck.Layer(
        "ScatterplotLayer", _rows(marks), id=name, get_position="p", get_fill_color="c", filled=filled, stroked=True,
        get_line_color=edge if filled else "c", line_width_min_pixels=2 if filled else 3, radius_units="pixels",
        get_radius=size, radius_min_pixels=size, radius_max_pixels=size, pickable=True,
    )  # fmt: skip


def _rows(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    return [
        {"p": [m.lon, m.lat], "c": m.colour, "n": m.number, "t": tip(m.tip)} for m in marks
    ]  # fmt: skip


def heading(found: Planned, officer: str, said: str) -> None:
    """An officer's name beside the colour of the line, and the day in a sentence."""
    who = found.officers[officer]
    colour = colour_of(found, officer)
    st.html(
        "<div style='display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:baseline;font-size:.9rem'>"
        f"<b><i style='display:inline-block;width:.8em;height:.8em;border-radius:50%;background:rgb{colour};"
        f"margin-right:.45em'></i>{escape(who.name or f'Officer {who.id}')}</b><span>{escape(said)}</span></div>"
    )
