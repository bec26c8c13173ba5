"""What does the refreshing part of the Live page draw?"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import streamlit as st

from components import (
    charts,
    downloads,
    drill,
    filters,
    leaderboards,
    live,
    queries,
    shell,
    state,
    states,
    streams,
    tiles,
)
from components.live import Drawn
from components.palette import palette
from components.queries import LivePage
from data.types import Scope
from services.formats import days_text, span
from services.live.boards import Board
from services.live.views import View

HEIGHT = 1100


def run(board: Board, every_s: int | None) -> None:
    """The board, refreshed by itself: a status line at every turn, the rest when there is something new."""

    def read(scope: Scope, now: datetime, patience_s: float) -> LivePage:
        choice = filters.choice(scope, board, now)
        return queries.live_page(scope, board, choice, filters.read_family(), now, patience_s)

    def look(page: LivePage) -> str:
        return f"{page.key} {palette().ground} {state.once('series')} {state.once('boards')}"

    def pulse(scope: Scope, now: datetime) -> None:
        choice = filters.choice(scope, board, now)
        days = span(choice.range.from_at, choice.range.to_at, scope.workspace.timezone)
        shell.status(scope.workspace, now, every_s, queries.fresh(scope, now), queries.online(scope, now), days)

    part = live.Part("board", read, look, partial(_draw, board), HEIGHT)
    live.run_changed(pulse, part, every_s)


def _draw(board: Board, page: LivePage, scope: Scope, now: datetime, drawn: Drawn) -> None:
    view = page.view
    if view.is_empty:
        nothing_here(scope, view.range_text, now)
        return
    filters.family(board)
    tiles.draw_tiles(view.tiles, view.compared_with, drill.open_rows if drill.may_open(scope) else None)
    _main(scope, board, view, drawn)
    if view.leaderboards:
        title = board.metric(state.read("metric")).title
        leaderboards.draw_leaderboards(view.leaderboards, title, view.as_of, lambda: drawn.shown.view.leaderboards)
    streams.draw_stream(page.stream)


def _main(scope: Scope, board: Board, view: View, drawn: Drawn) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            filters.metric(board)
            if view.series:
                downloads.button(
                    view.series.title, "series_csv", lambda: downloads.series_lines(drawn.shown.view.series)
                )
        if view.series is None or view.series.reason:
            states.cannot_tell(view.series.reason if view.series else view.series_reason)
            return
        read = f"**{view.series.title}** :small[:gray[{charts.legend(view.series)}. {view.as_of}.]]"
        st.markdown(read, help=view.series.summary)
        key = f"series_{state.once('series')}"
        on_pick = drill.open_bucket(view.series.metric, key) if drill.may_open(scope) else None
        charts.draw_series(view.series, key, on_pick)


def nothing_here(scope: Scope, range_text: str, now: datetime, dataset: str = "", length: int = 30) -> None:
    """No row in the range: what to take out, or where the newest rows are (of one dataset, if it is said)."""
    days, fresh = filters.newest_days(scope, now, dataset, length), queries.fresh(scope, now)
    with st.container(border=True):
        st.subheader(f"No rows in {range_text}", anchor=False)
        if state.filters():
            st.write("Nothing matches this range and these filters. Take a filter out, or choose another range.")
            st.button("Remove the filters", on_click=filters.clear, type="primary")
        elif fresh and days:
            st.write(fresh.explanation)
            label = f"Go to the newest data ({days_text(*days)})"
            st.button(label, type="primary", on_click=filters.go_to, args=(days,))


def wait_for_data(scope: Scope, now: datetime) -> None:
    """The empty workspace; turns into the board by itself when the first rows arrive."""
    if queries.has_rows(scope, now):
        st.rerun()
    states.no_rows(scope, "This page fills by itself.")
