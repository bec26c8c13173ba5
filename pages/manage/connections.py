"""By which ways do rows come in, and what became of those that could not?"""

from datetime import UTC, datetime

import streamlit as st

from components import connections, letters, shell
from components.viewer import current_scope

scope = current_scope()
now = datetime.now(UTC)
shell.header("Connections", scope.workspace)
messages, folder, tables, disk = st.tabs(["Messages (MQTT)", "Watched folder", "Followed tables", "Waiting on disk"])
with messages:
    connections.subscriptions(scope, now)
    letters.draw(scope, now)
with folder:
    connections.folders(scope)
with tables:
    connections.followed(scope, now)
with disk:
    connections.waiting(now)
