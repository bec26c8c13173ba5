"""How does an administrator see and change who belongs to a workspace?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import streamlit as st

import services.people as people
from components.states import guard
from components.tokens import table
from data.types import ROLES, Scope, WorkspaceKind


def member_table(scope: Scope) -> list[Any]:
    """Who has a role in the active workspace; returns the members."""
    found = people.list_members(scope)
    titles = {workspace.slug: workspace.name for workspace in people.all_workspaces()}
    rows = [
        {
            "Name": member.name,
            "Shown as": member.display_name,
            "Role": member.role,
            "Member of": titles.get(member.granted_in, member.granted_in),
            "State": member.state,
            "Last seen": member.last_seen_at,
        }
        for member in found
    ]
    where = st.column_config.TextColumn("Member of", help="The workspace whose membership gives the role.")
    table(scope, rows, ("Last seen",), {"Member of": where})
    return found


def invite_form(scope: Scope) -> None:
    """Adds somebody to the active workspace; a new account's one-time link is shown once."""
    with st.form("invite", border=False):
        name = st.text_input("Account name", help="For sign-in: letters, digits and . _ @ + -", max_chars=100)
        shown = st.text_input("Name to show", max_chars=100)
        role = st.selectbox("Role", ROLES)
        asked = st.form_submit_button("Add to this workspace", type="primary")
    st.caption(f"The role holds in {scope.workspace.name} and in every workspace below it.")
    if asked:
        with guard():
            path = people.invite(scope, name, shown, role, datetime.now(UTC))
            if path:
                _show_link(name, path)
            else:
                st.success(f"{name} had an account already and is a member now.")


def member_form(scope: Scope, members: list[Any]) -> None:
    """Changes a member's role, takes the membership away, makes a one-time link, or disables the account."""
    others = {member.name: member for member in members if member.account_id != scope.account_id}
    name = st.selectbox("Member", list(others), index=None, placeholder="Choose somebody")
    if name is None:
        st.caption("You cannot change your own role or account here: another administrator can.")
        return
    member = others[name]
    role = st.selectbox("Role", ROLES, index=ROLES.index(member.role), key=f"role_{name}")
    now = datetime.now(UTC)
    with st.container(horizontal=True):
        _act("Save role", lambda: people.change_role(scope, name, role, now))
        _act("Remove from workspace", lambda: people.remove_member(scope, name, now))
        if member.disabled_at is None:
            _act("Disable account", lambda: people.set_member_disabled(scope, name, True, now))
        else:
            _act("Enable account", lambda: people.set_member_disabled(scope, name, False, now))
        wants_link = st.button("One-time link")
    if wants_link:
        with guard():
            _show_link(name, people.member_link(scope, name, now))


def workspace_form(scope: Scope) -> None:
    """Adds a workspace below the active one."""
    kinds = [kind for kind in get_args(WorkspaceKind) if kind != "organisation"]
    with st.form("workspace", border=False):
        slug = st.text_input("Short name", help="For addresses and commands: lower-case letters, digits, hyphens.")
        name = st.text_input("Name to show")
        kind = st.selectbox("Kind", kinds)
        zones = sorted(available_timezones())
        zone = st.selectbox("Time zone", zones, index=zones.index(scope.workspace.timezone))
        asked = st.form_submit_button("Add workspace", type="primary")
    if asked:
        with guard():
            made = people.create_workspace_below(scope, slug, name, kind, zone, datetime.now(UTC))
            st.success(f"{made.name} is there. Switch to it in the sidebar to add people.")


def _act(label: str, act: Callable[[], None]) -> None:
    if st.button(label):
        with guard():
            act()
            st.rerun()


def _show_link(name: str, path: str) -> None:
    here = urlsplit(st.context.url or "")
    st.success(f"Give it to {name}: it sets the password, works once and for 24 hours, and is not shown again.")
    st.code(f"{here.scheme}://{here.netloc}{path}", language=None)
