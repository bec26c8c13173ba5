"""What do we tell browsers never to do with our pages?"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.settings import settings
from services.maps.tiles import origin
from services.shipped import folder

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# The script of the maps that people draw on, which is the same for everybody (components/leaflets.py).
DRAWING_SCRIPT = "'sha256-DH1/XayKlMOVTasd47Bkj6AgC8d9z/HQuW/icgQbfXg='"
_YEAR_S = 365 * 24 * 3600
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    # TRICKY: with no-referrer browsers send `Origin: null` with our own forms, which is then refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()",
}


def hash_source(text: str) -> str:
    """The content-security source that allows exactly this inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def dashboard_page() -> str:
    """The HTML that Streamlit serves as every page, without importing Streamlit."""
    return (folder() / "index.html").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def dashboard_policy() -> str:
    """The content-security policy of the dashboard: its own scripts and connections, nothing from elsewhere but the
    tiles of maps, when a server of them is named.

    Streamlit's page has an inline script; the installed version's is allowed by its hash, so an update needs no edit.
    TRICKY: streamlit-folium runs whatever script a message to its frame holds. Only this one is allowed: with
    `unsafe-inline` another site could have its own run here, in a browser that opens both.
    """
    inline = " ".join([*map(hash_source, _INLINE_SCRIPT.findall(dashboard_page())), DRAWING_SCRIPT])
    outside = f" {origin()}" if origin() else ""
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {inline}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:{outside}; font-src 'self' data:; connect-src 'self' data: blob:{outside}; "
        "worker-src 'self' blob:; frame-ancestors 'self'; form-action 'self'; object-src 'none'; base-uri 'self'"
    )


def add_headers(headers: MutableHeaders, policy: str) -> None:
    """Add every security header to an answer; the ones that it has already stay."""
    headers.setdefault("Content-Security-Policy", policy)
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if settings().https:
        headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
    # Only Streamlit's own files, which are the same for everybody, may be kept; what shows data may not.
    if "immutable" not in headers.get("cache-control", ""):
        headers["Cache-Control"] = "no-store"


class SecurityHeaders:
    """Middleware that adds the headers to every answer; one that brings its own policy keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._policy = dashboard_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), self._policy)
            await send(message)

        await self._app(scope, receive, send_with_headers)
