"""Who am I here, what may I do, and where am I signed in?"""

import streamlit as st

from components.tokens import password_form, session_table, token_form, token_table
from components.viewer import current_scope

scope = current_scope()
st.title("Your account", anchor=False)
st.write(f"**{scope.account}** is {scope.role} in {scope.workspace.name}.")
password, sessions, tokens = st.tabs(["Password", "Sessions", "API tokens"])
with password:
    password_form(scope)
with sessions:
    session_table(scope)
with tokens:
    st.write("A token lets a program call the API for you, in this workspace, with no more than you may do yourself.")
    token_table(scope, everybody=False)
    st.subheader("New token", anchor=False)
    token_form(scope)
