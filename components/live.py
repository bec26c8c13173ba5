"""How does a part of a page refresh by itself, safely and without drawing what has not changed?

A small pulse ticks; the large part is another fragment. When its mark has changed, one viewer's script draws it without
sending anything, and everybody who looks at the same is sent what changed (`frames.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

from components import frames, queries
from components.frames import Frame
from components.states import guard
from components.viewer import current_scope
from data.types import Scope

Draw = Callable[[Scope, datetime], None]
# While new rows keep coming, a turn takes what was the newest so long ago and does not wait for what is newer: shorter
# than the turn, so that nobody's own last answer counts.
PATIENCE_S = 1.8
_PATIENCE_TURNS = 0.9
_DRAWN, _HANDED = "_drawn", "_handed"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Drawn:
    """What the viewer of a session sees now. Without a frame the last drawing did not come to its end.

    `shown` is what was read for it, for what is asked later: a download of what is shown.
    """

    look: str = ""
    frame: Frame | None = None
    shown: Any = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that is drawn anew when it would look different from what was drawn last.

    `read` gets what is to be shown, at most some seconds behind; `look` is the same as long as the part looks the same;
    `draw` draws what was read. While it is read for the first time a block of that height stands in its place.
    """

    key: str
    read: Callable[[Scope, datetime, float], Any]
    look: Callable[[Any], str]
    draw: Callable[[Any, Scope, datetime, Drawn], None]
    height: int


def run(draw: Draw, every_s: int | None) -> None:
    """Draw now, and again every so many seconds (None: only when something in it is used).

    Fragments skip the start of the script: the session is looked up anew each time, and errors are caught here.
    """

    def tick() -> None:
        scope = current_scope()
        with guard():
            draw(scope, datetime.now(UTC))

    st.fragment(tick, run_every=every_s)()


def run_changed(pulse: Draw, part: Part, every_s: int | None) -> None:
    """Draw `pulse` every so many seconds, and the part below it when it has changed."""

    def beat() -> None:
        scope, now = current_scope(), datetime.now(UTC)
        with guard():
            pulse(scope, now)
            if every_s and _is_alone():
                patience_s = min(PATIENCE_S, every_s * _PATIENCE_TURNS)
                _catch_up(part, scope, part.read(scope, now, patience_s))

    def body() -> None:
        # The pulse looked the session up and read a moment ago, when it is the one that asks.
        scope, found = st.session_state.pop(_HANDED, None) or (current_scope(), None)
        now = datetime.now(UTC)
        drawn = st.session_state.setdefault(_DRAWN, Drawn())
        drawn.frame = None
        with guard():
            with st.skeleton(part.height):  # always: it has a place of its own in the layout
                found = found or part.read(scope, now, 0.0)
            drawn.look, drawn.shown = part.look(found), found
            drawn.frame = frames.noted(lambda: part.draw(found, scope, now, drawn))

    st.fragment(beat, run_every=every_s)()
    st.fragment(body, key=part.key)()


def _is_alone() -> bool:
    """Whether only this fragment runs, so that the other one is not drawn anyway."""
    context = get_script_run_ctx()
    return bool(context and len(context.fragment_ids_this_run or ()) == 1)


def _catch_up(part: Part, scope: Scope, found: Any) -> None:
    """Show what was found, when it looks different from what the viewer sees."""
    look, drawn = part.look(found), st.session_state.setdefault(_DRAWN, Drawn())
    before = drawn.frame
    if before is not None and drawn.look == look:
        return
    st.session_state[_HANDED] = (scope, found)
    if before is not None:
        frame = _shared_frame(part.key, look, drawn)
        if frame is not None and frames.send_changes(before, frame):
            drawn.look, drawn.frame, drawn.shown = look, frame, found
            st.session_state.pop(_HANDED, None)
            return
    _draw_again(part.key)


def _shared_frame(key: str, look: str, drawn: Drawn) -> Frame | None:
    """The part as it is with that look, drawn by whoever asks first; None when it must be drawn in sight.

    In sight: an error, or the end of a session, is for the one viewer whom it concerns.
    """
    fragment = frames.fragment_of(key)

    def make() -> Frame | None:
        try:
            frames.draw_unseen(fragment)
        except BaseException:  # noqa: BLE001 -- those who wait for this frame must not get this session's rerun or stop
            _log.debug("not drawn unseen", exc_info=True)
            return None
        return drawn.frame

    return queries.drawing(f"{fragment} {look}", make)


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
