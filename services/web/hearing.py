"""How does a refusal reach a program that is still sending its request?

A connection that is not kept is closed with the end of the answer. Where the request was not read to its end, closing
resets the connection, and a program that reads answers only after sending (Python's urllib, proxies that speak
HTTP/1.0) sees "connection reset" in place of "429, try again in 12 s". So the rest is read and thrown away first, up
to a bound. Connections that are kept need nothing: the server reads the rest before the next request anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024 * 1024
MOST_S = 15.0


class HearOut:
    """Middleware that reads what is left of a request before it ends the answer, where the connection ends with it."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES, most_s: float = MOST_S) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_s = most_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_cut_off(scope):
            await self._app(scope, receive, send)
            return
        is_heard = False

        async def hear() -> Message:
            nonlocal is_heard
            message = await receive()
            is_heard = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False) and not is_heard:
                await send({**message, "more_body": True})
                await self._drain(hear, lambda: is_heard)
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, hear, answer)

    async def _drain(self, hear: Receive, is_over: Callable[[], bool]) -> None:
        size = 0
        try:
            async with asyncio.timeout(self._most_s):
                while not is_over() and size <= self._most_bytes:
                    size += len((await hear()).get("body", b""))
        except TimeoutError:
            return


def _is_cut_off(scope: Scope) -> bool:
    """Whether the request has a body that comes without being asked for, and its connection ends with the answer."""
    headers = Headers(scope=scope)
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    ends = scope.get("http_version") == "1.0" or "close" in headers.get("connection", "").lower()
    return has_body and ends and "expect" not in headers
