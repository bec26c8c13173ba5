"""What is known of the part of the map that somebody selected or picked?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import streamlit as st

from components import charts, drill, leaderboards, queries, state, states
from components.markdown import plain
from data.model import Metric
from data.types import Filter, Scope
from services.formats import plural
from services.live.boards import Board
from services.live.choices import Choice
from services.maps.areas import Selected, inside_both, selected
from services.maps.choices import MapChoice
from services.maps.places import Place, hexagons_filter, place_in

_NOT_PICKED = ("draw", "playback", "clusters")
"""Layers on which nothing is picked, and which say themselves what to do."""
_PICKED_BELOW = ("density", "points", "groups", "sides")
"""Layers whose map is only looked at; their tables pick."""


def show(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime, area: Selected | None = None
) -> None:
    """The numbers of the picked hexagons, else of the selected area, and the rows in them."""
    picked = tuple(state.read_all("hex"))
    within = (Filter("place", "inside", (area.within,)),) if area else ()
    names = _names(area)
    if picked:
        said = f"{plural(len(picked), 'hexagon')} picked"
        _panel(scope, board, metric, choice, said, (hexagons_filter(picked), *within), names, now)
    elif area:
        _panel(scope, board, metric, choice, f"Inside {plain(area.title)}", within, names, now)
    elif choice.layer not in _NOT_PICKED:
        how = "Choose" if choice.layer in _PICKED_BELOW else "Click a hexagon, or choose"
        st.caption(f"{how} lines of the table to see what happens there.")


def show_areas(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, dimension: str, picked: tuple[str, ...],
    now: datetime, area: Selected | None = None,
) -> None:  # fmt: skip
    """The same for picked districts: rows that name them by a dimension, or that lie in them without one."""
    names = _names(area)
    inside = (Filter("place", "inside", (area.within,)),) if area else ()
    if not picked and area is None:
        st.caption("Click an area, or choose lines of the table, to see what happens there.")
        return
    if picked and dimension:
        inside = (Filter(dimension, "in", picked), *inside)
    elif picked:
        districts = selected(scope, [f"{choice.boundaries}:{key}" for key in picked])
        assert districts is not None, "something is picked"
        both = inside_both(districts.within, area.within) if area else districts.within
        inside, names = (Filter("place", "inside", (both,)),), () if area else _names(districts)
    said = ", ".join(map(plain, picked[:3])) + (f" and {len(picked) - 3} more" if len(picked) > 3 else "")
    _panel(scope, board, metric, choice, said or f"Inside {plain(area.title if area else '')}", inside, names, now)


def _names(area: Selected | None) -> tuple[str, ...]:
    """The selected parts as an address names them, which is shorter than their outlines."""
    return area.texts if area else ()


def _panel(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, said: str, inside: tuple[Filter, ...],
    names: tuple[str, ...], now: datetime,
) -> None:  # fmt: skip
    with st.container(border=True):
        found = _place(scope, board, metric, choice, inside, now)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{said}: {plain(metric.title)} {found.shown}**")
            if state.read_all("hex") or state.read_all("pick"):
                st.button("Let go", on_click=_let_go, icon=":material/close:")
        if found.series is None or found.series.reason:
            states.cannot_tell(found.reason or (found.series.reason if found.series else ""))
            return
        charts.draw_series(found.series, f"place_series_{abs(hash(inside))}", None)
        with st.grid(3, min_column_width=270, gap="xsmall", border=True):
            for ranking in (b for b in found.leaderboards if b.tells and not b.reason):
                leaderboards.draw_ranking(ranking, f"place_{ranking.dimension}")
        if drill.may_open(scope) and st.button("See the rows", icon=":material/list:"):
            drill.open_rows(metric.qualified)
    drill.show(scope, board, now, inside, names)


def _place(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, inside: tuple[Filter, ...], now: datetime
) -> Place:
    seen = Choice("custom", choice.range, None, metric.qualified, choice.where)
    parts = asdict(choice) | {"inside": [asdict(f) for f in inside], "pack": board.pack.name}
    key = queries.key_of_data(scope, "place", now, **parts)
    return queries.remembered(key, lambda: place_in(scope, board.pack, metric, seen, inside, now))


def _let_go() -> None:
    state.write("hex", [])
    state.write("pick", [])
    state.next_turn("map")
