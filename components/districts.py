"""What stands on the heat map page when districts are shown?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from components import area_maps, boundaries, map_downloads, map_tables, mapped, maps, places, queries, state, states
from components.palette import DARK, palette
from data.boundaries import Boundaries
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.maps.areas import Selected
from services.maps.boundaries import list_boundaries
from services.maps.choices import ROWS_BY, SHOWS, MapChoice
from services.maps.choropleth import picture
from services.maps.districts import DistrictMap, district_map, exposures_of, sentence
from services.maps.pictures import Picture
from services.people import can

_NO_LABEL = {"label_visibility": "collapsed"}


def choose(scope: Scope, board: Board) -> dict[str, str]:
    """The pickers of this layer; what is chosen, as fields of MapChoice. Empty without boundaries."""
    known = {one.name: one.name for one in list_boundaries(scope)}
    if not known:
        return {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = state.choose("Boundaries", "boundaries", known, next(iter(known)), st.selectbox, width=180, **_NO_LABEL)
        by = state.choose("Rows", "rows_by", ROWS_BY, "auto", st.selectbox, width=240, **_NO_LABEL)
        titles = exposures_of(board.pack, mapped.boundaries(scope, name))
        exposures = {"": "No rate"} | {slug: f"Per 1,000 {title}" for slug, title in titles.items()}
        exposure = state.choose("Rate", "exposure", exposures, "", st.selectbox, width=240, **_NO_LABEL)
        shows = SHOWS if exposure else {slug: title for slug, title in SHOWS.items() if slug in ("number", "hotspots")}
        show = state.choose("Show", "show", shows, "number", st.segmented_control, required=True, **_NO_LABEL)
    return {"boundaries": name, "rows_by": by, "exposure": exposure, "show": show}


def show(scope: Scope, board: Board, metric: Metric, choice: MapChoice, area: Selected | None, now: datetime) -> None:
    """The map of districts, its table and what was picked."""
    if not choice.boundaries:
        _none(scope)
        return
    found = mapped.boundaries(scope, choice.boundaries)
    shown = _asked(scope, board, metric, choice, found, now)
    if not shown.reason:
        st.caption(f"{sentence(shown)} {shown.as_of}.")
    drawn = picture(shown, choice, palette() is DARK)
    if isinstance(drawn, str):
        states.empty("Nothing to tell here", drawn)
        return
    wide = map_tables.is_wide(drawn)
    left, right = (st.container(), st.container()) if wide else st.columns([2.2, 1], gap="medium")
    picked = tuple(key for key in state.read_all("pick") if key in set(found.keys))
    with left:
        key = f"map_districts_{found.about.fingerprint}_{state.once('map')}"
        outline = area.outline if area else ""
        box = choice.box or (area.box if area else None)
        area_maps.draw(
            drawn, found, box, picked, outline, key, partial(_picked, key), maps.FULL if wide else maps.WIDTH
        )
        maps.legend(drawn)
        map_downloads.show_areas(scope, board, shown, drawn, found, choice)
    with right:
        map_tables.draw(drawn, "area_table", "pick")
    places.show_areas(scope, board, metric, choice, shown.dimension, picked, now, area)


def _none(scope: Scope) -> None:
    states.empty(
        "No boundaries yet",
        "Bring the districts or wards of this workspace as GeoJSON, shapefile or GeoParquet, and every number can be "
        "seen by area." if can(scope, "write") else "Somebody who may import files can bring districts or wards.",
    )  # fmt: skip
    if can(scope, "write"):
        st.button("Add boundaries", type="primary", icon=":material/upload:", on_click=boundaries.ask)


def _asked(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, found: Boundaries, now: datetime
) -> DistrictMap:
    parts: dict[str, Any] = asdict(choice) | {"pack": board.pack.name, "fingerprint": found.about.fingerprint}
    key = queries.key_of_data(scope, "districts", now, metric_of=metric.qualified, **parts)
    return queries.remembered(key, lambda: district_map(scope, board.pack, metric, choice, found, now))


def _picked(key: str) -> None:
    """A click on a district picks it; a click beside all lets it go."""
    objects: dict[str, list[dict[str, Any]]] = st.session_state[key].selection.get("objects", {})
    state.write("pick", [found["h"] for members in objects.values() for found in members])


__all__ = ["Picture", "choose", "show"]
