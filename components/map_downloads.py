"""How does a viewer take the map along?"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from components.palette import DARK, palette
from data.types import Scope
from services.exports.maps import (
    MAP_FORMS,
    MAP_TITLES,
    MAP_TYPES,
    MapForm,
    drawn_in_hexagons,
    map_download,
    map_file_name,
    map_sheet,
)
from services.live.boards import Board, sentence_of
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap, placed_dataset
from services.maps.labels import Names
from services.maps.pictures import Picture
from services.people import can


def show(scope: Scope, board: Board, shown: HexMap, picture: Picture, names: Names, choice: MapChoice) -> None:
    """A quiet button for each format, for those who may export; the file is made when it is asked for."""
    if not can(scope, "export") or not drawn_in_hexagons(picture):
        return
    is_dark, now = palette() is DARK, datetime.now(UTC)

    def made(form: MapForm) -> bytes:
        dataset = placed_dataset(board.pack, shown.metric)
        assert dataset is not None, "a metric that is mapped has places"
        filters = [sentence_of(board, condition) for condition in choice.where]
        sheet = map_sheet(scope, shown, picture, names, choice, filters, datetime.now(UTC))
        return map_download(scope, dataset, sheet, form, is_dark)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Take this map along:", width="content")
        for form in MAP_FORMS:
            st.download_button(
                MAP_TITLES[form], partial(made, form), map_file_name(scope, shown, choice, form, now), MAP_TYPES[form],
                key=f"map_download_{form}", on_click="ignore", type="tertiary", icon=":material/download:",
                help="With title, filters, range, as-of time and row counts inside",
            )  # fmt: skip
