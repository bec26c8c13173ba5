"""Who did what in this workspace?"""

import streamlit as st

from components.audits import audit_table
from components.viewer import current_scope

scope = current_scope()
st.title("Audit", anchor=False)
st.write(f"Sign-ins, imports, exports, readings of personal data and changes of people in {scope.workspace.name}.")
audit_table(scope)
