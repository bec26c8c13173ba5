"""How are metrics drawn as tiles?"""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from components.markdown import plain
from services.formats import NOTHING, SPACE
from services.live.tiles import Tile

TILE_WIDTH = 150
# In the place of the number.
SILENT, UNTOLD = ":small[:gray[nothing recorded]]", ":small[:gray[cannot be told]]"
_PARTS = re.compile(f"({SPACE}[dh]){SPACE}")
_COLOURS = {"good": "green", "bad": "red", "neutral": "gray"}


def draw_tiles(tiles: tuple[Tile, ...], compared_with: str, on_rows: Callable[[str], None] | None) -> None:
    """Rows of aligned tiles; with `on_rows` the name of a metric is a button that opens the rows behind it."""
    with st.grid(5, min_column_width=TILE_WIDTH, gap="xsmall", key="tiles"):
        for tile in tiles:
            with st.container(border=True, gap=None, height="stretch"):
                _name(tile, compared_with, on_rows)
                _number(tile, compared_with)


def _name(tile: Tile, compared_with: str, on_rows: Callable[[str], None] | None) -> None:
    if on_rows is None or tile.reason:
        st.markdown(f":small[{plain(tile.title)}]", help=_help(tile, compared_with))
        return
    st.button(
        f":small[{plain(tile.title)}]", key=f"rows_{tile.metric}", type="tertiary", on_click=on_rows,
        icon=":material/chevron_right:", icon_position="right", wrap=True, args=(tile.metric,),
        help=f"{_help(tile, compared_with)}\n\nClick to see the rows.",
    )  # fmt: skip


def _number(tile: Tile, compared_with: str) -> None:
    if tile.reason:
        st.metric(tile.title, UNTOLD, None, delta_description=tile.reason, label_visibility="collapsed")
        return
    change = tile.change
    st.metric(
        tile.title,
        SILENT if tile.value == NOTHING else _with_unit(tile),
        change.text if change else "nothing before" if compared_with and tile.value != NOTHING else None,
        delta_color=_COLOURS[change.tone] if change else "off",
        delta_arrow="off",
        delta_description=_target(tile),
        chart_data=tile.spark or None,
        label_visibility="collapsed",
    )


def _with_unit(tile: Tile) -> str:
    """The value and its unit; a length of time may go on in the next line between its two parts, never inside one."""
    value = _PARTS.sub(r"\1 ", tile.value)
    return f"{value} :small[:gray[{plain(tile.unit)}]]" if tile.unit else value


def _target(tile: Tile) -> str | None:
    """The target with a tick or a cross; the name's help says it in words."""
    mark = {True: "✓ ", False: "✗ ", None: ""}[tile.is_met]
    return f"{mark}{tile.target}" if tile.target else None


def _help(tile: Tile, compared_with: str) -> str:
    parts = [tile.explanation, *([tile.reason] if tile.reason else [])]
    if tile.before and compared_with:
        parts.append(f"In {compared_with}: {tile.before}.")
    if tile.target:
        word = {True: ", met", False: ", missed", None: ""}[tile.is_met]
        parts.append(f"Target {tile.target}{word}.")
    return "\n\n".join(parts)
