"""What stands in the table of a map, wide enough to be read?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from components import maps, state
from components.markdown import plain
from services.entities.addresses import NAME_OF_ADDRESS
from services.formats import NOTHING, grouped, plural
from services.maps.pictures import Picture
from services.maps.sorting import sort_values

BESIDE = 4
"""A table with more columns stands below its map, where there is room for them."""
_WIDTHS = {
    "Where": 110, "Finding": 80, "z": 60, "q": 75, "p": 75, "Other grids": 180, "Rows": 60, "Class": 160, "Trend": 80,
    "Steps": 90, "Change": 80, "Now": 75, "Before": 75, "States": 300, "Score": 70, "Expected": 85, "Why": 460,
    "No": 55, "Size": 80, "Mainly": 330, "Half within": 100, "Stability": 85, "Area": 190,
    "What": 120, "State": 150, "Mean": 120,
}  # fmt: skip
_BELOW = {"States", "Before"}  # columns of tables that stand below a map, however few they are
_HELP = {
    "z": "Standard deviations from what chance would make it",
    "p": "How often chance alone would show as much",
    "q": "The share of false alarms among all findings that are at least as sure (Benjamini-Hochberg)",
    "Other grids": "On how many other grids, shifted and of other sizes, the same place is found",
    "Steps": "In how many steps of the range it is hot, or cold",
    "Trend": "Whether it grows or fades from step to step (Mann-Kendall)",
    "Score": "The chance of at least one event within the next seven days, 0 to 100",
    "Expected": "Events within the next seven days",
    "Half within": "How far from its middle half of its rows lie",
    "Stability": "How surely it comes back when half of the rows are left out: from 0.75 stable, below 0.6 not",
}
_NUMBER, _LETTER, _WIDEST = 80, 8, 150
_ROW, _HEAD = 33, 37  # with the letters of the theme
_ROOM_BESIDE = 250  # for columns of a table beside a map, in a window of 1440 pixels


def is_wide(picture: Picture) -> bool:
    """Whether the table needs the whole width of the page."""
    return len(picture.columns) >= BESIDE or not _BELOW.isdisjoint(picture.columns)


def room(picture: Picture) -> int:
    """How high the table may be: ten lines below a map, as high as a map beside it, never higher than it needs."""
    most = 10 * _ROW if is_wide(picture) else maps.HEIGHT - _HEAD
    return min(most, _HEAD + _ROW * max(len(picture.lines), 1))


def widths(picture: Picture, links: Collection[str] = ()) -> dict[str, Any]:
    """How wide each column is: as its texts need, or as its name does. Those in `links` hold addresses of things."""
    pixels = [_width(picture, place, name) for place, name in enumerate(picture.columns, 1)]
    if not is_wide(picture):
        pixels[0] = max(_NUMBER, min(pixels[0], _ROOM_BESIDE - sum(pixels[1:])))  # of names the end is cut, not numbers
    return {
        name: st.column_config.LinkColumn(width=_WIDEST, display_text=NAME_OF_ADDRESS)
        if name in links
        else st.column_config.Column(width=wide, help=_HELP.get(name))
        for name, wide in zip(picture.columns, pixels, strict=True)
    }


def _width(picture: Picture, place: int, name: str) -> int:
    named = min(max(_NUMBER, _LETTER * len(name) + _LETTER), _WIDEST)
    longest = max((len(line[place]) for line in picture.lines), default=0)
    return min(_WIDTHS.get(name, named), max(named, _LETTER * (longest + 2)))


def sortable(picture: Picture) -> Any:
    """The lines as a frame that shows the texts and sorts columns of numbers by their numbers."""
    texts = {name: [line[n + 1] for line in picture.lines] for n, name in enumerate(picture.columns)}
    values = {name: sort_values(column) for name, column in texts.items()}
    frame = pd.DataFrame({name: texts[name] if found is None else found for name, found in values.items()})
    shown = {n: dict(zip(found, texts[n], strict=True)).get for n, found in values.items() if found is not None}
    return frame.style.format(shown, na_rep=NOTHING)


def draw(picture: Picture, name: str = "map_table", picks: str = "hex", links: Collection[str] = ()) -> None:
    """The lines of the table; chosen ones are picked on the map. `picks` is what the address calls picked ones."""
    of = len(picture.cells) if picture.listed_of is None else picture.listed_of
    st.markdown(f"**{plain(picture.title)}**")
    if not picture.lines:
        st.caption("Nothing stands out.")
        return
    # a line of its own: on phones the table's buttons lie over what stands right above it
    is_cut = len(picture.lines) < of
    first = f"First {len(picture.lines)} of {grouped(of)}; columns sort these {len(picture.lines)}"
    st.caption(first if is_cut else plural(len(picture.lines), "line"))
    key = f"{name}_{state.once('map')}"
    can_pick = any(line[0] for line in picture.lines)

    def pick() -> None:
        chosen = [picture.lines[row][0] for row in st.session_state[key].selection.rows]
        state.write(picks, chosen)

    choose = {"on_select": pick, "selection_mode": "multi-row"} if can_pick else {}
    st.dataframe(
        sortable(picture), hide_index=True, height=room(picture), key=key, column_config=widths(picture, links),
        alt=f"{picture.title}, as a table", **choose,
    )  # fmt: skip
