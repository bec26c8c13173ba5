"""What stands in the table of a map, wide enough to be read?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components import maps, state
from components.markdown import plain
from services.maps.pictures import Picture

BESIDE = 4
"""A table with more columns stands below its map, where there is room for them."""
_WIDTHS = {
    "Where": 110, "Finding": 80, "z": 60, "q": 75, "p": 75, "Other grids": 180, "Rows": 60, "Class": 160, "Trend": 80,
    "Steps": 90, "Change": 80, "Now": 75, "Before": 75, "States": 300, "Score": 70, "Expected": 85, "Why": 460,
    "No": 55, "Size": 80, "Mainly": 330, "Half within": 100, "Stability": 85,
}  # fmt: skip
_NUMBER = 80
_ROW, _HEAD = 35, 40


def is_wide(picture: Picture) -> bool:
    """Whether the table needs the whole width of the page."""
    return len(picture.columns) >= BESIDE or "States" in picture.columns


def draw(picture: Picture) -> None:
    """The lines of the table; chosen ones are picked on the map."""
    frame = pd.DataFrame([line[1:] for line in picture.lines], columns=list(picture.columns))
    note = f":small[:gray[first {len(picture.lines)} of {len(picture.cells):,}]]" if picture.cells else ""
    st.markdown(f"**{plain(picture.title)}** {note}")
    if not picture.lines:
        st.caption("Nothing stands out.")
        return
    key = f"map_table_{state.once('map')}"
    can_pick = any(line[0] for line in picture.lines)

    def pick() -> None:
        chosen = [picture.lines[row][0] for row in st.session_state[key].selection.rows]
        state.write("hex", chosen)

    room = 10 * _ROW if is_wide(picture) else maps.HEIGHT - _HEAD
    choose = {"on_select": pick, "selection_mode": "multi-row"} if can_pick else {}
    st.dataframe(
        frame, hide_index=True, height=min(room, _HEAD + _ROW * len(picture.lines)), key=key,
        column_config={n: st.column_config.TextColumn(width=_WIDTHS.get(n, _NUMBER)) for n in picture.columns},
        alt=f"{picture.title}, as a table", **choose,
    )  # fmt: skip
