"""How does a person's behaviour in the tasks compare with a norm group, and is the selection fair?"""

from datetime import UTC, datetime

import streamlit as st

from components import profiles, shell, state, states
from components.viewer import current_scope

scope, now = current_scope(), datetime.now(UTC)
state.settle(state.PROFILE)
shell.header("Trait profiles", scope.workspace)

kind = profiles.find_kind(scope)
if kind is None:
    states.empty("No assessments in this workspace", "A person's profile appears here once sessions have been scored.")
else:
    views = {"person": "One person", "fairness": "Fairness of the selection"}
    if state.choose("Show", "see", views, "person", st.segmented_control, label_visibility="collapsed") == "person":
        profiles.show(scope, kind, now)
    else:
        profiles.show_fairness(scope, now)
