"""Did an intervention work, and where is one thing reported again and again?"""

from datetime import UTC, datetime

import streamlit as st

from components import effects, repeats, shell, state
from components.viewer import current_scope

_TABS = {"effect": "Did it work?", "repeats": "Reports against incidents"}
scope, now = current_scope(), datetime.now(UTC)
state.settle(state.EFFECTS)
shell.header("Effects", scope.workspace)
if state.choose("Question", "tab", _TABS, "effect", st.segmented_control, label_visibility="collapsed") == "effect":
    effects.show(scope, now)
else:
    repeats.show(scope, now)
