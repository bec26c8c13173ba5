"""What is said where there is no map or nothing to look up, and what leads on from there?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import boards, queries, state, states
from data.types import Scope
from services.formats import span
from services.live.boards import Board
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap, placed_dataset


def no_places(scope: Scope, purpose: str, now: datetime) -> None:
    """A workspace without rows that have a place: what is missing, and the way to it."""
    if queries.has_rows(scope, now):
        said = f"The rows of this workspace have no coordinates, so there is nothing to {purpose}."
        states.empty("No places yet", said)
    else:
        states.no_rows(scope, "Rows with coordinates then appear here.")


def nothing_to_look_up(scope: Scope, now: datetime) -> None:
    """The panel of a workspace in which nothing can be looked up."""
    then = "Sensors, people, cases and the like appear here with the first rows."
    if queries.has_rows(scope, now):
        states.empty("Nothing to look up yet", then)
    else:
        states.no_rows(scope, then)


def show(scope: Scope, board: Board, shown: HexMap, choice: MapChoice, now: datetime) -> None:
    """Why there is no map, and what to do: another range, or the whole area again."""
    dataset = placed_dataset(board.pack, shown.metric)
    if dataset and shown.resolution and not shown.coverage.total:
        said = span(choice.range.from_at, choice.range.to_at, scope.workspace.timezone)
        boards.nothing_here(scope, said, now, dataset.qualified, 365)
        return
    states.empty("Nothing to map here", shown.reason)
    if state.read("box"):
        st.button("Show the whole area", on_click=lambda: state.write("box", []))
