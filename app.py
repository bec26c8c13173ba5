"""What answers a request, and what is drawn in the dashboard?

A web server imports this module and finds the ASGI application in `app`; Streamlit runs it as a script for every viewer
and every change. `streamlit run app.py` does the first, then the second.
"""

from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import entry, navigation, theme

if get_script_run_ctx(suppress_warning=True) is not None:
    entry.draw()
else:
    from services.api.application import create_api, stop_streams
    from services.api.observe import Observe
    from services.web import failures, health, sign_in
    from services.web.assets import Assets
    from services.web.front import Front
    from services.web.gate import Gate
    from services.web.hearing import HearOut
    from services.web.lifespan import lifespan_of
    from services.web.policy import SecurityHeaders

    # TRICKY: a folder named pages/ beside this file makes a fresh server take the old way, which runs a file in pages/
    # without this script and reports the first deep link as not found. Every page goes through st.navigation instead.
    PagesManager.uses_pages_directory = False
    theme.read_once()
    api = create_api()
    app = st.App(
        Path(__file__).resolve(),
        routes=[*health.ROUTES, *sign_in.ROUTES, Mount("/api", api)],
        middleware=[
            *(Middleware(each) for each in (HearOut, Observe, SecurityHeaders, Gate, Assets)),
            Middleware(Front, pages=[screen.slug for screen in navigation.SCREENS]),
        ],
        exception_handlers=failures.HANDLERS,
        lifespan=lifespan_of(partial(stop_streams, api)),
    )
