"""How does a part of a page refresh by itself, safely?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from components.states import guard
from components.viewer import current_scope
from data.types import Scope

Draw = Callable[[Scope, datetime], None]


def run(draw: Draw, every_s: int | None) -> None:
    """Draw now, and again every so many seconds (None: only when something in it is used).

    Fragments skip the start of the script: the session is looked up anew each time, and errors are caught here.
    """

    def tick() -> None:
        scope = current_scope()
        with guard():
            draw(scope, datetime.now(UTC))

    st.fragment(tick, run_every=every_s)()
