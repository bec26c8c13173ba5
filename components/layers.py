"""How are the layers shown that are more than one map of hexagons: playback, two periods, points?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from components import area_maps, map_downloads, mapped, maps, marks, playback, state, states, studies
from components.palette import DARK, palette
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.maps.areas import Selected
from services.maps.choices import MapChoice, box_text
from services.maps.hexes import HexMap
from services.maps.pictures import Picture

Table = Callable[[Picture], None]


def show(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None, table: Table,
    now: datetime,
) -> bool:  # fmt: skip
    """Draw the layer with its table; False for a layer that is a map of hexagons like any other."""
    draws = {
        "playback": _film,
        "sides": _sides,
        "points": _points,
        "groups": _points,
        "clusters": studies.show,
        "risk": studies.show,
    }
    if choice.layer not in draws:
        return False
    draws[choice.layer](scope, board, metric, shown, choice, area, table, now)
    return True


def _key(shown: HexMap, choice: MapChoice) -> str:
    return f"map_{choice.layer}_{box_text(shown.box)}_{shown.resolution}_{state.once('map')}"


def _film(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None, _table: Table,
    now: datetime,
) -> None:  # fmt: skip
    found = mapped.film(scope, board, metric, choice, palette() is DARK, now)
    if found.reason:
        states.empty("Nothing to play here", found.reason)
        return
    names = mapped.district_names(scope, board, choice, now)
    playback.draw(found, names.labels, area, f"film_{box_text(shown.box)}")
    map_downloads.show_film(scope, board, shown, found, names, choice)


def _sides(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None, table: Table,
    now: datetime,
) -> None:  # fmt: skip
    found = mapped.sides(scope, board, metric, choice, palette() is DARK, now)
    if isinstance(found, str):
        states.empty("Nothing to compare here", found)
        return
    names = mapped.district_names(scope, board, choice, now)
    for column, picture, side in zip(
        st.columns(2, gap="small"), (found.before, found.now), ("before", "now"), strict=True
    ):
        with column:
            st.caption(picture.title)
            key, more = f"{_key(shown, choice)}_{side}", area_maps.outlined(area)
            maps.draw_hexagons(picture, shown.box, names.labels, (), key, None, maps.HALF, more)
    maps.legend(found.now)
    map_downloads.show_sides(scope, board, shown, found, names, choice)
    table(found.now)


def _points(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None, table: Table,
    now: datetime,
) -> None:  # fmt: skip
    found = mapped.marks(scope, board, metric, choice, palette() is DARK, now)
    if found.reason:
        states.empty("Nothing to map here", found.reason)
        return
    names = mapped.district_names(scope, board, choice, now)
    many = len(found.marks)
    picture = Picture(found.title, found.swatches, (), found.note, found.columns, found.lines, listed_of=many)
    if choice.layer == "points":
        marks.draw_points(found, shown.box, names.labels, _key(shown, choice), area_maps.outlined(area))
    else:
        marks.draw_groups(found, shown.box, _key(shown, choice), area_maps.outlined(area))
    maps.legend(picture)
    map_downloads.show_marks(scope, board, shown, found, names, choice)
    table(picture)
