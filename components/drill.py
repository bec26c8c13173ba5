"""How does a viewer get from a number to the rows behind it?

The list is a drawer outside the live part of the page, so that rows do not move under the reader's cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from components import filters, row_lists, state, states
from data.types import Filter, Scope
from services.live import drills
from services.live.boards import Board
from services.live.drills import Drill
from services.people import can

_READING = "_drill_reading"


def may_open(scope: Scope) -> bool:
    """Whether the viewer may see rows at all."""
    return can(scope, "rows")


def open_rows(metric: str, start: str = "", end: str = "") -> None:
    """A click on a number: its rows open with the next run, and the address says so."""
    state.write("rows", [metric.rpartition(".")[2]])
    state.write("bucket", [f"{start}~{end}"] if start else [])
    row_lists.begin(_READING)
    st.rerun()


def open_bucket(metric: str, key: str) -> Callable[[], None]:
    """A click on a bucket of the main chart opens the rows in it."""

    def pick() -> None:
        points = st.session_state[key].selection.get("bucket", [])
        state.next_turn("series")
        if points:
            open_rows(metric, points[0]["start"], points[0]["end"])

    return pick


def show(
    scope: Scope, board: Board, now: datetime, place: tuple[Filter, ...] = (), areas: tuple[str, ...] = ()
) -> None:
    """The drawer with rows, when the address asks for it; on a map those in the part that filters by `place` mean."""
    metric = state.read("rows")
    if not metric or not may_open(scope):
        return
    start, _, end = state.read("bucket").partition("~")
    bucket = (start, end) if end else None
    wanted = drills.drill(board, filters.choice(scope, board, now), metric, bucket, scope, place, areas)
    drawer = st.dialog(wanted.title, width="large", position="right", on_dismiss=_close)
    drawer(_drawer)(scope, wanted)


def _close() -> None:
    state.write("rows", [])
    state.write("bucket", [])


def _drawer(scope: Scope, wanted: Drill) -> None:
    with states.guard():
        row_lists.draw(scope, wanted, _READING, 560)
