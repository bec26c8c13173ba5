"""How is something followed that the worker works out, and found again later?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from components import live, state
from components.markdown import as_sentence
from components.viewer import current_scope
from data.types import Scope
from services.field import errands
from services.field.errands import Errand, Topic
from services.formats import moment

NEW = "new"


def show(
    scope: Scope, topic: Topic, key: str, now: datetime, titles: tuple[str, str],
    ask: Callable[[Scope, datetime], None], answer: Callable[[Errand], None],
) -> None:  # fmt: skip
    """The question, how far its answer is, or the answer; `titles` are of a new one and of all that can be chosen."""
    picker(scope, topic, key, now, *titles)
    errand = chosen(scope, topic, key)
    if errand is None:
        ask(scope, now)
    elif not errand.is_over:
        follow(topic, errand)
    elif errand.status == "failed":
        failed(errand, key)
    else:
        answer(errand)


def chosen(scope: Scope, topic: Topic, key: str) -> Errand | None:
    """The errand of the address, None without one; an address of one that is gone is as none."""
    text = state.read(key)
    return errands.read(scope, topic, int(text)) if text.isdigit() and len(text) < 16 else None


def go_to(key: str, number: int) -> None:
    """Show this one."""
    state.write(key, [str(number)])


def picker(scope: Scope, topic: Topic, key: str, now: datetime, new: str, label: str) -> None:
    """Choose among the newest ones, or a new one."""
    zone = scope.workspace.timezone
    known = {NEW: new} | {
        str(one.id): f"{one.title}, {moment(one.asked_at, zone, now)} by {one.asked_by}"
        for one in errands.newest(scope, topic)
    }
    if len(known) > 1:
        state.choose(label, key, known, NEW, st.selectbox, label_visibility="collapsed", width=640)


def follow(topic: Topic, errand: Errand) -> None:
    """How far it is, refreshed by itself until it is over; the page can be left and come back to."""

    def draw(_viewer: Scope, _now: datetime) -> None:
        found = errands.read(current_scope(), topic, errand.id, only_progress=True)
        if found is None or found.is_over:
            st.rerun()
        text = "Waiting for the worker." if found.status == "waiting" else f"{found.message}."
        st.progress(found.share, f"{text} You can leave this page; it goes on.")

    live.run(draw, 1)


def failed(errand: Errand, key: str) -> None:
    """Why there is no result."""
    st.error(as_sentence(errand.message), title="This could not be worked out")
    st.button("Begin anew", on_click=lambda: state.write(key, []), icon=":material/arrow_back:")
