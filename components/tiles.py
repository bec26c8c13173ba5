"""How is a family of metrics drawn as tiles?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.markdown import plain
from services.formats import NOTHING
from services.live.tiles import Tile

TILE_WIDTH = 150
_COLOURS = {"good": "green", "bad": "red", "neutral": "gray"}
_ARROWS = {"up": "up", "down": "down", "flat": "off"}


def draw_tiles(tiles: tuple[Tile, ...], compared_with: str, on_rows: Callable[[str], None] | None) -> None:
    """Rows of aligned tiles; `on_rows` opens the rows behind a metric."""
    with st.grid(5, min_column_width=TILE_WIDTH, gap="xsmall"):
        for tile in tiles:
            _draw(tile, compared_with, on_rows)


def _draw(tile: Tile, compared_with: str, on_rows: Callable[[str], None] | None) -> None:
    with st.container(border=True, gap="xxsmall", height="stretch"):
        st.markdown(f":small[{plain(tile.title)}]", help=_help(tile, compared_with))
        if tile.reason:
            st.metric(tile.title, NOTHING, label_visibility="collapsed")
            st.caption(tile.reason)
            return
        change = tile.change
        st.metric(
            tile.title,
            tile.value,
            change.text if change else "nothing before" if compared_with else None,
            delta_color=_COLOURS[change.tone] if change else "off",
            delta_arrow=_ARROWS[change.direction] if change else "off",
            chart_data=tile.spark or None,
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap=None):
            st.markdown(_foot(tile), width="content")
            if on_rows:
                st.button(
                    "Rows", key=f"rows_{tile.metric}", type="tertiary", icon=":material/table_rows:", on_click=on_rows,
                    args=(tile.metric,),
                )  # fmt: skip


def _foot(tile: Tile) -> str:
    if not tile.target:
        return f":small[:gray[before {tile.before}]]" if tile.before else ""
    colour, icon = {True: ("green", "check_circle"), False: ("red", "cancel"), None: ("gray", "flag")}[tile.is_met]
    return f":small[:{colour}[:material/{icon}: {tile.target}]]"


def _help(tile: Tile, compared_with: str) -> str:
    parts = [tile.explanation]
    if tile.before and compared_with:
        parts.append(f"In {compared_with}: {tile.before}.")
    if tile.target:
        word = {True: ", met", False: ", missed", None: ""}[tile.is_met]
        parts.append(f"Target {tile.target}{word}.")
    return "\n\n".join(parts)
