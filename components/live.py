"""How does a part of a page refresh by itself, safely and without drawing what has not changed?

A small pulse ticks; the large part is another fragment, and the pulse has it drawn anew only when its mark has changed.
Every message that is not sent is a tenth of a millisecond for each viewer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

from components.states import guard
from components.viewer import current_scope
from data.types import Scope

Draw = Callable[[Scope, datetime], None]
Mark = Callable[[Scope, datetime], str]
_DRAWN, _HANDED = "_drawn", "_handed"


def run(draw: Draw, every_s: int | None) -> None:
    """Draw now, and again every so many seconds (None: only when something in it is used).

    Fragments skip the start of the script: the session is looked up anew each time, and errors are caught here.
    """

    def tick() -> None:
        scope = current_scope()
        with guard():
            draw(scope, datetime.now(UTC))

    st.fragment(tick, run_every=every_s)()


def run_changed(pulse: Draw, draw: Draw, mark: Mark, key: str, every_s: int | None) -> None:
    """Draw `pulse` every so many seconds, and `draw` below it when `mark` differs from what was drawn last."""

    def beat() -> None:
        scope, now = current_scope(), datetime.now(UTC)
        with guard():
            pulse(scope, now)
            if every_s and _is_alone() and mark(scope, now) != st.session_state.get(_DRAWN):
                st.session_state[_HANDED] = scope
                _draw_again(key)

    def body() -> None:
        # The pulse looked the session up a moment ago when it is the one that asks.
        scope, now = st.session_state.pop(_HANDED, None) or current_scope(), datetime.now(UTC)
        with guard():
            st.session_state[_DRAWN] = mark(scope, now)
            draw(scope, now)

    st.fragment(beat, run_every=every_s)()
    st.fragment(body, key=key)()


def _is_alone() -> bool:
    """Whether only this fragment runs, so that the other one is not drawn anyway."""
    context = get_script_run_ctx()
    return bool(context and len(context.fragment_ids_this_run or ()) == 1)


def _draw_again(key: str) -> None:
    """Have the fragment with this key run next.

    TRICKY: `st.rerun(key)` does the same but is allowed in callbacks of widgets only, and a tick has none.
    """
    context = get_script_run_ctx()
    if context is None or context.script_requests is None:
        return
    context.script_requests.request_rerun(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(key),
            is_fragment_scoped_rerun=True,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
