"""Is a viewer sent what differs from what they saw, and nothing that belongs to somebody else's session?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed

from components import theme
from components.frames import Frame, changes
from components.queries import key_of
from data.types import Scope, Workspace


def element(kind: str, **fields: str) -> ForwardMsg:
    message = ForwardMsg()
    shown = getattr(message.delta.new_element, kind)
    shown.SetInParent()
    for name, value in fields.items():
        setattr(shown, name, value)
    populate_hash_if_needed(message)
    return message


def frame(*messages: ForwardMsg, session: str = "ana", fragment: str = "board") -> Frame:
    return Frame(fragment, session, {(0, n): message for n, message in enumerate(messages)})


def metric(body: str) -> ForwardMsg:
    return element("metric", label="Opened", body=body)


def test_only_what_changed_is_sent() -> None:
    new = frame(metric("5"), element("html", body="<b>x</b>"), session="bo")
    assert changes(frame(metric("4"), element("html", body="<b>x</b>")), new, "ana") == [new.messages[0, 0]]
    assert changes(new, new, "ana") == []


def test_what_belongs_to_a_session_is_sent_to_that_one_alone() -> None:
    old = frame(element("download_button", id="csv", deferred_file_id="a"))
    new = frame(element("download_button", id="csv", deferred_file_id="b"), session="bo")
    assert changes(old, new, "ana") == [] and changes(old, new, "bo") == [new.messages[0, 0]]


OTHER_LAYOUTS: tuple[Callable[[], Frame], ...] = (
    lambda: frame(metric("5"), metric("6")),
    lambda: frame(metric("5"), fragment="elsewhere"),
    lambda: frame(element("html", body="5")),
    lambda: frame(element("slider", id="new")),
    lambda: frame(),
)


@pytest.mark.parametrize("other", OTHER_LAYOUTS)
def test_another_layout_is_drawn_anew(other: Callable[[], Frame]) -> None:
    assert changes(frame(metric("4")), other(), "ana") is None


def test_an_element_under_another_id_is_drawn_anew() -> None:
    old, new = (frame(element("button", id=name, label="Rows")) for name in ("one", "two"))
    assert changes(old, new, "ana") is None


def test_what_is_shared_is_kept_apart_by_workspace_and_rights() -> None:
    here = Workspace(1, "here", "Here", "municipality", None, "UTC")
    ana = Scope(1, "ana", "manager", here, (1,), session_id="a")
    others = [
        replace(ana, role="viewer"),
        replace(ana, workspace_ids=(1, 2)),
        replace(ana, workspace=replace(here, id=2)),
    ]
    keys = {key_of(viewer, "live") for viewer in (ana, *others)}
    assert len(keys) == 4 and key_of(replace(ana, account="bo", session_id="b"), "live") in keys


def test_the_theme_that_was_read_once_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = ["theme", *(f"theme.{c.value}" for c in app_session.config.CustomThemeCategories)]
    as_read = [CustomThemeConfig() for _ in sections]
    for message, section in zip(as_read, sections, strict=True):
        app_session._populate_theme_msg(message, section)
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)
    theme.read_once()
    for _ in range(2):
        kept = [CustomThemeConfig() for _ in sections]
        for message, section in zip(kept, sections, strict=True):
            app_session._populate_theme_msg(message, section)
        assert kept == as_read
    assert as_read[0].ByteSize()
