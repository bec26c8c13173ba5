"""How do boundaries come into a workspace, and how are they taken away?"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from components import state
from components.markdown import as_sentence, plain
from data.boundaries import BoundarySet
from data.types import Scope
from services.formats import plural
from services.maps import boundaries, grouping
from services.maps.boundaries import Checked
from services.people import can

_ASKED = "_boundaries_asked"
_GROUPS_HELP = "Where several areas have one name, such as tracts of a neighbourhood, they become one area."
_SUMS_HELP = "For rates, such as people or households. Shares and means do not add up."
_TYPES = ["geojson", "json", "gz", "zip", "parquet", "geoparquet"]


def ask() -> None:
    """A click that opens the dialog with the next run."""
    st.session_state[_ASKED] = True
    state.next_turn("areas")  # the menu that it was asked from is closed


def show(scope: Scope) -> None:
    """The dialog, when it was asked for."""
    if st.session_state.get(_ASKED) and can(scope, "write"):
        st.dialog("Boundaries", width="large", on_dismiss=_close)(_dialog)(scope)


def _close() -> None:
    st.session_state.pop(_ASKED, None)


def _dialog(scope: Scope) -> None:
    for one in boundaries.list_boundaries(scope):
        _line(scope, one)
    st.write("Add districts, wards or zones from a GeoJSON file, a zipped shapefile or GeoParquet.")
    given = st.file_uploader(
        "File", type=_TYPES, key=f"boundary_{state.once('boundary')}", label_visibility="collapsed"
    )
    if given is None:
        return
    found, problem = _read(given)
    if found is None:
        st.error(as_sentence(problem), title="This file cannot be taken")
        return
    _form(scope, found)


def _put_together(found: Checked, column: str) -> Checked:
    """The areas of one name as one, with the sums that are wanted."""
    amounts = [name for name in found.areas.columns if name != column and boundaries.amounts_of(found.areas, name)]
    sums = st.multiselect("Numbers to add up", amounts, key="boundary_sums", help=_SUMS_HELP) if amounts else []
    made = grouping.grouped(found, column, sums)
    st.markdown(f":material/join: {plain(grouping.grouped_said(found, made))}")
    return made


def _line(scope: Scope, one: BoundarySet) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        repaired = f", {one.repaired} repaired" if one.repaired else ""
        said = f"{plural(one.size, 'area')} by {plain(one.key_column)}, from {plain(one.source)}{repaired}"
        st.markdown(f"**{plain(one.name)}** {said}")
        if st.button("Remove", key=f"boundary_gone_{one.name}", icon=":material/delete:", type="tertiary"):
            boundaries.remove(scope, one.name)
            st.rerun(scope="fragment")


def _read(given: Any) -> tuple[Checked | None, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(given.name).name
        path.write_bytes(given.getbuffer())
        return boundaries.find_checked(path, given.name)


def _form(scope: Scope, found: Checked) -> None:
    st.caption(f"{plural(found.areas.size, 'area')} found.")
    for said in boundaries.flaws_said(found):
        st.markdown(f":orange[:material/warning:] {plain(said)}")
    groups = grouping.group_columns(found.areas)
    if not found.keys and not groups:
        st.error("No column names the areas, so that nothing could tell them apart.")
        return
    said = {n: f"{n}, put together: {grouping.group_count(found.areas, n)} areas" for n in groups}
    key = st.selectbox(
        "Column that names each area", [*found.keys, *groups], key="boundary_key",
        help=_GROUPS_HELP if groups else None, format_func=lambda name: said.get(name, name),
    )  # fmt: skip
    if key in groups:
        found = _put_together(found, key)
    stem = re.sub(r"[^a-z0-9_-]+", "-", found.areas.source.lower().partition(".")[0]).strip("-_")[:40] or "districts"
    name = st.text_input("Name of these boundaries", stem, key="boundary_name", max_chars=40)
    is_agreed = not found.serious or st.checkbox("Take the repaired forms", key="boundary_repair")
    if st.button("Add", type="primary", disabled=not is_agreed):
        boundaries.add(scope, found, name, key, is_agreed)
        state.next_turn("boundary")
        st.rerun(scope="fragment")
