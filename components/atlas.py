"""What stands on the heat map page: what is chosen, the map, its table, and what was picked on it?"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from components import (
    area_maps,
    areas,
    boundaries,
    districts,
    drawing,
    filters,
    grounds,
    layers,
    map_downloads,
    map_tables,
    mapped,
    maps,
    networks,
    nowhere,
    queries,
    state,
    states,
    unusual,
)
from components.palette import DARK, palette
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.live.choices import COMPARES, DEFAULT_RANGE, RANGES
from services.maps.areas import Selected
from services.maps.choices import (
    LAYER_HELP,
    LAYERS,
    SCALES,
    SIZES,
    Box,
    MapChoice,
    box_of,
    box_text,
    moved,
    resolution_of,
    zoomed,
)
from services.maps.hexes import HexMap, mappable
from services.maps.networks import has_network
from services.maps.pictures import Picture

_AGAINST = {slug: title for slug, title in COMPARES.items() if slug != "none"}
_OWN = {"districts": districts.show, "draw": drawing.show, "network": networks.show}
_SIZELESS = ("points", "groups", "clusters", "unusual", "risk", "districts", "network")
_NO_LABEL = {"label_visibility": "collapsed"}
_MOVES = (
    ("zoom_in", "Closer", 0.5, 0.0, 0.0), ("zoom_out", "Wider", 2.0, 0.0, 0.0),
    ("arrow_back", "West", 1.0, -0.5, 0.0), ("arrow_forward", "East", 1.0, 0.5, 0.0),
    ("arrow_upward", "North", 1.0, 0.0, 0.5), ("arrow_downward", "South", 1.0, 0.0, -0.5),
)  # fmt: skip


def show(scope: Scope, now: datetime) -> None:
    """The page."""
    known = {b.pack.name: b for b in queries.known_boards(scope, now) if mappable(b.pack, b.metrics())}
    if not known:
        nowhere.no_places(scope, "map", now)
        return
    board = _board(known)
    metric = _bar(scope, board, now)
    area = areas.chosen(scope)
    choice = _choice(scope, board, metric, area, now)
    areas.chip(area)
    boundaries.show(scope)
    if choice.layer in _OWN:
        _OWN[choice.layer](scope, board, metric, choice, area, now)
        return
    if choice.layer == "unusual":
        unusual.show(scope, board, metric, now)
        return
    shown = grounds.above(scope, board, metric, choice, LAYER_HELP.get(choice.layer, ""), now)
    if shown is None:
        return
    _view_bar(shown, choice)
    if layers.show(scope, board, metric, shown, choice, area, map_tables.draw, now):
        grounds.below(scope, board, metric, choice, area, now)
        return
    picture = mapped.picture(scope, board, metric, choice, palette() is DARK, now)
    if isinstance(picture, str):
        states.empty("Nothing to tell here", picture)
        return
    wide = map_tables.is_wide(picture)
    left, right = (st.container(), st.container()) if wide else st.columns([2.2, 1], gap="medium")
    with left:
        _map(scope, board, shown, picture, choice, area, now)
    with right:
        map_tables.draw(picture)
    grounds.below(scope, board, metric, choice, area, now)


def _board(known: dict[str, Board]) -> Board:
    if len(known) == 1:
        return next(iter(known.values()))
    titles = {name: b.pack.title for name, b in known.items()}
    return known[state.choose("Domain", "pack", titles, next(iter(titles)), st.selectbox, **_NO_LABEL)]


def _bar(scope: Scope, board: Board, now: datetime) -> Metric:
    """The pickers; returns the metric that is mapped."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        slug = state.choose("Range", "range", RANGES, DEFAULT_RANGE, st.segmented_control, required=True, **_NO_LABEL)
        if slug == "custom":
            filters.pick_days(scope, now)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map_choices"):
        found = mappable(board.pack, board.metrics())
        titles = {m.name: m.title for m in found}
        name = state.choose("Metric", "metric", titles, next(iter(titles)), st.selectbox, width=280, **_NO_LABEL)
        offered = {slug: title for slug, title in LAYERS.items() if slug != "network" or has_network(board.pack)}
        layer = state.choose("Layer", "layer", offered, "hexagons", st.selectbox, width=210, **_NO_LABEL)
        if layer not in _SIZELESS:
            state.choose("Size", "size", SIZES, "auto", st.selectbox, width=190, **_NO_LABEL)
        if layer in ("hexagons", "draw", "density", "sides", "playback", "districts", "network"):
            state.choose("Colours", "scale", SCALES, "quantiles", st.selectbox, width=220, **_NO_LABEL)
        if layer in ("difference", "sides"):
            state.choose("Against", "compare", _AGAINST, "previous", st.selectbox, width=240, **_NO_LABEL)
        filters.menu(scope, board, now)
        areas.menu(scope, box_of(state.read("box")))
    filters.chips(scope, board)
    return next(m for m in found if m.name == name)


def _choice(scope: Scope, board: Board, metric: Metric, area: Selected | None, now: datetime) -> MapChoice:
    seen = filters.choice(scope, board, now)
    layer, box = state.read("layer", "hexagons"), box_of(state.read("box")) or (area.box if area else None)
    layer = "hexagons" if layer == "network" and not has_network(board.pack) else layer
    more = districts.choose(scope, board) if layer == "districts" else {}
    more |= networks.choose(metric) if layer == "network" else {}
    return MapChoice(
        layer, metric.qualified, seen.range, seen.where, box, resolution_of(state.read("size", "auto")),
        state.read("scale", "quantiles"), area.within if area else "", seen.compare or "previous", **more,
    )  # fmt: skip


def _view_bar(shown: HexMap, choice: MapChoice) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        for icon, title, factor, right, up in _MOVES:
            st.button(
                "", icon=f":material/{icon}:", help=title, key=f"map_{icon}", on_click=_look,
                args=(zoomed(moved(shown.box, right, up), factor),),
            )  # fmt: skip
        st.button(
            "", icon=":material/zoom_out_map:", help="Whole area", key="map_whole", disabled=choice.box is None,
            on_click=_look, args=(None,),
        )  # fmt: skip


def _look(box: Box | None) -> None:
    state.write("box", [box_text(box)] if box else [])
    state.next_turn("map")


def _map(
    scope: Scope, board: Board, shown: HexMap, picture: Picture, choice: MapChoice, area: Selected | None, now: datetime
) -> None:
    key = f"map_{choice.layer}_{box_text(shown.box)}_{shown.resolution}_{state.once('map')}"
    names = mapped.district_names(scope, board, choice, now)
    labels, more = names.labels, area_maps.outlined(area)
    if choice.layer == "density":
        maps.draw_density(shown, picture, labels, key, more)
    else:
        width = maps.FULL if map_tables.is_wide(picture) else maps.WIDTH
        maps.draw_hexagons(
            picture, shown.box, labels, state.read_all("hex"), key, partial(_picked, key), width, more=more
        )
    maps.legend(picture)
    map_downloads.show(scope, board, shown, picture, names, choice)


def _picked(key: str) -> None:
    """A click on a hexagon picks it; a click beside all lets it go."""
    objects: dict[str, list[dict[str, Any]]] = st.session_state[key].selection.get("objects", {})
    state.write("hex", [found["h"] for members in objects.values() for found in members])
