"""How are unusual clusters shown: on the map, in words, with a way to their rows; and how is their limit picked?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from components import drill, finding_downloads, mapped, maps, state, states
from components.markdown import plain
from components.palette import DARK, palette, rgb
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.live.choices import range_of
from services.maps import rarities, unusual
from services.maps.choices import LAYER_HELP, SIZES, MapChoice, box_of, box_text
from services.maps.hexes import placed_dataset
from services.maps.labels import Names
from services.maps.pictures import Picture
from services.maps.rarities import Card
from services.maps.scans import counted_by, last_day
from services.maps.unusual import Limit, PlaceScan
from services.people import can

_LIMIT = "_unusual_limit"
_SHOWN = 12
_HIGH = 660


def show(scope: Scope, board: Board, metric: Metric, now: datetime) -> None:
    """The clusters of the metric's rows, whatever the metric leaves out of them."""
    dataset = placed_dataset(board.pack, metric)
    counted = counted_by(board.pack, dataset) if dataset else None
    if dataset is None or counted is None:
        states.empty("Only for rows with a time and a place", "Choose a metric that counts such rows.")
        return
    found, limit = unusual.newest_scan(scope, dataset), unusual.limit_of(scope)
    zone, next_at = scope.workspace.timezone, _next(scope, found, now)
    st.caption(LAYER_HELP["unusual"])
    nights = _bar(scope, limit)
    if found is None:
        states.empty(f"{dataset.title} were not scanned yet", rarities.next_said(next_at, zone, now))
        return
    st.caption(f"{counted.title}: {rarities.scanned(found, zone, now, next_at)}")
    clusters = unusual.found_lately(scope, dataset, nights, limit.days, now)
    if not clusters:
        _nothing(scope, found, limit, nights, now)
        return
    if left_out := rarities.left_out(clusters):
        st.caption(left_out)
    looked, names = _ground(scope, board, counted, found, now)
    cards = rarities.cards(rarities.episodes(clusters), names.of_hexagon)
    drawn = rarities.picture(cards, f"Unusual clusters of {dataset.title.lower()}", palette() is DARK)
    _draw(drawn, counted, looked, cards, names, scope)
    finding_downloads.show_unusual(scope, board, counted, found, limit, cards, drawn, names, looked, left_out)


def _next(scope: Scope, found: PlaceScan | None, now: datetime) -> datetime | None:
    from services.jobs.managing import run_times  # the queue is no part of any other page

    return unusual.next_scan(scope, found, run_times("unusual", now))


def _bar(scope: Scope, limit: Limit) -> int:
    """How many nights are looked back, and the limit: a picker for those who may, else words."""
    with st.container(horizontal=True, vertical_alignment="center"):
        nights = state.choose(
            "Nights", "nights", rarities.NIGHTS, "1", st.segmented_control, required=True, label_visibility="collapsed"
        )
        by = f", picked by {plain(limit.changed_by)}" if limit.changed_by else ""
        if can(scope, "plan"):
            st.session_state[_LIMIT] = limit.days
            st.selectbox(
                "Limit", list(unusual.LIMITS), key=_LIMIT, width=230, label_visibility="collapsed", on_change=_picked,
                args=(scope,), format_func=lambda days: f"Limit: once in {unusual.LIMITS[days]}",
                help="For the whole workspace, also for rules that act on unusual clusters.",
            )  # fmt: skip
            st.caption(f"The limit holds for the whole workspace{by}.", width="content")
        else:
            st.caption(f"Limit: {limit.said}{by}. Managers pick it.", width="content")
    return int(nights)


def _picked(scope: Scope) -> None:
    with states.guard():
        unusual.set_limit(scope, st.session_state[_LIMIT], datetime.now(UTC))


def _nothing(scope: Scope, found: PlaceScan, limit: Limit, nights: int, now: datetime) -> None:
    if found.reason and nights == 1:
        states.empty("Nothing to tell of last night", found.reason)
        return
    is_fresh = found.last_on >= last_day(scope, now) - timedelta(days=1)
    states.empty(*rarities.nothing(found, limit, nights, is_fresh))


def _ground(
    scope: Scope, board: Board, counted: Metric, found: PlaceScan, now: datetime
) -> tuple[MapChoice, Names]:  # fmt: skip
    """The whole area in the hexagons of the scan, and what its places are called."""
    span = range_of("custom", (found.first_on, found.last_on), scope.workspace.timezone, now)
    box = box_of(state.read("box"))
    choice = MapChoice("unusual", counted.qualified, span, (), box, found.resolution, "quantiles")
    shown = mapped.hex_map(scope, board, counted, choice, now)
    names = mapped.district_names(scope, board, choice, now)
    return MapChoice("unusual", counted.qualified, span, (), shown.box, found.resolution, "quantiles"), names


def _draw(
    drawn: Picture, counted: Metric, looked: MapChoice, cards: list[Card], names: Names, scope: Scope
) -> None:  # fmt: skip
    assert looked.box is not None, "it is the box of the map"
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        key = f"map_unusual_{box_text(looked.box)}_{len(cards)}_{state.once('map')}"
        more = [_numbers(cards)]
        labels = rarities.labels_beside(names.labels, cards)
        maps.draw_hexagons(drawn, looked.box, labels, (), key, None, maps.WIDTH, more)
        maps.legend(drawn)
    with right, st.container(height=_HIGH, border=False):
        for card in cards[:_SHOWN]:
            _card(card, counted, drill.may_open(scope))
        if len(cards) > _SHOWN:
            st.caption(f"and {len(cards) - _SHOWN} more on the map")


def _numbers(cards: list[Card]) -> Any:
    import pydeck

    rows = [{"p": [card.cluster.lon, card.cluster.lat], "t": str(card.number)} for card in cards]
    return pydeck.Layer(
        "TextLayer", rows, id="numbers", get_position="p", get_text="t", get_size=14, get_color=rgb(palette().text),
        font_family=maps.text(maps.FONT), font_weight=700, pickable=False, **maps.lettering(),
    )  # fmt: skip


def _card(card: Card, counted: Metric, may_open: bool) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{card.number}. {plain(card.where)}** :small[{card.days}]")
        st.markdown(f"{plain(card.counted)}.  \n{plain(card.about)}{'.' if card.about else ''}")
        st.markdown(f"**{plain(card.rare)}**")
        with st.container(horizontal=True):
            st.button(
                "Map of these days", key=f"unusual_map_{card.number}", icon=":material/map:", on_click=_go,
                args=(card, counted, False),
            )  # fmt: skip
            if may_open:
                st.button(
                    "See the rows", key=f"unusual_rows_{card.number}", icon=":material/list:", on_click=_go,
                    args=(card, counted, True),
                )  # fmt: skip


def _go(card: Card, counted: Metric, rows: bool) -> None:
    """Hexagons of the cluster's days around it, with the cluster picked; filters and areas are let go."""
    from h3 import get_resolution

    one = card.cluster
    size = str(get_resolution(one.cells[0]))
    state.set_filters(())
    state.set_days((one.first_on, one.last_on))
    for key, values in {
        "area": [], "nights": [], "layer": [], "range": ["custom"], "metric": [counted.name],
        "size": [size] if size in SIZES else [], "box": [box_text(rarities.box_of(one))], "hex": list(one.cells),
        "rows": [counted.name] if rows else [],
    }.items():  # fmt: skip
        state.write(key, values)
    state.next_turn("map")
