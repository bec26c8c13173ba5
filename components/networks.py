"""What stands on the heat map page when the asset network is shown: lines, and sensors as they are now?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import streamlit as st

from components import area_maps, map_downloads, map_tables, maps, queries, state, states
from components.palette import DARK, palette
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.maps.areas import Selected
from services.maps.choices import LAYER_HELP, MapChoice, box_text
from services.maps.networks import Network, network, sentence
from services.maps.posts import Posts, posts
from services.maps.wiring import SHOWS, Wiring, wiring


def choose(metric: Metric) -> dict[str, str]:
    """What is coloured, as a field of MapChoice."""
    shows = SHOWS if metric.shape == "count" else {"number": SHOWS["number"]}
    found = state.choose(
        "Show", "show", shows, "number", st.segmented_control, required=True, label_visibility="collapsed"
    )
    return {"show": found}


def show(scope: Scope, board: Board, metric: Metric, choice: MapChoice, area: Selected | None, now: datetime) -> None:
    """The network, its legend and its tables."""
    shown, there = _asked(scope, board, metric, choice, now)
    if not shown.lines and not there.shown:
        states.empty("Nothing to map here", f"{shown.reason} No sensor has a place either.")
        return
    said = sentence(shown) if shown.lines else ""
    st.caption(f"{LAYER_HELP['network']} {said}" if there.shown else said)
    made = wiring(shown, there, choice, palette() is DARK)
    box = choice.box or (area.box if area else None) or made.box
    layers = [*_lines(made), *_posts(made), *area_maps.outlined(area)]
    key = f"map_network_{box_text(box)}_{state.once('map')}"
    maps.deck([*layers, *maps.frame(box, (), (), maps.FULL)], box, "{t}", key, None, maps.FULL)
    maps.legend(made.picture)
    if there.shown:
        maps.legend(made.posts_picture)
    map_downloads.show_network(scope, board, shown, there, made, choice)
    if made.picture.lines:
        map_tables.draw(made.picture, "network_lines", links=made.picture.columns[:1])
    if there.shown:
        map_tables.draw(made.posts_picture, "network_posts", links=made.posts_picture.columns[:1])


def _asked(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> tuple[Network, Posts]:
    versions, minute = queries.versions(scope, now), int(now.timestamp()) // 60
    parts: dict[str, Any] = asdict(choice) | {"pack": board.pack.name}
    key = queries.key_of(scope, "network", versions=versions, minute=minute, **parts)
    return queries.remembered(
        key, lambda: (network(scope, board.pack, metric, choice, now), posts(scope, board.pack, now))
    )


def _lines(made: Wiring) -> list[Any]:
    """Lines by colour, those with most on top; a line of which only one point is known is a dot."""
    import pydeck

    found: list[Any] = []
    for swatch, shade in enumerate(made.picture.swatches):
        mine = [(line, tip) for line, place, tip in made.lines if place == swatch]
        paths = [{"p": line.course, "t": maps.tip(tip)} for line, tip in mine if len(line.course) > 1]
        dots = [{"p": line.course[0], "t": maps.tip(tip)} for line, tip in mine if len(line.course) == 1]
        wide = 2 if not swatch else 4
        found.append(
            pydeck.Layer("PathLayer", paths, id=f"lines_{swatch}", get_path="p", get_color=list(shade.colour),
                         width_min_pixels=wide, width_max_pixels=wide + 2, get_width=8, cap_rounded=True, pickable=True)
        )  # fmt: skip
        found.append(
            pydeck.Layer("ScatterplotLayer", dots, id=f"dots_{swatch}", get_position="p", get_radius=wide,
                         radius_units=maps.text("pixels"), get_fill_color=list(shade.colour), pickable=True)
        )  # fmt: skip
    return found


def _posts(made: Wiring) -> list[Any]:
    import pydeck

    ground = [255, 255, 255] if palette() is not DARK else [18, 23, 29]
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            [{"p": [post.lon, post.lat], "t": maps.tip(tip)} for post, tip in made.posts if post.state == n],
            id=f"posts_{n}", get_position="p", get_radius=8, radius_units=maps.text("pixels"), stroked=True,
            get_fill_color=list(shade.colour), get_line_color=ground, line_width_min_pixels=2, pickable=True,
        )
        for n, shade in enumerate(made.posts_picture.swatches)
    ]  # fmt: skip
