"""How does a viewer take the map along?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from components.palette import DARK, palette
from data.boundaries import Boundaries
from data.model import Dataset, Metric
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
from services.exports.sheets import Sheet
from services.live.boards import Board, sentence_of
from services.maps.choices import MapChoice
from services.maps.districts import DistrictMap
from services.maps.hexes import HexMap, placed_dataset
from services.maps.labels import Names
from services.maps.networks import Network
from services.maps.pictures import Picture
from services.maps.playback import Film
from services.maps.points import Marks
from services.maps.posts import Posts
from services.maps.sides import Sides
from services.maps.wiring import Wiring
from services.people import can

_HELP = "With title, filters, range, as-of time and row counts inside"


def show(scope: Scope, board: Board, shown: HexMap, picture: Picture, names: Names, choice: MapChoice) -> None:
    """The map of hexagons in each format, for those who may export; the file is made when it is asked for."""

    def make(now: datetime) -> Sheet:
        return map_sheet(scope, shown, picture, names, choice, filters_said(board, choice), now)

    if drawn_in_hexagons(picture):
        buttons(scope, board, shown.metric, choice, make)


def show_areas(
    scope: Scope, board: Board, shown: DistrictMap, picture: Picture, found: Boundaries, choice: MapChoice
) -> None:
    """The same for a map of districts."""

    def make(now: datetime) -> Sheet:
        from services.exports.areas import area_sheet

        return area_sheet(scope, shown, picture, found, choice, filters_said(board, choice), now)

    buttons(scope, board, shown.metric, choice, make)


def show_marks(scope: Scope, board: Board, shown: HexMap, found: Marks, names: Names, choice: MapChoice) -> None:
    """The same for points and grouped points."""

    def make(now: datetime) -> Sheet:
        from services.exports.marks import mark_sheet

        return mark_sheet(scope, shown, found, names, choice, filters_said(board, choice), now)

    buttons(scope, board, shown.metric, choice, make)


def show_film(scope: Scope, board: Board, shown: HexMap, found: Film, names: Names, choice: MapChoice) -> None:
    """The numbers of all steps of a playback, as tables."""

    def make(now: datetime) -> Sheet:
        from services.exports.marks import film_sheet

        return film_sheet(scope, shown, found, names, choice, filters_said(board, choice), now)

    buttons(scope, board, shown.metric, choice, make, ("csv", "parquet"))


def show_sides(scope: Scope, board: Board, shown: HexMap, found: Sides, names: Names, choice: MapChoice) -> None:
    """The hexagons of two periods, each with both numbers."""

    def make(now: datetime) -> Sheet:
        from services.exports.sides import sides_sheet

        return sides_sheet(scope, shown, found, names, choice, filters_said(board, choice), now)

    buttons(scope, board, shown.metric, choice, make)


def show_network(scope: Scope, board: Board, shown: Network, there: Posts, made: Wiring, choice: MapChoice) -> None:
    """The lines and sensors of an asset network."""

    def make(now: datetime) -> Sheet:
        from services.exports.wires import network_sheet

        return network_sheet(scope, shown, there, made, choice, filters_said(board, choice), now)

    buttons(scope, board, shown.metric, choice, make)


def filters_said(board: Board, choice: MapChoice) -> list[str]:
    """The filters of a choice in words."""
    inside = ["place is inside the selected area"] if choice.area else []
    return [*(sentence_of(board, condition) for condition in choice.where), *inside]


def buttons(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, make: Callable[[datetime], Sheet],
    forms: Sequence[MapForm] = MAP_FORMS, what: str = "map",
) -> None:  # fmt: skip
    """A button for each format, for those who may export; `what` is taken along."""
    dataset = placed_dataset(board.pack, metric)
    assert dataset is not None, "a metric that is mapped has places"
    offer(scope, dataset, metric, choice, make, forms, what)


def offer(
    scope: Scope, dataset: Dataset, metric: Metric | Dataset, choice: MapChoice, make: Callable[[datetime], Sheet],
    forms: Sequence[MapForm], what: str,
) -> None:  # fmt: skip
    """The same for what is about a dataset."""
    if not can(scope, "export"):
        return
    is_dark, now = palette() is DARK, datetime.now(UTC)

    def made(form: MapForm) -> bytes:
        return map_download(scope, dataset, make(datetime.now(UTC)), form, is_dark)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Download this {what}:", width="content")
        for form in forms:
            is_plain = what != "map" and "geojson" not in forms  # its lines lie nowhere
            title = MAP_TITLES[form].removeprefix("Geo") if is_plain else MAP_TITLES[form]
            st.download_button(
                title, partial(made, form), map_file_name(scope, metric, choice, form, now), MAP_TYPES[form],
                key=f"{what.replace(' ', '_')}_download_{form}", on_click="ignore", type="tertiary",
                icon=":material/download:", help=_HELP,
            )  # fmt: skip
