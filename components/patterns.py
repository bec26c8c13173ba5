"""When does it happen, and what stands out, in what is picked or in view?"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from components import charts, finding_downloads, mapped, state, states
from components.markdown import plain
from components.palette import DARK, Palette, palette
from data.model import Metric
from data.types import Scope
from services.formats import plural
from services.live.boards import Board
from services.maps.choices import MapChoice
from services.maps.patterns import lines_of
from services.maps.rhythms import DAYS, Rhythm

ALSO = {"none": "Only the map", "hours": "Hours of the week", "categories": "What stands out where"}
_HEIGHT = 170
_HEAD, _ROW = 37, 33  # of a table, in pixels
_NARROW = {
    "Rows": st.column_config.TextColumn(width=70), "Expected": st.column_config.TextColumn(width=85),
    "Times as many": st.column_config.TextColumn(width=110), "q": st.column_config.TextColumn(width=75),
}  # fmt: skip


def show(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> None:
    """The picker and what it asks for."""
    also = state.choose(
        "Also show", "also", ALSO, "none", st.segmented_control, required=True, label_visibility="collapsed"
    )
    if also == "hours":
        _hours(scope, board, metric, choice, now)
    elif also == "categories":
        _categories(scope, board, metric, choice, now)


def _about() -> tuple[tuple[str, ...], str]:
    picked = tuple(state.read_all("hex"))
    return picked, f"in {plural(len(picked), 'picked hexagon')}" if picked else "in view"


def _hours(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> None:
    picked, where = _about()
    found = mapped.rhythm(scope, board, metric, choice, picked, now)
    if found.reason:
        states.cannot_tell(found.reason)
        return
    st.caption(f"{found.note}, {where}.{found.hint}")
    with st.grid(3, min_column_width=270, gap="small", border=True):
        for place, one in enumerate(found.found):
            _week(one, f"week_{place}")
    shown = mapped.hex_map(scope, board, metric, choice, now)
    finding_downloads.show_hours(scope, board, shown, found, where, choice)


def _week(one: Rhythm, key: str) -> None:
    with st.container():
        st.markdown(f"**{plain(one.title)}** :small[:gray[{plural(one.rows, 'row')}]]")
        cells = [(day, hour, one.means[place, hour]) for place, day in enumerate(DAYS) for hour in range(24)]
        shown = [(d, h, v, f"{v:.2f} an hour") for d, h, v in cells if v == v]  # hours that the range does not hold
        table = pa.table(dict(zip(("day", "hour", "value", "shown"), map(list, zip(*shown, strict=True)), strict=True)))
        colours = palette()
        st.vega_lite_chart(
            table, _spec(colours), height=_HEIGHT, key=key, theme=None, alt=f"{one.title} by weekday and hour"
        )


@lru_cache(maxsize=4)
def _spec(colours: Palette) -> dict[str, Any]:
    ends = ["#1d3147", "#8cbfcf"] if colours is DARK else ["#e6eff8", "#08305e"]
    quiet = {"title": None, "domain": False, "ticks": False, "grid": False}
    return {
        "mark": {"type": "rect"},
        "encoding": {
            "x": {"field": "hour", "type": "ordinal", "axis": {**quiet, "values": [0, 6, 12, 18], "labelAngle": 0}},
            "y": {"field": "day", "type": "ordinal", "sort": list(DAYS), "axis": quiet},
            "color": {"field": "value", "type": "quantitative", "legend": None, "scale": {"range": ends, "zero": True}},
            "tooltip": [
                {"field": "day", "title": "Day"}, {"field": "hour", "title": "From hour"},
                {"field": "shown", "title": "Mean"},
            ],
        },
        "config": charts.config(colours), "padding": {"left": 2, "right": 2, "top": 2, "bottom": 2}, **charts.FRAME,
    }  # fmt: skip


def _categories(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> None:
    picked, _ = _about()
    found = mapped.pattern(scope, board, metric, choice, picked, now)
    st.caption(found.sentence())
    if not found.found:
        return
    names = mapped.district_names(scope, board, choice, now)
    lines = lines_of(found, names.said)
    frame = pd.DataFrame(lines).drop(columns=["Where"] if picked else [])
    st.markdown(f"**{plain(found.dimension)} by place**")
    st.dataframe(
        frame, hide_index=True, height=min(400, _HEAD + _ROW * len(lines)), key=f"patterns_{state.once('map')}",
        column_config=_NARROW, alt="Categories that stand out, as a table",
    )  # fmt: skip
    shown = mapped.hex_map(scope, board, metric, choice, now)
    finding_downloads.show_patterns(scope, board, shown, found, picked, names, choice)
