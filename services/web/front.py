"""What does a browser show of the dashboard until its script has begun, and of an address that is none of its pages?

Streamlit's page is called Streamlit then, has its icon, is white and loads a typeface that we do not use, and it is the
answer to every address. Ours has the application's name, icon and ground, and there is a document for other addresses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.settings import ROOT
from services.web.assets import Asset, answer, made
from services.web.documents import missing_document
from services.web.icon import icon_address
from services.web.policy import dashboard_page

_NOT_PAGES = re.compile(r"/(api|app|component|media|static|_stcore)/")
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
def _page() -> Asset:
    return made(front_page().encode(), "text/html")


class Front:
    """Middleware behind the gate that puts this page in the place of Streamlit's, at the addresses of `pages` only."""

    def __init__(self, app: ASGIApp, pages: Iterable[str]) -> None:
        self._app = app
        self._pages = frozenset({"", *pages})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or _NOT_PAGES.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        is_page = False

        async def send_ours(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                is_page = message["status"] == 200 and _is_theirs(message)
                if is_page:
                    await self._answer(scope)(scope, receive, send)
            if not is_page:
                await send(message)

        await self._app(scope, receive, send_ours)

    def _answer(self, scope: Scope) -> Response:
        if scope["path"].strip("/") not in self._pages:
            return missing_document()
        return answer(_page(), Headers(scope=scope), "no-cache")


def _is_theirs(message: Message) -> bool:
    """Whether it is Streamlit's page: the documents around sign-in are pages too, and bring a policy of their own."""
    headers = Headers(raw=message["headers"])
    return headers.get("content-type", "").startswith("text/html") and "content-security-policy" not in headers
