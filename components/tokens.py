"""How does somebody make, see and end API tokens and sessions?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import streamlit as st

import services.people as people
from components.states import guard
from data.types import Scope

_MOMENT = "D MMM YYYY, HH:mm"


def moment(scope: Scope, label: str) -> object:
    """A table column of instants, shown in the workspace's time zone."""
    return st.column_config.DatetimeColumn(label, format=_MOMENT, timezone=scope.workspace.timezone)


def table(
    scope: Scope, rows: list[dict[str, Any]], moments: Sequence[str] = (), columns: Mapping[str, Any] | None = None,
    height: int | Literal["auto", "content"] = "auto",
) -> None:  # fmt: skip
    """Rows as a table of the full width; the columns named in `moments` are instants."""
    shown: dict[str, Any] = {label: moment(scope, label) for label in moments} | dict(columns or {})
    st.dataframe(rows, hide_index=True, column_config=shown, width="stretch", height=height, placeholder="–")


def token_form(scope: Scope) -> None:
    """Makes a token of the viewer's for the active workspace and shows it once."""
    own = [ability for ability in people.ABILITIES if people.can(scope, ability)]
    with st.form("token", border=False):
        name = st.text_input("Which program will use it", max_chars=80)
        chosen = st.multiselect("What it may do", own, default=["read"], format_func=people.MEANING.__getitem__)
        days = st.number_input("Valid for, in days", min_value=1, max_value=people.MAX_DAYS, value=90)
        asked = st.form_submit_button("Create token", type="primary")
    if asked:
        with guard():
            secret = people.create_token(scope, name, chosen, int(days), datetime.now(UTC))
            st.success("Copy it now: it is not shown again.", title="The new token")
            st.code(secret, language=None)


def token_table(scope: Scope, everybody: bool) -> None:
    """Live tokens of the active workspace with a way to end them: the viewer's own, or everybody's."""
    found = people.list_tokens(scope, datetime.now(UTC), everybody)
    if not found:
        st.caption("No tokens.")
        return
    rows = [
        {
            "Token": row.name,
            "Account": row.account,
            "May": ", ".join(row.abilities),
            "Created": row.created_at,
            "Expires": row.expires_at,
            "Last used": row.last_used_at,
        }
        for row in found
    ]
    table(scope, rows, ("Created", "Expires", "Last used"))
    titles = {row.id: f"{row.name} ({row.account})" for row in found}
    with st.form(f"revoke_{everybody}", border=False):
        chosen = st.selectbox("Token", list(titles), format_func=titles.__getitem__, index=None)
        if st.form_submit_button("End this token") and chosen is not None:
            with guard():
                people.revoke_token(scope, chosen, datetime.now(UTC))
                st.rerun()


def session_table(scope: Scope) -> None:
    """The viewer's live sessions, with a way to end the others."""
    found = people.list_sessions(scope, datetime.now(UTC))
    rows = [
        {
            "Where": f"{row.client} (this one)" if row.key == scope.session_id else row.client,
            "Since": row.created_at,
            "Last seen": row.last_seen_at,
            "Until": row.expires_at,
        }
        for row in found
    ]
    table(scope, rows, ("Since", "Last seen", "Until"))
    if len(found) > 1 and st.button("Sign out everywhere else"):
        with guard():
            people.end_other_sessions(scope, datetime.now(UTC))
            st.rerun()


def password_form(scope: Scope) -> None:
    """Changes the viewer's password."""
    with st.form("password", border=False, clear_on_submit=True):
        old = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password, at least 12 characters", type="password", autocomplete="new-password")
        again = st.text_input("The same again", type="password", autocomplete="new-password")
        asked = st.form_submit_button("Change password", type="primary")
    if asked:
        with guard():
            people.change_password(scope, old, new, again, datetime.now(UTC))
            st.success("Other sessions of yours have ended.", title="The password is changed")
