"""Who did what in this workspace?"""

import streamlit as st

from components import shell
from components.audits import audit_table
from components.viewer import current_scope

scope = current_scope()
shell.header("Audit", scope.workspace)
st.write(f"Sign-ins, imports, exports, readings of personal data and changes of people in {scope.workspace.name}.")
audit_table(scope)
