"""How are refused messages looked through, tried again, discarded and taken along?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import downloads
from components.states import guard
from components.tokens import table
from data.messages import DeadLetter
from data.types import Scope
from services import connections
from services.formats import grouped, moment, plural
from services.people import can

_SHOWN = 4_000  # characters of a message; the download has all that is kept


def draw(scope: Scope, now: datetime) -> None:
    """The refused messages of the workspace, a page at a time."""
    total = connections.count(scope)
    st.subheader("Refused messages", anchor=False)
    if not total:
        st.caption("None. A message that cannot become a row is kept here with the reason until somebody decides.")
        return
    pages = -(-total // connections.PAGE)
    page = st.pagination(pages, key="letters_page") if pages > 1 else 1
    found = connections.letters(scope, page)
    rows = [
        {
            "When": one.at, "Dataset": one.dataset, "Topic": one.source, "Column": one.field, "Reason": one.reason,
            "Found": one.found or "", "Expected": one.expected,
        }
        for one in found
    ]  # fmt: skip
    table(scope, rows, ("When",))
    st.caption(f"{plural(total, 'message')}, newest first.{' Columns sort this page.' if pages > 1 else ''}")
    _actions(scope, found, now)
    if can(scope, "export") and can(scope, "personal"):
        downloads.button("refused_messages", "letters_csv", lambda: connections.taken_along(scope), "All as CSV")


def _actions(scope: Scope, found: list[DeadLetter], now: datetime) -> None:
    titles = {one.id: _title(scope, one, now) for one in found}
    is_all = st.toggle(f"All {grouped(len(found))} of this page", key="letters_all")
    chosen = list(titles) if is_all else st.multiselect(
        "Messages", list(titles), format_func=titles.__getitem__, placeholder="Choose some", key="letters_chosen"
    )  # fmt: skip
    with st.container(horizontal=True):
        if st.button("Try again", type="primary", disabled=not chosen, key="letters_retry") and can(scope, "write"):
            with guard():
                _told(connections.retry(scope, chosen, now))
                st.rerun()
        if st.button("Discard", disabled=not chosen, key="letters_discard"):
            with guard():
                st.toast(f"{plural(connections.discard(scope, chosen), 'message')} discarded.")
                st.rerun()
        wants_text = st.button("Show the message", disabled=len(chosen) != 1, key="letters_show")
    if wants_text:
        with guard():
            _text(scope, chosen[0])


def _title(scope: Scope, one: DeadLetter, now: datetime) -> str:
    return f"{moment(one.at, scope.workspace.timezone, now)} {one.source}: {one.reason[:60]}"


def _told(done: connections.Retried) -> None:
    parts = [f"{plural(done.stored, 'message')} stored"]
    parts += [f"{done.refused} refused again, with the reason of now"] if done.refused else []
    parts += [f"{done.left} left: no subscription is about their topic any more"] if done.left else []
    st.toast("; ".join(parts) + ".")


def _text(scope: Scope, letter_id: int) -> None:
    letter = connections.opened(scope, letter_id)
    if letter is None:
        st.caption("It is no longer kept.")
        return
    more = len(letter.raw) - _SHOWN
    st.code(letter.raw[:_SHOWN], language=None, wrap_lines=True)
    if more > 0:
        st.caption(f"{grouped(more)} more characters are in the download.")
