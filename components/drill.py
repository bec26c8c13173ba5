"""How does a viewer get from a number to the rows behind it?

The list is a drawer outside the live part of the page, so that rows do not move under the reader's cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape

import pandas as pd
import streamlit as st

from components import filters, state, states
from components.palette import palette
from data.types import Filter, Scope
from services import entities
from services.formats import plural
from services.live import drills
from services.live.boards import Board
from services.live.drills import Drill, Rows
from services.people import can

_PAGES = "_drill_pages"


def may_open(scope: Scope) -> bool:
    """Whether the viewer may see rows at all."""
    return can(scope, "rows")


def open_rows(metric: str, start: str = "", end: str = "") -> None:
    """A click on a number: its rows open with the next run, and the address says so."""
    state.write("rows", [metric.rpartition(".")[2]])
    state.write("bucket", [f"{start}~{end}"] if start else [])
    st.session_state[_PAGES] = []
    st.rerun()


def open_bucket(metric: str, key: str) -> Callable[[], None]:
    """A click on a bucket of the main chart opens the rows in it."""

    def pick() -> None:
        points = st.session_state[key].selection.get("bucket", [])
        state.next_turn("series")
        if points:
            open_rows(metric, points[0]["start"], points[0]["end"])

    return pick


def show(
    scope: Scope, board: Board, now: datetime, place: tuple[Filter, ...] = (), areas: tuple[str, ...] = ()
) -> None:
    """The drawer with rows, when the address asks for it; on a map those in the part that filters by `place` mean."""
    metric = state.read("rows")
    if not metric or not may_open(scope):
        return
    start, _, end = state.read("bucket").partition("~")
    bucket = (start, end) if end else None
    wanted = drills.drill(board, filters.choice(scope, board, now), metric, bucket, scope, place, areas)
    drawer = st.dialog(wanted.title, width="large", position="right", on_dismiss=_close)
    drawer(_drawer)(scope, wanted)


def _close() -> None:
    state.write("rows", [])
    state.write("bucket", [])


def _drawer(scope: Scope, wanted: Drill) -> None:
    with states.guard():
        draw_rows(scope, wanted, st.session_state.setdefault(_PAGES, []), 560)


def draw_rows(scope: Scope, wanted: Drill, pages: list[str], height: int) -> None:
    """The rows as a table with a pager and a download; `pages` are the cursors of the pages gone through so far."""
    rows = drills.read(scope, wanted, pages[-1] if pages else None)
    st.markdown(f"{plural(rows.total, 'row')}. {wanted.sentence}.")
    if not rows.lines:
        st.caption("No rows here.")
        return
    _table(scope, wanted, rows, height)
    _pager(pages, rows)
    _foot(scope, wanted, rows)


def _table(scope: Scope, wanted: Drill, rows: Rows, height: int) -> None:
    titles = dict(rows.columns)
    links = entities.links(scope, wanted.dataset)
    times = {t.name for t in wanted.dataset.times} | {"received_at"}
    settings = {
        name: st.column_config.DatetimeColumn(title, format="D MMM YYYY HH:mm") if name in times else title
        for name, title in titles.items()
    }
    frame = pd.DataFrame(rows.lines, columns=list(titles)).dropna(axis="columns", how="all")
    texts = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name].dtype)]
    frame[texts] = frame[texts].fillna("")
    for name in (n for n in links if n in frame.columns):
        frame[name] = [entities.address(links[name], str(value)) if value else None for value in frame[name]]
        help = "Opens what is known of it."
        settings[name] = st.column_config.LinkColumn(titles[name], display_text=entities.NAME_OF_ADDRESS, help=help)
    st.dataframe(frame, hide_index=True, column_config=settings, height=height, alt=f"Rows: {wanted.sentence}")


def _pager(pages: list[str], rows: Rows) -> None:
    first = len(pages) * drills.PAGE_ROWS + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Newer", disabled=not pages, on_click=lambda: pages.pop(), icon=":material/chevron_left:")
        st.caption(f"{first} to {first + len(rows.lines) - 1} of {plural(rows.total, 'row')}", width="content")
        st.button(
            "Older", disabled=rows.next is None, on_click=lambda: pages.append(rows.next or ""),
            icon=":material/chevron_right:", icon_position="right",
        )  # fmt: skip


def _foot(scope: Scope, wanted: Drill, rows: Rows) -> None:
    if can(scope, "export"):
        address = escape(drills.download_address(scope, wanted))
        look = f"color:{palette().accent}"
        st.html(f'<a href="{address}" style="{look}" download>Download all {plural(rows.total, "row")} as CSV</a>')
    if rows.hidden:
        st.caption(f"Left out because they are personal: {', '.join(rows.hidden)}.")
