"""What happens by itself, how did it go, and what shall happen now?"""

import streamlit as st

from components import shell
from components.jobs import job_form, job_table, workflow_form, workflow_table
from components.viewer import current_scope
from services import jobs

scope = current_scope()
allowed = jobs.may_change(scope)
shell.header("Jobs", scope.workspace)
st.write("Work that runs by itself, for the whole installation. The times at which jobs start are set in UTC.")
job_table(scope)
if allowed:
    job_form(scope)
st.header("Workflows", anchor=False)
st.write("Jobs one after the other; a chain stops at the first that fails.")
workflow_table(scope)
if allowed:
    workflow_form(scope)
else:
    st.caption("Only an administrator of every top workspace can change jobs or start them.")
