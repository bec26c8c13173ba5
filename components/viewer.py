"""Who is looking at this page right now?

Looked up at every rerun and inside every fragment, because a session can end while its page is open.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import services.people
from components.states import guard
from data.types import Scope
from services.observing import note
from services.web.cookies import SESSION_COOKIE

_OWNER, _PAGE, _SEEN = "_owner", "_page", "_seen_at"
_SEEN_EVERY = timedelta(seconds=20)


def find_scope() -> Scope | None:
    """The viewer behind the browser's cookie, or None when the session has ended. Tests put their own viewer here."""
    return services.people.scope_of_session(st.context.cookies.get(SESSION_COOKIE, ""), datetime.now(UTC))


def current_scope() -> Scope:
    """The viewer; when there is none any more, shows the way to sign in again and stops the script.

    While the database does not answer, says so and stops the script.
    """
    scope, answered = None, False
    with guard():
        scope, answered = find_scope(), True
        if scope is not None:
            _keep_present(scope, datetime.now(UTC))
    if not answered:
        st.stop()
    if scope is None:
        _signed_out()
    elif st.session_state.setdefault(_OWNER, scope.account) != scope.account:
        # The tab reconnected under another account: what the last one chose is not the new one's to see.
        st.session_state.clear()
        st.session_state[_OWNER] = scope.account
    assert scope is not None
    return scope


def arrive(scope: Scope, page: str) -> None:
    """Say which page the viewer is on; from then on every look at the viewer says it again."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state.pop(_SEEN, None)
        note("page_views", page=page, workspace=scope.workspace.slug, account=scope.account)
    _keep_present(scope, datetime.now(UTC))


def _keep_present(scope: Scope, now: datetime) -> None:
    seen_at = st.session_state.get(_SEEN)
    if _PAGE in st.session_state and (seen_at is None or now - seen_at > _SEEN_EVERY):
        services.people.presence.touch(scope, st.session_state[_PAGE], now)
        st.session_state[_SEEN] = now


def _signed_out() -> None:
    """Say so instead of the page.

    A fragment has the whole page run: what it showed goes with it, and so do the timers that would go on asking.
    """
    st.session_state.clear()
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.rerun()
    with st.container(key="signed_out"):
        st.subheader("You are signed out", anchor=False)
        st.write("Your session has ended. Nothing on this page is refreshed any more.")
        st.html('<a href="/login" target="_self" style="color: inherit">Sign in again</a>')
    st.stop()
