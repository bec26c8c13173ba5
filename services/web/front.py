"""What does a browser show of the dashboard until its script has begun?

Streamlit's page is called Streamlit then, has its icon, is white and loads a typeface that we do not use. Ours has the
application's name, icon and ground.
"""

from __future__ import annotations

import gzip
import re
import tomllib
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.settings import ROOT
from services.web.icon import icon_address
from services.web.policy import dashboard_page

_NOT_PAGES = re.compile(r"/(api|app|component|media|static|_stcore)/|\.\w+$")
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_TYPEFACE = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>')
_ICON = re.compile(r'<link\s+rel="shortcut icon"[^>]*>')


def front_page() -> str:
    """The page of the installed Streamlit under our own name."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    light, dark = (theme[mode]["backgroundColor"] for mode in ("light", "dark"))
    grounds = (
        f"html{{background:{light}}}@media (prefers-color-scheme:dark){{html{{background:{dark}}}}}"
        "@media print{html{background:none}}"
    )
    named = _TITLE.sub(f"<title>Belvedere</title><style>{grounds}</style>", dashboard_page(), count=1)
    return _ICON.sub(lambda _: f'<link rel="icon" href="{icon_address()}">', _TYPEFACE.sub("", named), count=1)


@lru_cache(maxsize=1)
def _bodies() -> tuple[bytes, bytes]:
    body = front_page().encode()
    return body, gzip.compress(body, 6)


class Front:
    """Middleware that puts this page in the place of Streamlit's, behind the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or _NOT_PAGES.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        is_page = False

        async def send_ours(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                is_page = message["status"] == 200 and _is_html(message)
                if is_page:
                    await _answer(Headers(scope=scope))(scope, receive, send)
            if not is_page:
                await send(message)

        await self._app(scope, receive, send_ours)


def _is_html(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


def _answer(asked: Headers) -> Response:
    plain, packed = _bodies()
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in asked.get("accept-encoding", ""):
        return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type="text/html")
    return Response(plain, headers=headers, media_type="text/html")
