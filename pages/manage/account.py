"""Who am I here, and what can I do?"""

import streamlit as st

from components.viewer import current_scope

scope = current_scope()
st.title("Your account", anchor=False)
st.write(f"{scope.account} in {scope.workspace.name}, as {scope.role}")
