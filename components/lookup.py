"""How is one thing found by its name, and how is what is known of it drawn?"""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from components import charts, courses, row_lists, state, states
from components.markdown import plain
from components.palette import palette
from data.types import Scope
from services import entities, model
from services.entities import Kind, Sight
from services.entities.looking import Fact
from services.entities.peers import Standing
from services.formats import SPACE, grouped
from services.live.choices import DEFAULT_RANGE, RANGES, Choice, range_of

_SEARCH, _PAGE = "_lookup_search", "_lookup_page"
_RANGES = {slug: title for slug, title in RANGES.items() if slug != "custom"}
_COLOURS = {"good": "green", "bad": "red", "silent": "orange", "neutral": "gray"}
_NO_LABEL = {"label_visibility": "collapsed"}


def pick(scope: Scope) -> Kind | None:
    """The pickers of kind and thing; the kind, or None when the workspace has none that the viewer may look at."""
    known = {kind.slug: kind for kind in entities.kinds(model.model_of(scope)) if entities.may_see(scope, kind)}
    if not known:
        return None
    titles = {slug: kind.entity.title for slug, kind in known.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = state.choose("Kind", "kind", titles, next(iter(titles)), st.selectbox, width=220)
        kind = known[chosen]
        _search_box(kind)
    _matches(scope, kind, "name")
    return kind


def search(scope: Scope, kind: Kind, parameter: str) -> None:
    """A search for one of a kind alone, whose name a click puts into this parameter of the address."""
    _search_box(kind)
    _matches(scope, kind, parameter)


def _search_box(kind: Kind) -> None:
    st.text_input(
        f"Find {kind.entity.many}", key=_SEARCH, type="search", live=True, on_change=_searched, width=360,
        placeholder="A part of the name, or of what it is",
    )  # fmt: skip


def _searched() -> None:
    st.session_state[_PAGE] = 0


def _matches(scope: Scope, kind: Kind, parameter: str) -> None:
    """One page of what the search found; nothing while one is open and nobody searches."""
    if state.read(parameter) and not st.session_state.get(_SEARCH):
        return
    page = st.session_state.setdefault(_PAGE, 0)
    found = entities.find(scope, kind, st.session_state.get(_SEARCH, ""), page)
    with st.container(border=True, gap="xsmall", key="rows_matches"):
        if not found.things:
            st.caption(f"No {kind.entity.many} found.")
        with st.grid(3, min_column_width=270, gap="xsmall"):
            for name, about in found.things:
                label = f"**{plain(name)}** :small[:gray[{plain(about)}]]"
                wanted = (kind, name, parameter)
                st.button(label, key=f"thing_{name}", type="tertiary", wrap=True, on_click=_open, args=wanted)
        if page or found.more:
            with st.container(horizontal=True):
                st.button("Before", disabled=not page, on_click=_turn, args=(-1,), icon=":material/chevron_left:")
                st.button("More", disabled=not found.more, on_click=_turn, args=(1,), icon=":material/chevron_right:")


def _open(kind: Kind, name: str, parameter: str) -> None:
    if parameter == "name":
        state.write("kind", [kind.slug])
    state.write("session", [])
    state.write(parameter, [name])
    st.session_state[_SEARCH] = ""
    st.session_state[_PAGE] = 0


def _turn(by: int) -> None:
    st.session_state[_PAGE] = max(st.session_state.get(_PAGE, 0) + by, 0)


def show(scope: Scope, kind: Kind, name: str, now: datetime) -> None:
    """Everything that is known of one thing."""
    slug = state.choose("Range", "range", _RANGES, DEFAULT_RANGE, st.segmented_control, required=True, **_NO_LABEL)
    choice = Choice(slug, range_of(slug, None, scope.workspace.timezone, now), "previous", state.read("about"))
    sight = entities.look(scope, kind, name, choice, now)
    if not sight.known:
        states.cannot_tell(f"There is no {kind.entity.title.lower()} `{name}` in this workspace.")
        return
    _head(kind, sight)
    _course(sight)
    _series(sight)
    _standings(kind, sight)
    _lists(scope, sight)


def _head(kind: Kind, sight: Sight) -> None:
    health = sight.health
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"{kind.entity.title} {plain(sight.name)}", anchor=False, width="content")
        if health.headline:
            st.badge(health.headline, color=_COLOURS[health.state])  # type: ignore[arg-type]
    if sight.course:
        with st.grid(3, min_column_width=150, gap="xsmall"):
            st.metric("Last value", health.value, border=True)
            st.metric("Age of the last value", health.age, border=True)
            st.metric("Out of limits in this range", str(sight.course.outside), border=True)
    st.caption(health.sentence)
    if sight.facts:
        cells = "".join(f"<div><small>{escape(f.title)}</small><br>{_fact(f)}</div>" for f in sight.facts)
        with st.container(border=True):
            st.html(f"<div class='bv-facts'>{cells}</div>")
    if sight.hidden:
        st.caption(f"Left out because they are personal: {', '.join(sight.hidden)}.")


def _fact(fact: Fact) -> str:
    if not fact.slug:
        return escape(fact.text)
    address = escape(entities.address_of(fact.slug, fact.name))
    return f"<a href='{address}' target='_self' style='color:{palette().accent}'>{escape(fact.text)}</a>"


def _course(sight: Sight) -> None:
    if sight.course is None:
        return
    with st.container(border=True, gap="xsmall"):
        legend = courses.legend(sight.course)
        st.markdown(f"**Readings** :small[:gray[{plain(legend)}. {sight.range_text}.]]")
        courses.draw_course(sight.course, "course")


def _series(sight: Sight) -> None:
    if sight.series is None:
        return
    titles = {s.metric: s.title for s in sight.standings}
    with st.container(border=True, gap="xsmall"):
        state.choose("Metric", "about", titles, sight.series.metric, st.selectbox, width=280, **_NO_LABEL)
        read = f"**{plain(sight.series.title)}** :small[:gray[{charts.legend(sight.series)}. {sight.range_text}.]]"
        st.markdown(read, help=sight.series.summary)
        charts.draw_series(sight.series, "thing_series", None)


def _standings(kind: Kind, sight: Sight) -> None:
    if not sight.standings:
        return
    rows = "".join(_standing(s) for s in sight.standings)
    heads = "".join(
        f"<th scope='col'>{h}</th>" for h in ("Figure", "Value", "Middle of the others", "Among the others")
    )
    note = f"Compared with {sight.peers}, {sight.range_text}. A percentile is the part of the others below it."
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**Among {kind.entity.many}** :small[:gray[{plain(note)}]]")
        st.html(f"<div class='bv-wide'><table class='bv-stream'><thead><tr>{heads}</tr></thead>{rows}</table></div>")


def _standing(found: Standing) -> str:
    return (
        f"<tr><td title='{escape(found.title)}'>{escape(found.title)}</td><td><b>{escape(found.value)}</b></td>"
        f"<td>{escape(found.typical)}</td><td>{_rank(found)}</td></tr>"
    )


def _rank(found: Standing) -> str:
    if found.percentile is None:
        return f"<span style='opacity:.75'>{escape(found.reason)}</span>"
    colours = palette()
    colour = {"good": colours.good, "bad": colours.bad}.get(found.tone, colours.bar)
    bar = f"<i style='width:{found.percentile:.0f}%;background:{colour}'></i>"
    return f"<span class='bv-rank'>{bar}</span> {found.percentile:.0f}{SPACE}% of {grouped(found.others)}"


def _lists(scope: Scope, sight: Sight) -> None:
    titles = {d.title: d.title for d in sight.lists}
    if not titles:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Rows**")
        key = f"_rows_{sight.name}"
        chosen = st.segmented_control(
            "Rows of", list(titles), default=next(iter(titles)), required=True, key=key, **_NO_LABEL
        )
        wanted = next((d for d in sight.lists if d.title == chosen), sight.lists[0])
        row_lists.draw(scope, wanted, f"{key}_{wanted.title}", 320)
