"""How does a viewer select a part of the map: a boundary, a rectangle, a drawn line?"""

from __future__ import annotations

import streamlit as st

from components import boundaries, state
from components.markdown import as_sentence, plain
from data.types import Scope
from services.maps import areas
from services.maps.areas import Selected
from services.maps.choices import Box, box_of, box_text
from services.people import can

_BY = {"boundary": "A boundary", "box": "A rectangle"}


def chosen(scope: Scope) -> Selected | None:
    """The selected area of the address; one that cannot be is said, and nothing is selected then."""
    found, problem = areas.find_selected(scope, state.read_all("area"))
    if problem:
        st.warning(as_sentence(problem), title="This area cannot be shown")
        st.button("Select no area", on_click=let_go, icon=":material/close:")
    return found


def menu(scope: Scope, box: Box | None) -> None:
    """A button that opens the ways to select an area; `box` is what is looked at."""
    opener = st.popover(
        "Area", icon=":material/select_all:", key=f"area_menu_{state.once('areas')}", on_change="rerun", width="content"
    )
    if not opener.open:
        return
    with opener:
        by = st.segmented_control(
            "Select by", _BY, format_func=_BY.get, default="boundary", key="area_by", required=True
        )
        if by == "box":
            _rectangle(box)
        else:
            _boundary(scope)
        if state.read("layer") != "draw":
            st.button("Draw on the map…", icon=":material/draw:", on_click=_draw, key="area_draw")
        if can(scope, "write"):
            st.button("Boundaries…", icon=":material/upload:", on_click=boundaries.ask, key="area_boundaries")


def chip(found: Selected | None) -> None:
    """What is selected, with a button that lets it go."""
    # The container is there in any case: one that came and went would begin the map below anew while it is drawn on.
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if found:
            st.button(
                f"Inside {plain(found.title)}", key="area_chip", icon=":material/close:", icon_position="right",
                help="Select no area", on_click=let_go,
            )  # fmt: skip


def let_go() -> None:
    """Select nothing."""
    select([])


def select(texts: list[str]) -> None:
    """Make this the selected area; the map looks at it, and what was picked is let go."""
    state.write("area", texts)
    state.write("box", [])
    state.write("hex", [])
    state.write("pick", [])
    state.next_turn("map")


def _draw() -> None:
    state.write("layer", ["draw"])
    state.next_turn("areas")


def _rectangle(box: Box | None) -> None:
    shown = state.read("area") if box_of(state.read("area")) else box_text(box) if box else ""
    text = st.text_input("West, south, east, north in degrees", shown, key=f"area_box_{state.once('map')}")
    found = box_of(text)
    if text and not found:
        st.caption("Expected four numbers with commas between, such as -87.7,41.8,-87.6,41.9.")
    st.button(
        "Select", disabled=found is None, key="area_box_select", on_click=select,
        args=([box_text(found)] if found else [],),
    )  # fmt: skip


def _boundary(scope: Scope) -> None:
    known = areas.choices_of(scope)
    if not known:
        st.caption("This workspace has no boundaries yet. They come from GeoJSON, shapefile or GeoParquet files.")
        return
    name = st.selectbox("Boundaries", list(known), key="area_set") if len(known) > 1 else next(iter(known))
    prefix = f"{name}:"
    now = [text.removeprefix(prefix) for text in state.read_all("area") if text.startswith(prefix)]
    widget = f"area_keys_{name}"
    state.have_show(widget, [key for key in now if key in known[name]])

    def pick() -> None:
        select([prefix + key for key in st.session_state[widget]])

    st.multiselect(f"Areas of {plain(name)}", known[name], key=widget, on_change=pick, placeholder="None selected")
