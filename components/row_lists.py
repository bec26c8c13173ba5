"""How are the rows behind a number listed: a page of them, in which order, with the way to the others?"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Literal

import pandas as pd
import streamlit as st

from components.markdown import plain
from components.palette import palette
from data.types import Order, Scope
from services import entities
from services.formats import plural
from services.live import drills
from services.live.drills import MOST_SORTED, Drill, Rows
from services.people import can

# Streamlit's table sorts, sums up, searches and writes what it holds, here one page of many, and has no setting against
# it. Its menu of a column begins with a title, two ways to sort and a line.
_OF_ONE_PAGE = """<style>
body:has([class*="st-key-paged_"]) [data-testid="stDataFrameColumnMenu"] :is(
[role="menu"]>:nth-child(-n+4):not(:first-child), :has(>[aria-haspopup="true"])),
[class*="st-key-paged_"] [data-testid="stElementToolbarButton"]:has([aria-label^="Search"],[aria-label^="Download"])
{display:none}
</style>"""


_FEW = 8  # rows that need no more room than they take


@dataclass
class Reading:
    """How somebody reads a list: the cursors of the pages gone through so far, and the order that was chosen."""

    cursors: list[str] = field(default_factory=list)
    order: Order | None = None
    turn: int = 0

    def sort(self, order: Order | None) -> None:
        """Another order, from its first page on; with another `turn` the table begins anew, with no column chosen."""
        self.cursors, self.order, self.turn = [], order, self.turn + 1


def begin(name: str) -> None:
    """Read the list of that name from its first page on, the newest rows first."""
    st.session_state[name] = Reading()


def draw(scope: Scope, wanted: Drill, name: str, height: int) -> None:
    """The rows as a table with a pager and a download; `name` is where the session keeps how far somebody has read."""
    reading: Reading = st.session_state.setdefault(name, Reading())
    rows = drills.read(scope, wanted, reading.cursors[-1] if reading.cursors else None, reading.order)
    st.markdown(f"{plural(rows.total, 'row')}. {plain(wanted.sentence)}.")
    if not rows.lines:
        st.caption("No rows here.")
        return
    _order(wanted, reading, rows, name)
    _table(scope, wanted, reading, rows, name, height)
    _pager(reading, rows)
    _foot(scope, wanted, reading, rows)


def _order(wanted: Drill, reading: Reading, rows: Rows, name: str) -> None:
    """The order in words, for those who cannot click the head of a column."""
    if not rows.can_sort:
        most = plural(MOST_SORTED, "row")
        st.caption(f"The newest first. Up to {most} can be sorted: take a shorter range, or filter.")
        return
    key, both = f"{name}_order", [Order(column, way) for column, _ in rows.columns for way in (True, False)]
    said = {"": "The newest first"} | {str(order): drills.order_said(wanted.dataset, order) for order in both}
    st.session_state[key] = str(reading.order or "")

    def choose() -> None:
        reading.sort(Order.read(st.session_state[key]))

    st.selectbox(
        "Order of all rows", list(said), key=key, format_func=said.__getitem__, on_change=choose, width=220,
        help="A click on the head of a column sorts all rows by it, too: upwards, then downwards.",
    )  # fmt: skip


def _table(scope: Scope, wanted: Drill, reading: Reading, rows: Rows, name: str, height: int) -> None:
    titles = {column: _titled(title, column, reading.order) for column, title in rows.columns}
    links = entities.links(scope, wanted.dataset)
    times = {t.name for t in wanted.dataset.times} | {"received_at"}
    settings = {
        column: st.column_config.DatetimeColumn(title, format="D MMM YYYY HH:mm") if column in times else title
        for column, title in titles.items()
    }
    frame = pd.DataFrame(rows.lines, columns=list(titles)).dropna(axis="columns", how="all")
    texts = [column for column in frame.columns if pd.api.types.is_string_dtype(frame[column].dtype)]
    frame[texts] = frame[texts].fillna("")
    for column in (n for n in links if n in frame.columns):
        frame[column] = [entities.address(links[column], str(value)) if value else None for value in frame[column]]
        help = "Opens what is known of it."
        settings[column] = st.column_config.LinkColumn(
            titles[column], display_text=entities.NAME_OF_ADDRESS, help=help
        )  # fmt: skip
    key = f"{name}_table_{reading.turn}"

    def turn() -> None:
        chosen = st.session_state[key].selection.columns
        if chosen and rows.can_sort:
            reading.sort(drills.turned(reading.order, chosen[0]))
        else:
            reading.turn += 1

    high: int | Literal["content"] = height if len(frame) > _FEW else "content"
    st.html(_OF_ONE_PAGE)
    with st.container(key=f"paged_{name}"):
        # that columns can be chosen also keeps a click on their head from sorting the page alone
        st.dataframe(
            frame, hide_index=True, column_config=settings, height=high, key=key, placeholder="", on_select=turn,
            selection_mode="single-column", alt=f"Rows: {wanted.sentence}",
        )  # fmt: skip


def _titled(title: str, column: str, order: Order | None) -> str:
    """The title of a column; that by which rows are sorted has an arrow."""
    if order is None or order.column != column:
        return title
    return f"{title} {'↑' if order.is_ascending else '↓'}"


def _pager(reading: Reading, rows: Rows) -> None:
    first = len(reading.cursors) * drills.PAGE_ROWS + 1
    back, further = ("Newer", "Older") if reading.order is None else ("Back", "Further")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            back, disabled=not reading.cursors, on_click=lambda: reading.cursors.pop(), icon=":material/chevron_left:"
        )
        st.caption(f"{first} to {first + len(rows.lines) - 1} of {plural(rows.total, 'row')}", width="content")
        st.button(
            further, disabled=rows.next is None, on_click=lambda: reading.cursors.append(rows.next or ""),
            icon=":material/chevron_right:", icon_position="right",
        )  # fmt: skip


def _foot(scope: Scope, wanted: Drill, reading: Reading, rows: Rows) -> None:
    if can(scope, "export"):
        address = escape(drills.download_address(scope, wanted, reading.order))
        everything = f"all {plural(rows.total, 'row')}" if rows.total > 1 else "this row"
        look, said = f"color:{palette().accent}", ", in this order" if reading.order else ""
        st.html(f'<a href="{address}" style="{look}" download>Download {everything} as CSV{said}</a>')
    if rows.hidden:
        st.caption(f"Left out because they are personal: {', '.join(rows.hidden)}.")
