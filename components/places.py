"""What is known of the part of the map that somebody picked?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import charts, drill, leaderboards, mapped, state, states
from components.markdown import plain
from data.model import Metric
from data.types import Scope
from services.formats import plural
from services.live.boards import Board
from services.maps.choices import MapChoice


def show(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> None:
    """The numbers of the picked hexagons, and the rows in them."""
    picked = tuple(state.read_all("hex"))
    if not picked:
        st.caption("Click a hexagon, or choose lines of the table, to see what happens there.")
        return
    with st.container(border=True):
        found = mapped.place(scope, board, metric, choice, picked, now)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plural(len(picked), 'hexagon')} picked: {plain(metric.title)} {found.shown}**")
            st.button("Let go", on_click=_let_go, icon=":material/close:")
        if found.series is None or found.series.reason:
            states.cannot_tell(found.reason or (found.series.reason if found.series else ""))
            return
        charts.draw_series(found.series, f"place_series_{'_'.join(picked[:3])}", None)
        with st.grid(3, min_column_width=270, gap="xsmall", border=True):
            for ranking in (b for b in found.leaderboards if b.tells and not b.reason):
                leaderboards.draw_ranking(ranking, f"place_{ranking.dimension}")
        if drill.may_open(scope):
            st.button("See the rows", on_click=drill.open_rows, args=(metric.qualified,), icon=":material/list:")


def _let_go() -> None:
    state.write("hex", [])
    state.next_turn("map")
