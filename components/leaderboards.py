"""How are the breakdowns of the chosen metric drawn, and what does a click on a bar do?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import charts, downloads, state, states
from components.markdown import plain
from services.live.choices import MISSING, toggled
from services.live.rankings import Leaderboard


def draw_leaderboards(boards: tuple[Leaderboard, ...], metric: str, note: str) -> None:
    """One ranking a dimension; a click on a value filters the page by it, or lets it go."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(f"**{plain(metric)}, broken down** :small[:gray[{note}. Click a bar to filter.]]", width="content")
        downloads.button("breakdowns", "breakdowns_csv", lambda: downloads.leaderboard_lines(boards))
    silent = [board.title.lower() for board in boards if not board.tells]
    with st.grid(3, min_column_width=270, gap="xsmall"):
        for board in (b for b in boards if b.tells):
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.markdown(f":small[**{plain(board.title)}**]")
                _draw(board)
    if silent:
        states.cannot_tell(f"Nothing is recorded in this range for {', '.join(silent)}.")


def _draw(board: Leaderboard) -> None:
    if board.reason or not board.bars:
        states.cannot_tell(board.reason or "No values in this range.")
        return
    # A new key after each click: the chart forgets its own selection, and the filters alone say what is picked.
    key = f"board_{board.dimension}_{state.once('boards')}"
    charts.draw_leaderboard(board, key, _picked(board.dimension, key))


def _picked(dimension: str, key: str) -> Callable[[], None]:
    def pick() -> None:
        chosen = [point.get("key") for point in st.session_state[key].selection.get("pick", [])]
        if chosen and chosen[0]:
            value = None if chosen[0] == MISSING else chosen[0]
            state.set_filters(toggled(state.filters(), dimension, value))
            state.next_turn("boards")
        st.rerun()

    return pick
