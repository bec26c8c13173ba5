"""How is it shown which reports are of one incident, and where most is reported again and again?"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from components import errands, filters, map_tables, maps, marks, queries, repeat_downloads, state, states
from components.markdown import plain
from components.palette import DARK, palette
from data.types import Scope
from services.field import reading
from services.field.candidates import case_datasets
from services.field.errands import Errand
from services.field.linked import incident_map
from services.field.repeats import RepeatsAsk
from services.formats import grouped
from services.live.choices import RANGES
from services.maps.pictures import Picture
from services.queries import filters_as_json

KEY = "repeats"
_DEFAULT = "30d"
_NO_LABEL = {"label_visibility": "collapsed"}


def show(scope: Scope, now: datetime) -> None:
    """The question and its answer."""
    answer = partial(_answer, scope, now)
    errands.show(scope, "repeats", KEY, now, ("A new question", "Questions"), _form, answer)


def _form(scope: Scope, now: datetime) -> None:
    known = {b.pack.name: b for b in queries.known_boards(scope, now) if case_datasets(b.pack)}
    if not known:
        states.empty("No reports with a place", "The rows of this workspace are no reports with coordinates.")
        return
    board = known.get(state.read("pack"), next(iter(known.values())))
    dataset = case_datasets(board.pack)[0]
    columns = {d.name: d.title for d in dataset.dimensions if not d.personal}
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            slug = state.choose("Range", "range", RANGES, _DEFAULT, st.selectbox, width=140, **_NO_LABEL)
            if slug == "custom":
                filters.pick_days(scope, now)
            filters.menu(scope, board, now)
        filters.chips(scope, board)
        with st.grid(4, min_column_width=180, gap="small"):
            kind = st.selectbox("One incident has the same", list(columns), 0, format_func=columns.__getitem__)
            metres = st.number_input("Within, in metres", 5, 2000, 75, key="repeats_m")
            hours = st.number_input("Within, in hours", 1, 24 * 60, 72, key="repeats_h")
            area = st.selectbox("Compared by", list(columns), reading.area_index(list(columns)),
                                format_func=columns.__getitem__)  # fmt: skip
        if st.button("Work it out", type="primary", icon=":material/link:"):
            with states.guard():
                span = reading.span_of(_DEFAULT, scope, now)
                span = filters.choice(scope, board, now).range if state.read("range") else span
                ask = RepeatsAsk(dataset.qualified, span.from_at.isoformat(), span.to_at.isoformat(), kind, area,
                                 float(metres), float(hours), filters_as_json(state.filters()))  # fmt: skip
                title = f"{dataset.title} within {metres} m and {hours} h, by {columns[area].lower()}"
                errands.go_to(KEY, reading.ask_repeats(scope, dataset, ask, title, now))
                st.rerun()
    st.caption("A report joins the nearest earlier incident of its kind within both limits, else it begins one.")


def _answer(scope: Scope, now: datetime, errand: Errand) -> None:
    found = errand.found
    st.subheader(plain(errand.title), anchor=False)
    if "reports" not in found:
        st.info(plain(found["reason"]), title="This cannot be told", icon=":material/help:")
        return
    with st.grid(4, min_column_width=170, gap="xsmall"):
        st.metric("Reports with a place", grouped(found["reports"]), border=True)
        st.metric("Incidents", grouped(found["incidents"]), border=True)
        st.metric("Reports an incident", f"{found['ratio']:.3f}", border=True)
        st.metric("Most of one incident", grouped(found["largest"]), border=True)
    if found["total"] > found["reports"]:
        st.caption(f"Of {grouped(found['total'])} reports: others have no place, or are older than the newest 50,000.")
    _map(scope, now, errand)
    if found["reason"]:
        st.info(plain(found["reason"]), title="Areas cannot be ranked", icon=":material/help:")
        return
    _league(found)
    repeat_downloads.show_league(scope, errand, now)


def _map(scope: Scope, now: datetime, errand: Errand) -> None:
    """Each incident as a dot, and those that were reported most."""
    shown = incident_map(errand.found, palette() is DARK, scope.workspace.timezone)
    if shown is None:
        return
    marks.draw_points(shown.marks, shown.box, shown.labels, f"incidents_{errand.id}")
    found = shown.marks
    picture = Picture(found.title, found.swatches, (), found.note, found.columns, found.lines, listed_of=shown.repeated)
    maps.legend(picture)
    repeat_downloads.show_incidents(scope, errand, shown, now)
    map_tables.draw(picture)


def _league(found: dict[str, object]) -> None:
    """Areas by repeated reports, shrunk by how little is known of each."""
    rows = [
        {"Rank": one["rank"], "Area": one["area"], "Reports": one["reports"], "Incidents": one["incidents"],
         "As counted": one["raw"], "Reports an incident": one["shrunk"], "From": one["low"], "To": one["high"],
         "Differs": "yes" if one["differs"] else ""}
        for one in found["standings"]  # type: ignore[attr-defined]  # a list, from JSON
    ]  # fmt: skip
    three = st.column_config.NumberColumn(format="%.3f")
    st.markdown("**Areas by reports an incident**")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="Areas by reports an incident",
        column_config={
            "As counted": three, "Reports an incident": three, "From": three, "To": three,
            "Differs": st.column_config.TextColumn(help="Its interval leaves out the ratio of all together"),
        },
    )  # fmt: skip
    st.caption(
        f"All together {found['overall']:.3f} reports an incident. Areas with few reports are drawn towards that; "
        "the interval holds 95 %."
    )
