"""What surrounds every page: who is looking, the menu, the workspace, the way out."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

import services.people as people
from components import navigation, queries, shell, state
from components.states import guard, waiting_rows
from components.viewer import arrive, current_scope
from data.types import Scope


def draw() -> None:
    """One run of the dashboard's script for one viewer."""
    st.set_page_config(page_title="Belvedere", layout="wide")
    shell.styles()
    scope = current_scope()
    packs: tuple[str, ...] = ()
    with guard():
        packs = queries.pack_names(scope, datetime.now(UTC))
    page = st.navigation(navigation.menu_for(scope, packs), position="sidebar")
    st.set_page_config(page_title=f"{page.title} – Belvedere")
    state.arrive(page.url_path)
    with guard():
        arrive(scope, page.title)
        _sidebar(scope)
    with guard():
        waiting_rows()
        page.run()


def _sidebar(scope: Scope) -> None:
    with st.sidebar:
        _workspace_picker(scope)
        st.caption(f"{scope.account} · {scope.role}")
        st.html('<a href="/logout" target="_self" style="color: inherit">Sign out</a>')


def _workspace_picker(scope: Scope) -> None:
    workspaces = {workspace.slug: workspace for workspace in people.list_workspaces(scope)}
    if len(workspaces) < 2:
        st.caption(scope.workspace.name)
        return

    def switch() -> None:
        people.switch_workspace(scope.session_id, st.session_state["_workspace"])

    st.session_state["_workspace"] = scope.workspace.slug
    st.selectbox(
        "Workspace",
        list(workspaces),
        format_func=lambda slug: workspaces[slug].name,
        key="_workspace",
        on_change=switch,
    )
