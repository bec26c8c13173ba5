"""What was asked of this process, how did it answer, and how long did it take?

One line of JSON a request on the logger `belvedere.request`, and Prometheus metrics. A request is timed until the
first byte of its answer is ready: how fast a client reads, and how long an event stream stays open, is not the server's
speed.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.settings import settings
from services.observing import noted_request
from services.web.gate import VIEWER

log = logging.getLogger("belvedere.request")
NOTE = "belvedere.request"

REQUESTS = Counter("belvedere_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "belvedere_request_seconds",
    "Seconds until an answer begins.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SLOW = Counter("belvedere_slow_requests_total", "Requests slower than the slow-request threshold.", ["method", "route"])
IN_FLIGHT = Gauge("belvedere_requests_in_flight", "Requests being answered, event streams included.")
SOCKETS = Gauge("belvedere_websockets", "Open WebSocket connections (live pages).")

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Addresses that no router names: everything else would make one series an address.
_FAMILIES = ("/_stcore", "/static", "/media", "/component", "/app/static", "/api")
_PLAIN = {"/", "/healthz", "/readyz", "/metrics", "/login", "/logout", "/favicon.ico"}


@dataclass(slots=True)
class RequestNote:
    """What the layers below find out about a request, for its log line."""

    account: str = ""
    route: str = ""


def note_of(scope: Scope) -> RequestNote:
    """The note of this request; a fresh one that nobody reads when the middleware is not installed."""
    note = scope.get(NOTE)
    return note if isinstance(note, RequestNote) else RequestNote()


def route_of(scope: Scope, path: str) -> str:
    """The template of the address: `/api/v1/ingest/{dataset}`, or the family of what no router names."""
    note = note_of(scope)
    if note.route:
        return note.route
    template = getattr(scope.get("route"), "path", None)
    if isinstance(template, str) and template:
        return template
    if path in _PLAIN:
        return path
    return next((f"{family}/*" for family in _FAMILIES if path.startswith(family + "/")), "page")


class Observe:
    """Middleware around the whole application that counts, times and logs every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            with SOCKETS.track_inprogress():
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[NOTE] = RequestNote()
        path = scope["path"]
        started = time.perf_counter()
        status, seconds = 0, -1.0

        async def observed(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - started
            await send(message)

        try:
            with IN_FLIGHT.track_inprogress():
                await self._app(scope, receive, observed)
        except Exception:
            status = status or 500
            raise
        finally:
            # 499: the client left before there was an answer.
            seconds = seconds if seconds >= 0 else time.perf_counter() - started
            _record(scope, path, status or 499, seconds, time.perf_counter() - started)


def _record(scope: Scope, path: str, status: int, seconds: float, whole_seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    route = route_of(scope, path)
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    slow = seconds > settings().slow_request_s
    if slow:
        SLOW.labels(method, route).inc()
    level = logging.WARNING if slow else logging.INFO
    line = {
        "method": method,
        "path": path,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "whole_ms": round(whole_seconds * 1000, 1),
        "client": scope["client"][0] if scope.get("client") else "",
        "account": note_of(scope).account or getattr(scope.get(VIEWER), "account", ""),
    }
    if slow:
        line["slow"] = True
    noted_request(path, line)
    if not log.isEnabledFor(level):
        return
    log.log(level, json.dumps(line, ensure_ascii=False))
