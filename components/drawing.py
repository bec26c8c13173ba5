"""How does a viewer draw on the map with mouse or finger, and see at once what is inside?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import grounds, leaflets, map_downloads, map_tables, mapped, maps, places, state, states
from components.markdown import plain
from components.palette import DARK, palette
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.maps import leaflet, tiles
from services.maps.areas import Selected, drawn_texts
from services.maps.boundaries import list_boundaries
from services.maps.choices import Box, MapChoice, box_of, box_text
from services.maps.hexes import HexMap, listed
from services.maps.pictures import numbers
from services.maps.sketch import sketch

KEY = "drawing_map"
_DRAWN, _TURN, _AGAIN = "_drawing_texts", "_drawing_turn", "_drawing_again"
_HEIGHT, _PHONE_HEIGHT, _LISTED = 620, 420, 500


def show(scope: Scope, board: Board, metric: Metric, choice: MapChoice, area: Selected | None, now: datetime) -> None:
    """The map that is drawn on, and the count, table, charts and rows of what is inside."""
    if not leaflet.is_here():
        states.empty("Drawing is not set up yet", leaflet.HOW)
        if area:
            places.show(scope, board, metric, choice, now, area)
        return
    everywhere = replace(choice, area="", box=box_of(state.read("box")))
    ground = grounds.above(scope, board, metric, everywhere, _said(area), now)
    if ground is None:
        return
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        _in_fragment(partial(_map, scope, board, metric, everywhere, ground, area, now))
        below = st.container()
    with right:
        _inside(scope, board, metric, replace(choice, resolution=ground.resolution), area, below, now)
    grounds.below(scope, board, metric, choice, area, now)


def _said(area: Selected | None) -> str:
    if area is None:
        return "Choose a shape in the toolbar and draw; what is inside is counted at once."
    return "Draw more to add to it, or change and delete it with the lower two tools."


def _in_fragment(body: Callable[[], None]) -> None:
    """Movements of the map run the map's part of the page only."""

    @st.fragment
    def part() -> None:
        with states.guard():
            body()

    part()


def _map(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, ground: HexMap, area: Selected | None, now: datetime
) -> None:
    picture = mapped.picture(scope, board, metric, choice, palette() is DARK, now)
    if isinstance(picture, str):
        states.empty("Nothing to tell here", picture)
        return
    labels = mapped.district_names(scope, board, choice, now).labels
    data = sketch(ground, picture, labels, _borders(scope), area, state.read_all("hex"))
    is_phone = "Mobi" in (st.context.headers.get("User-Agent") or "")
    found = leaflets.drawing_map(data | {"look": _look(), "turn": _turn(), "tiles": tiles.address()})
    leaflets.draw(found, KEY, _PHONE_HEIGHT if is_phone else _HEIGHT, _changed)
    maps.credit()
    maps.legend(picture)
    _views(ground)
    # Last, because what a fragment has not drawn when it ends is taken off the page: the map would begin anew.
    if st.session_state.pop(_AGAIN, False):
        st.rerun()


def _borders(scope: Scope) -> tuple[str, ...]:
    """The outlines of the boundaries that districts are shown by, if the workspace has some."""
    known = [one.name for one in list_boundaries(scope)]
    name = state.read("boundaries") if state.read("boundaries") in known else next(iter(known), "")
    return mapped.boundaries(scope, name).drawn if name else ()


def _look() -> dict[str, str | bool]:
    colours = palette()
    is_dark = colours is DARK
    return {
        "ink": colours.text, "ground": "#171d24" if is_dark else "#eef1f3", "page": colours.ground,
        "muted": colours.muted, "accent": colours.accent, "dark": is_dark,
    }  # fmt: skip


def _turn() -> int:
    """A number that grows when the address has another area than was drawn last, so that its shapes are drawn anew."""
    texts = tuple(state.read_all("area"))
    if st.session_state.get(_DRAWN) != texts:
        st.session_state[_DRAWN] = texts
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    return st.session_state[_TURN]


def _changed() -> None:
    """Something was drawn, changed or deleted, or the map was moved: drawings become the selected area."""
    drawings = (st.session_state.get(KEY) or {}).get("all_drawings")
    texts = drawn_texts(drawings or [])
    if drawings is None or tuple(texts) == st.session_state.get(_DRAWN):
        return
    st.session_state[_DRAWN] = tuple(texts)
    for key, found in (("area", texts), ("hex", []), ("pick", [])):
        state.write(key, found)
    st.session_state[_AGAIN] = True


def _views(ground: HexMap) -> None:
    """Hexagons of the size that fits what is looked at now, and the way back."""
    looked = _looked(ground.box)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Smaller hexagons here", icon=":material/zoom_in:", disabled=looked is None, on_click=_look_at,
            args=(looked,), help="Fits the size of the hexagons to what the map shows now",
        )  # fmt: skip
        if state.read("box"):
            st.button("Whole area", on_click=_look_at, args=(None,))


def _looked(box: Box) -> Box | None:
    """What the map shows now, when it is much less than the box that it was drawn for."""
    bounds = (st.session_state.get(KEY) or {}).get("bounds") or {}
    low, high = (bounds.get(corner) or {} for corner in ("_southWest", "_northEast"))
    found = box_of(f"{low.get('lng')},{low.get('lat')},{high.get('lng')},{high.get('lat')}")
    return found if found and found[2] - found[0] < 0.7 * (box[2] - box[0]) else None


def _look_at(box: Box | None) -> None:
    state.write("box", [box_text(box)] if box else [])
    st.session_state[_AGAIN] = True


def _inside(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, area: Selected | None, below: DeltaGenerator,
    now: datetime,
) -> None:  # fmt: skip
    """The hexagons in the area, else in view, as a table that can be sorted and, below the map, taken along."""
    shown = mapped.hex_map(scope, board, metric, choice, now)
    if shown.reason:
        st.caption(shown.reason)
        return
    names = mapped.district_names(scope, board, choice, now)
    picture = numbers(shown, listed(shown, names.said, _LISTED), choice.scale, palette() is DARK)
    if area:
        st.markdown(f"**Inside {plain(area.title)}**: {shown.coverage.inside()}")
    map_tables.draw(picture)
    with below:
        map_downloads.show(scope, board, shown, picture, names, choice)
