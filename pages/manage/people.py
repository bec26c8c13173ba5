"""Who belongs to this workspace, and in which role?"""

import streamlit as st

from components import shell
from components.members import invite_form, member_form, member_table, workspace_form
from components.tokens import token_table
from components.viewer import current_scope

scope = current_scope()
shell.header("People", scope.workspace)
st.write(f"Everybody with a role in {scope.workspace.name}, by their own membership or one in a workspace above.")
members = member_table(scope)
add, change, tokens, workspaces = st.tabs(["Add somebody", "Change a member", "API tokens", "Workspaces"])
with add:
    invite_form(scope)
with change:
    member_form(scope, members)
with tokens:
    token_table(scope, everybody=True)
with workspaces:
    workspace_form(scope)
