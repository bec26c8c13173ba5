"""How is the audit of a workspace searched and shown?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

import services.people as people
from components.states import empty
from components.tokens import table
from data.types import Scope
from services.formats import grouped

_RANGES = {"1": "24 hours", "7": "7 days", "30": "30 days", "365": "a year"}
_LIMIT = 1000
_TALL = 16  # rows; more of them scroll


def audit_table(scope: Scope) -> None:
    """Filters and the newest rows that meet them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.selectbox("In the last", list(_RANGES), index=1, format_func=_RANGES.__getitem__)
        actions = people.audit_actions(scope)
        action = st.selectbox(
            "Action", actions, index=None, placeholder="Every action", format_func=people.action_title
        )
        account = st.text_input("Account", placeholder="Everybody").strip().lower()
    now = datetime.now(UTC)
    start = now - timedelta(days=int(days))
    found = people.audit_page(scope, start, now + timedelta(minutes=1), account or None, action, limit=_LIMIT)
    if not found:
        empty("Nothing happened here", "No audit row meets these conditions. Choose a longer time or fewer conditions.")
        return
    rows = [
        {
            "When": row.at,
            "Account": row.account,
            "Action": people.action_title(row.action),
            "What": row.object,
            "Details": row.summary(),
            "From": row.client,
        }
        for row in found
    ]
    table(scope, rows, ("When",), height=600 if len(rows) > _TALL else "content")
    if len(found) == _LIMIT:
        st.caption(f"The newest {grouped(_LIMIT)} rows; narrow the conditions to see others.")
