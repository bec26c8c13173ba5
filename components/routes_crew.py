"""Which officers drive, and how long do ways take them?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from components import state, states
from data.types import Scope
from services.field import candidates, crews
from services.live.boards import Board
from services.people import runs_installation
from services.routing.plans import Officer

Rows = list[dict[str, Any]]
_TITLES = {
    "id": ("Id", 60, "A short name of one's own"), "name": ("Name", 120, ""),
    "lat": ("Latitude", 110, "Where the day begins, in degrees"),
    "lon": ("Longitude", 115, "Where the day begins, in degrees"),
    "from": ("From", 85, "Begin of the shift, like 08:00"),
    "to": ("To", 75, "End of the shift; a night shift may end before it begins"),
    "breaks": ("Breaks", 130, "12:00-13:30 30: half an hour that begins between the two; more than one with |"),
    "skills": ("Skills", 110, "Separated by |"), "capacity": ("Capacity", 110, "The most load; empty for no limit"),
    "end_lat": ("End latitude", 130, "Where the day ends, when elsewhere than it begins"),
    "end_lon": ("End longitude", 135, "Where the day ends, when elsewhere than it begins"),
}  # fmt: skip


def edit(scope: Scope, board: Board | None, now: datetime) -> tuple[Rows, dict[str, Any]]:
    """The table of officers and the ways they travel, as they stand on the screen."""
    kept = crews.read(scope)
    middle = candidates.middle(scope, board.pack if board else None)
    rows = st.session_state.get("crew_uploaded") or kept.officers or crews.example(middle)
    frame = pd.DataFrame(rows, columns=list(_TITLES), dtype=str).fillna("")
    columns = {
        name: st.column_config.TextColumn(title, width=width, help=help or None)
        for name, (title, width, help) in _TITLES.items()
    }  # fmt: skip
    key = f"crew_{state.once('crew')}"
    edited = st.data_editor(frame, key=key, num_rows="dynamic", column_config=columns, hide_index=True, width="stretch")
    lines: Rows = edited.to_dict("records")
    _files(scope, lines, kept.travel, now)
    return lines, _travel(scope, kept.travel)


def _files(scope: Scope, lines: Rows, travel: dict[str, Any], now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Keep this list", icon=":material/save:", help="For everybody in this workspace who plans"):
            with states.guard():
                keep(scope, lines, travel, now)
                st.toast("The officers are kept.")
        st.download_button("As CSV", lambda: crews.as_csv(lines), "officers.csv", "text/csv", type="tertiary",
                           icon=":material/download:", on_click="ignore")  # fmt: skip
        with st.popover("From a CSV", icon=":material/upload:", type="tertiary"):
            found = st.file_uploader("CSV with a line an officer", type=["csv", "txt"], max_upload_size=1,
                                     key=f"crew_file_{state.once('crew')}")  # fmt: skip
            if found is not None:
                with states.guard():
                    text = found.getvalue().decode("utf-8-sig", "replace")
                    st.session_state["crew_uploaded"] = crews.rows_of(text, found.name)
                    state.next_turn("crew")
                    st.rerun()


def officers(lines: Rows) -> tuple[Officer, ...]:
    """The officers of the table. Raises BadInput naming line and field."""
    return crews.officers(lines)


def keep(scope: Scope, lines: Rows, travel: dict[str, Any], now: datetime) -> None:
    """Keep the table for the next time; the table of travel times is of one plan alone."""
    crews.save(scope, lines, {name: value for name, value in travel.items() if name != "matrix"}, now)
    st.session_state.pop("crew_uploaded", None)


def _travel(scope: Scope, kept: dict[str, Any]) -> dict[str, Any]:
    """Where travel times come from."""
    with st.expander("Travel times", icon=":material/timer:"):
        st.caption("Estimated from straight lines times a detour unless there is something better. Nothing outside is "
                   "asked without a routing server of your own.")  # fmt: skip
        with st.grid(3, min_column_width=220, gap="small"):
            own = st.checkbox("A detour factor of my own", value=bool(kept.get("detour")), key="routes_own_detour",
                              help="Otherwise it follows the class of the roads, 1.2 to 1.4.")  # fmt: skip
            factor = st.number_input("Detour factor", 1.0, 3.0, float(kept.get("detour") or 1.35), 0.05,
                                     disabled=not own, key="routes_detour")  # fmt: skip
            table = st.file_uploader("Table of travel times: from, to, minutes, km", type=["csv", "txt"],
                                     max_upload_size=4, key="routes_matrix")  # fmt: skip
        found = {name: kept[name] for name in ("server", "engine") if kept.get(name)}
        if runs_installation(scope):
            server = st.text_input("Address of a routing server", kept.get("server", ""), key="routes_server",
                                   placeholder="http://localhost:5000", help="The worker asks it")  # fmt: skip
            engine = st.segmented_control("It is", ["osrm", "valhalla"], default=kept.get("engine", "osrm"),
                                          key="routes_engine", required=True, format_func=str.upper)  # fmt: skip
            found = {"server": server.strip(), "engine": engine} if server.strip() else {}
        elif found:
            st.caption(f"Asked of the routing server {found['server']}; who runs the installation can change that.")
    found |= {"detour": float(factor)} if own else {}
    return found | ({"matrix": table.getvalue().decode("utf-8-sig", "replace")} if table is not None else {})
