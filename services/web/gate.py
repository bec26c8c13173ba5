"""May this request pass?

Nothing but health checks and the sign-in pages is answered to strangers: pages lead them to sign-in, calls are refused,
WebSocket handshakes fail, so that the dashboard's script never runs for them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import quote

import anyio
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from data import types
from data.errors import DatabaseDown
from services import people
from services.web.assets import PREFIX
from services.web.cookies import session_secret
from services.web.documents import database_down_document
from services.web.origins import is_known_host, is_own_origin

VIEWER = "belvedere.viewer"
OPEN = frozenset({"/healthz", "/readyz", "/login", "/login/link", "/logout"})
_CALLS = ("/api/", "/_stcore/", "/media/", "/component/", "/static/", "/app/static/", "/metrics")
_UPLOADS = "/_stcore/upload_file/"  # they lie in memory, and no page asks those for any who neither write nor plan
_SEEN_S = 30.0
_MOST_SEEN = 4096
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Middleware in front of everything; behind it `scope["belvedere.viewer"]` is the viewer's Scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Own tickets: requests that wait for the database must not hold those that read files.
        self._tickets = anyio.CapacityLimiter(16)
        self._seen: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "sign in first"})
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that may not pass."""
        headers = Headers(scope=scope)
        if not is_known_host(headers):
            return _call_refused(421, "wrong_host", "This server does not answer to that host name.")
        if scope["type"] == "http" and (_passes_unseen(scope, headers) or self._gets_a_file(scope, headers)):
            return None
        try:
            viewer = await self._viewer(scope["path"], headers)
        except DatabaseDown:
            return _database_down(scope)
        if viewer is None:
            return _stranger(scope)
        if _changes(scope) and not is_own_origin(headers):
            return _call_refused(403, "foreign_origin", "This request does not come from one of this server's pages.")
        if scope["path"].startswith(_UPLOADS) and not (people.can(viewer, "write") or people.can(viewer, "plan")):
            return _call_refused(403, "not_allowed", "Your role does not allow you to upload files.")
        scope[VIEWER] = viewer
        if viewer.session_id:
            self._remember(session_secret(headers))
        return None

    def _gets_a_file(self, scope: Scope, headers: Headers) -> bool:
        """Whether somebody who was known a moment ago asks for a file that is the same for everybody.

        A page needs more than a hundred of them at once: the database is not asked about each.
        """
        return scope["path"].startswith(PREFIX) and self._seen.get(session_secret(headers), 0.0) > time.monotonic()

    def _remember(self, secret: str) -> None:
        now = time.monotonic()
        if len(self._seen) >= _MOST_SEEN:
            self._seen = {known: until for known, until in self._seen.items() if until > now}
        if len(self._seen) < _MOST_SEEN:
            self._seen[secret] = now + _SEEN_S

    async def _viewer(self, path: str, headers: Headers) -> types.Scope | None:
        return await run_sync(_find_viewer, path, headers, datetime.now(UTC), limiter=self._tickets)


def _find_viewer(path: str, headers: Headers, now: datetime) -> types.Scope | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if path == "/metrics" and scheme.lower() == "bearer":
        found = people.scope_of_token(token.strip(), now)
        return found[0] if found else None
    return people.scope_of_session(session_secret(headers), now)


def _passes_unseen(scope: Scope, headers: Headers) -> bool:
    """Whether the request needs no session: an open path, or an API call whose token the API itself checks."""
    if scope["path"] in OPEN:
        return True
    return scope["path"].startswith("/api/") and headers.get("authorization", "").lower().startswith("bearer ")


def _changes(scope: Scope) -> bool:
    """Whether the request can change something: a WebSocket can."""
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


def _is_page(scope: Scope) -> bool:
    """Whether a browser asks for a page to show."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return not f"{scope['path']}/".startswith(_CALLS) and not scope["path"].startswith(_CALLS)


def _stranger(scope: Scope) -> Response:
    if not _is_page(scope):
        return _call_refused(401, "not_signed_in", "Sign in, or send an API token as `Authorization: Bearer ...`.")
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}", 303)


def _database_down(scope: Scope) -> Response:
    return database_down_document() if _is_page(scope) else _call_refused(503, "database_down", "Try again soon.")


def _call_refused(status: int, code: str, message: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
