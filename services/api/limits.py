"""How many requests has this client left in this minute?

A window of one minute starts with a client's first request. A client is a verified token or session; before its
credential is verified a request counts on its network address, so made-up tokens share one allowance.
LIMIT: counts are per process and in memory.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.credentials import fingerprint
from services.api.errors import Wait, answer_for
from services.web.clients import client_of

WINDOW_S = 60.0
CLIENTS = 10_000
INGEST_FACTOR = 100  # batches of one client a minute, for each request of settings().requests_per_minute
CHARGE = "belvedere.charge"
TRACKED = ("/v1/events", "/v1/engagement")

_refused = Counter("belvedere_api_limited_total", "API requests refused with 429 by the rate limit.", ["limit"])


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client after a request: `reset_s` is when its count starts anew."""

    limit: int
    remaining: int
    reset_s: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        """The X-RateLimit headers, with Reset in seconds from now."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }


class Limiter:
    """Counts requests by client in bounded memory: the client unseen for longest is forgotten first."""

    def __init__(self, limit: int, clients: int = CLIENTS, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clients = clients
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._windows)

    def take(self, client: str) -> Allowance:
        """Count one request of this client."""
        with self._lock:
            ends_at, count = self._window(client)
            allowed = count < self.limit
            self._windows[client] = (ends_at, count + 1 if allowed else count)
            self._windows.move_to_end(client)
            while len(self._windows) > self._clients:
                self._windows.popitem(last=False)
            return self._allowance(ends_at, count + 1, allowed)

    def give_back(self, client: str) -> Allowance:
        """Take back one request that was counted on this client."""
        with self._lock:
            ends_at, count = self._window(client)
            count = max(0, count - 1)
            if client in self._windows:
                self._windows[client] = (ends_at, count)
            return self._allowance(ends_at, count, True)

    def _window(self, client: str) -> tuple[float, int]:
        now = self._clock()
        ends_at, count = self._windows.get(client, (0.0, 0))
        return (ends_at, count) if ends_at > now else (now + WINDOW_S, 0)

    def _allowance(self, ends_at: float, count: int, allowed: bool) -> Allowance:
        left = math.ceil(ends_at - self._clock())
        return Allowance(self.limit, max(0, self.limit - count), max(1, left), allowed)


class Charge:
    """The request that was counted, so that it can be moved to the client that it turns out to be."""

    def __init__(self, limiter: Limiter, client: str, verified: OrderedDict[str, None]) -> None:
        self._limiter = limiter
        self._verified = verified
        self.client = client
        self.allowance = limiter.take(client)

    def move(self, client: str) -> None:
        """Count the request on this verified client instead of its address; raises Wait when it has none left."""
        if client == self.client:
            return
        self._limiter.give_back(self.client)
        self._verified[client] = None
        while len(self._verified) > CLIENTS:
            self._verified.popitem(last=False)
        self.client = client
        self.allowance = self._limiter.take(client)
        if not self.allowance.allowed:
            raise refusal(self.allowance, "client")

    def waive(self) -> None:
        """Do not count this request (health checks)."""
        self.allowance = self._limiter.give_back(self.client)


def refusal(allowance: Allowance, name: str) -> Wait:
    """The error that tells how long to wait."""
    _refused.labels(name).inc()
    return Wait(
        f"More than {allowance.limit} requests in a minute. Wait {allowance.reset_s} s and send it again.",
        allowance.reset_s,
    )


def stores_rows(path: str) -> bool:
    """Whether a request of this path brings rows."""
    return "/ingest/" in path or path.endswith(TRACKED)


class RateLimit:
    """Middleware that counts each request, says what is left in headers, and answers 429 when nothing is."""

    def __init__(self, app: ASGIApp, requests_per_minute: int) -> None:
        self._app = app
        self._requests = Limiter(requests_per_minute)
        self._batches = Limiter(requests_per_minute * INGEST_FACTOR)
        self._verified: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limiter = self._batches if stores_rows(scope["path"]) else self._requests
        credential = fingerprint(scope)
        client = credential if credential in self._verified else f"address:{client_of(scope)}"
        charge = Charge(limiter, client, self._verified)
        scope[CHARGE] = charge

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(charge.allowance.headers())
            await send(message)

        if not charge.allowance.allowed:
            await answer_for(refusal(charge.allowance, "address" if client != credential else "client"))(
                scope, receive, send_with_headers
            )
            return
        await self._app(scope, receive, send_with_headers)
