"""How does the map say which rows have no place that can be right, and let them be seen and taken along?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import streamlit as st

from components import drill, filters, queries, row_lists, states
from components.markdown import plain
from data.model import Metric
from data.types import Scope
from services.formats import plural
from services.live import drills
from services.live.boards import Board
from services.maps.bad_places import BadPlaces, bad_places, sentence
from services.maps.boundaries import list_boundaries
from services.maps.choices import MapChoice
from services.maps.hexes import counting, placed_dataset

_ASKED, _READING = "_bad_places_asked", "_bad_places_reading"


def note(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> None:
    """A line for rows that the map cannot show where they belong; nothing when there are none."""
    found = _asked(scope, board, metric, choice, now)
    if not found:
        return
    with st.expander(sentence(found), icon=":material/wrong_location:"):
        for one in found:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{plural(one.rows, 'row')} {plain(one.said)}.", width="content")
                if drill.may_open(scope):
                    st.button("See the rows", key=f"bad_{one.kind}", type="tertiary", on_click=_ask, args=(one.kind,))
        st.caption("They are counted everywhere but on the map. What an import turned away is listed with that import.")
    wanted = next((one for one in found if one.kind == st.session_state.get(_ASKED)), None)
    if wanted and drill.may_open(scope):
        _rows(scope, board, metric, wanted, now)


def _rows(scope: Scope, board: Board, metric: Metric, wanted: BadPlaces, now: datetime) -> None:
    dataset = placed_dataset(board.pack, metric)
    counted = counting(board.pack, dataset, metric) if dataset else None
    name = (counted or metric).qualified  # all rows, whatever the metric itself leaves out
    listed = drills.drill(board, filters.choice(scope, board, now), name, None, scope, (wanted.where,))

    @st.dialog(f"Rows that {wanted.said}"[:80], width="large", position="right", on_dismiss=_close)
    def drawer() -> None:
        with states.guard():
            row_lists.draw(scope, listed, _READING, 560)

    drawer()


def _ask(kind: str) -> None:
    st.session_state[_ASKED] = kind
    row_lists.begin(_READING)


def _close() -> None:
    st.session_state.pop(_ASKED, None)


def _asked(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> tuple[BadPlaces, ...]:
    parts = {"range": asdict(choice.range), "where": [asdict(f) for f in choice.where], "pack": board.pack.name}
    areas = [one.fingerprint for one in list_boundaries(scope)]  # they say where rows are to be expected
    key = queries.key_of_data(scope, "bad_places", now, metric=metric.qualified, areas=areas, **parts)
    return queries.remembered(key, lambda: bad_places(scope, board.pack, choice, metric.qualified, now))
