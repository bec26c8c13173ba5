"""What did a part of the page send when it was drawn, and what of that is news to somebody who saw an earlier one?

Drawing is a list of messages, each for a place in the page. When the same part is drawn again, most of them are as
before, and for everybody who looks at the same view they are the same. So one viewer's script draws without sending,
and each viewer is sent the messages that changed.

TRICKY: this is the one module that reaches into Streamlit's sending. Whatever it cannot do is drawn as always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from streamlit.delta_generator_singletons import context_dg_stack
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, ThreadState, get_script_run_ctx

Place = tuple[int, ...]
# Elements that look the same to everybody with the same view.
_SHARED = frozenset({"metric", "vega_lite_chart", "markdown", "html", "button"})
# Elements that belong to one viewer's session: theirs stays as it is when somebody else's drawing is sent.
_OWN = frozenset({"download_button", "selectbox", "button_group"})


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What one drawing of the fragment sent: the last message for each place."""

    fragment: str
    session: str
    messages: dict[Place, ForwardMsg]


def noted(draw: Callable[[], None]) -> Frame:
    """Draw, as always, and note what is sent. Call it inside a fragment."""
    context = _context()
    messages: dict[Place, ForwardMsg] = {}
    send = context.enqueue

    def note(message: ForwardMsg) -> None:
        send(message)
        if message.HasField("delta") and message.delta.WhichOneof("type") != "new_transient":
            messages[tuple(message.metadata.delta_path)] = message

    with _replaced(context, "enqueue", note):
        draw()
    return Frame(ThreadState.get().fragment_id or "", context.session_id, messages)


def fragment_of(key: str) -> str:
    """The id of the fragment with this key: the same for all viewers whose page has it at the same place."""
    return _context().fragment_storage.resolve_target(key)[0]


def draw_unseen(fragment: str) -> None:
    """Run another fragment of the page as if it had been asked for, without sending anything."""
    context = _context()
    stack = context_dg_stack.get()
    try:
        with (
            _replaced(context, "_enqueue", lambda _message: None),
            _replaced(context, "cached_message_hashes", frozenset()),
            _replaced(context, "fragment_ids_this_run", [fragment]),
            _replaced(context, "cursors", {}),
            ThreadState.scoped(fragment_id=None, delta_path=None),
        ):
            context.fragment_storage.lookup(fragment)()
    finally:
        context_dg_stack.set(stack)


def send_changes(old: Frame, new: Frame) -> bool:
    """Send what differs to the viewer who has the old frame; False, and nothing is sent, when the layout differs."""
    context = _context()
    found = changes(old, new, context.session_id)
    return found is not None and _send(context, found)


def changes(old: Frame, new: Frame, session: str) -> list[ForwardMsg] | None:
    """The messages of the new frame that differ from the old one; None when only drawing all of it anew will do."""
    if not new.messages or old.fragment != new.fragment or old.messages.keys() != new.messages.keys():
        return None
    found = []
    for place, message in new.messages.items():
        before = old.messages[place]
        if before.hash == message.hash:
            continue
        kind = _kind(message)
        if kind != _kind(before) or kind not in _SHARED | _OWN or _id(before, kind) != _id(message, kind):
            return None
        if kind in _SHARED or new.session == session:
            found.append(message)
    return found


def _kind(message: ForwardMsg) -> str:
    is_element = message.delta.WhichOneof("type") == "new_element"
    return message.delta.new_element.WhichOneof("type") or "" if is_element else ""


def _id(message: ForwardMsg, kind: str) -> str:
    return getattr(getattr(message.delta.new_element, kind), "id", "")


def _send(context: ScriptRunContext, messages: list[ForwardMsg]) -> bool:
    """Hand all messages to the session at once: a wake-up of the event loop costs more than a message."""
    runner = getattr(context._enqueue, "__self__", None)
    info = get_instance()._session_mgr.get_active_session_info(context.session_id)
    if info is None:
        return False
    session = info.session
    try:
        enqueue, wake = session._browser_queue.enqueue, session._message_enqueued_callback
        soon = session._call_soon_on_event_loop
    except AttributeError:  # another version of Streamlit
        return False

    def deliver() -> None:
        if session._scriptrunner is runner:  # else another run has begun, which draws everything
            for message in messages:
                enqueue(message)
            wake()

    soon(deliver)
    return True


@contextmanager
def _replaced(context: ScriptRunContext, name: str, value: Any) -> Iterator[None]:
    """The context with another attribute, until the block ends."""
    own = vars(context)
    missing = object()
    before = own.get(name, missing)
    own[name] = value
    try:
        yield
    finally:
        if before is missing:
            del own[name]
        else:
            own[name] = before


def _context() -> ScriptRunContext:
    context = get_script_run_ctx()
    assert context is not None, "a page is drawn by Streamlit"
    return context
