"""Which range, comparison, metric and filters are chosen, and how are they changed?"""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from components import queries, state
from components.markdown import plain
from data.types import Filter, Scope
from services import entities
from services.live.boards import FAMILY_TITLES, OVERVIEW, Board, filterable, sentence_of
from services.live.choices import (
    COMPARES,
    DEFAULT_RANGE,
    DEFAULT_REFRESH,
    MISSING,
    RANGES,
    REFRESH_TITLES,
    REFRESHES,
    Choice,
    compare_of,
    days_before,
    default_days,
    range_of,
)

LOOKUP_PAGE = "pages/explore/lookup.py"
_NO_LABEL = {"label_visibility": "collapsed"}


def board(scope: Scope, now: datetime) -> Board:
    """The board of the chosen pack; with more than one pack, a picker for it."""
    known = {b.pack.name: b for b in queries.known_boards(scope, now)}
    if len(known) == 1:
        return next(iter(known.values()))
    titles = {name: b.pack.title for name, b in known.items()}
    chosen = state.choose("Domain", "pack", titles, next(iter(titles)), st.selectbox, label_visibility="collapsed")
    return known[chosen]


def bar(scope: Scope, shown: Board, now: datetime) -> int | None:
    """The pickers and the chips of the filters; returns the seconds between refreshes, None while paused."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="range_bar"):
        slug = state.choose("Range", "range", RANGES, DEFAULT_RANGE, st.segmented_control, required=True, **_NO_LABEL)
        if slug == "custom":
            pick_days(scope, now)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter_bar"):
        state.choose("Compare with", "compare", COMPARES, "previous", st.selectbox, width=230, **_NO_LABEL)
        every = state.choose("Refresh", "every", REFRESH_TITLES, DEFAULT_REFRESH, st.selectbox, width=150, **_NO_LABEL)
        is_live = st.toggle("Live", value=True, key="live", bind="query-params", help="Switch off to hold still")
        menu(scope, shown, now)
    chips(scope, shown)
    return REFRESHES[every] if is_live else None


def pick_days(scope: Scope, now: datetime) -> None:
    """The picker of the first and last day."""
    shown = state.days() or default_days(scope.workspace.timezone, now)
    state.have_show("_days", shown)
    st.date_input(
        "Days, first and last", key="_days", on_change=_days_picked, min_value=date(1900, 1, 1),
        max_value=date(2200, 1, 1), width=240, format="YYYY-MM-DD", **_NO_LABEL,
    )  # fmt: skip


def _days_picked() -> None:
    picked = st.session_state["_days"]
    if len(picked) == 2:
        state.set_days((picked[0], picked[1]))


def choice(scope: Scope, shown: Board, now: datetime) -> Choice:
    """What the address says, as instants; also inside fragments, where no picker is drawn."""
    slug = state.read("range", DEFAULT_RANGE)
    days = state.days() or default_days(scope.workspace.timezone, now)
    return Choice(
        slug if slug in RANGES else DEFAULT_RANGE,
        range_of(slug, days, scope.workspace.timezone, now),
        compare_of(state.read("compare", "previous")),
        shown.metric(state.read("metric")).qualified,
        state.filters(),
    )


def read_family() -> str:
    """The chosen family of metrics."""
    return state.read("family", OVERVIEW)


def family(shown: Board) -> str:
    """A switch between the overview and the families of metrics."""
    titles = {OVERVIEW: "Overview"} | {name: FAMILY_TITLES[name] for name, _ in shown.families}
    return state.choose(
        "Key figures", "family", titles, OVERVIEW, st.segmented_control, required=True, label_visibility="collapsed"
    )


def metric(shown: Board) -> str:
    """The picker of the metric that the main chart and the leaderboards show."""
    titles = {m.name: m.title for m in shown.metrics()}
    return state.choose(
        "Metric", "metric", titles, next(iter(titles)), st.selectbox, label_visibility="collapsed", width=280
    )


def chips(scope: Scope, shown: Board) -> None:
    """The filters as sentences, each with a button that takes it out."""
    where = state.filters()
    if not where:
        return
    with st.container(horizontal=True, gap="xsmall", key="chips"):
        for found in where:
            st.button(
                plain(sentence_of(shown, found)), key=f"chip_{found.dimension}_{found.op}", icon=":material/close:",
                icon_position="right", help="Remove this filter", on_click=_drop, args=(found,),
            )  # fmt: skip
        _pages(scope, shown, where)
        if len(where) > 1:
            st.button("Remove all", key="chip_all", type="tertiary", on_click=clear)


def _pages(scope: Scope, shown: Board, where: tuple[Filter, ...]) -> None:
    """For each filter on a single thing a link to what is known of it."""
    for found in (f for f in where if f.op == "in" and len(f.values) == 1 and f.values[0] is not None):
        kind = entities.kind_in(scope, shown.pack, found.dimension)
        if kind is not None:
            name = str(found.values[0])
            label, address = f"All about {plain(name)}", {"kind": kind.slug, "name": name}
            st.page_link(LOOKUP_PAGE, label=label, icon=":material/frame_inspect:", query_params=address)


def clear() -> None:
    """A click that takes all filters out."""
    state.set_filters(())
    st.rerun()


def _drop(found: Filter) -> None:
    state.set_filters(tuple(f for f in state.filters() if f != found))


def menu(scope: Scope, shown: Board, now: datetime) -> None:
    """A button that opens the values to filter by."""
    opener = st.popover("Filter", icon=":material/filter_list:", key="filter_menu", on_change="rerun")
    if not opener.open:
        return
    with opener:
        for dataset, dimension in filterable(shown):
            _value_picker(dimension.title, dimension.name, queries.values(scope, dataset, dimension.name, now))


def _value_picker(title: str, dimension: str, known: list[str | None]) -> None:
    where = state.filters()
    chosen = [MISSING if v is None else v for f in where if (f.dimension, f.op) == (dimension, "in") for v in f.values]
    options = list(dict.fromkeys([*chosen, *(MISSING if v is None else v for v in known)]))
    widget = f"_f_{dimension}"
    state.have_show(widget, chosen)

    def picked() -> None:
        state.write(f"f.{dimension}", st.session_state[widget])

    st.multiselect(title, options, key=widget, on_change=picked, placeholder="All", accept_new_options=False)


def go_to(days: tuple[date, date]) -> None:
    """A click that shows these days."""
    state.write("range", ["custom"])
    state.set_days(days)
    st.rerun()


def newest_days(scope: Scope, now: datetime, dataset: str = "", days: int = 30) -> tuple[date, date] | None:
    """The days that end with the newest row, of all datasets or of one; None without rows."""
    known = [f.newest_at for f in queries.freshness(scope, now) if f.newest_at and dataset in ("", f.dataset)]
    return days_before(min(max(known), now), scope.workspace.timezone, days) if known else None


def newest_parameters(scope: Scope, now: datetime) -> dict[str, str]:
    """The address of the Live page at the newest rows; the default range when they are of these days."""
    days = newest_days(scope, now)
    if days is None or days[1] >= default_days(scope.workspace.timezone, now)[0]:
        return {}
    return {"range": "custom", "from": days[0].isoformat(), "to": days[1].isoformat()}
