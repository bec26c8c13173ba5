"""What answers a request, and what is drawn in the dashboard?

A web server imports this module and finds the ASGI application in `app`; Streamlit runs it as a script for every viewer
and every change. `streamlit run app.py` does the first, then the second.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import entry

if get_script_run_ctx(suppress_warning=True) is not None:
    entry.draw()
else:
    from services.web import health, sign_in
    from services.web.gate import Gate
    from services.web.lifespan import lifespan_of
    from services.web.policy import SecurityHeaders

    app = st.App(
        Path(__file__).resolve(),
        routes=[*health.ROUTES, *sign_in.ROUTES],
        middleware=[Middleware(SecurityHeaders), Middleware(Gate)],
        exception_handlers=sign_in.EXCEPTION_HANDLERS,
        lifespan=lifespan_of(lambda: None),
    )
