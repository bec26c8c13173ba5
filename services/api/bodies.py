"""How does the body of a request come in without taking more memory than it may?"""

from __future__ import annotations

import asyncio
import threading
import zlib

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import BadField, TooLarge, TooSlow, Wait, WrongType, answer_for
from services.api.limits import stores_rows

MIB = 1024 * 1024
BUDGET_BODIES = 8  # whole bodies of the largest size that one process buffers at a time
ARRIVAL_S = 60.0  # a sender slower than this would keep its share of the buffer from the others
QUESTION_BYTES = 4 * MIB


class BoundedQuestions:
    """Middleware that takes in the body of every request that brings no rows, up to QUESTION_BYTES, before it is read.

    FastAPI reads a body before it asks who calls, and all of it: a stranger with a made-up token could fill the memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS") or stores_rows(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            body = await _question(Request(scope, receive))
        except (TooLarge, TooSlow) as error:
            await answer_for(error)(scope, receive, send)
            return
        except ClientDisconnect:
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)


async def _question(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(ARRIVAL_S):
            async for part in request.stream():
                body += part
                if len(body) > QUESTION_BYTES:
                    raise TooLarge(f"The body is larger than {QUESTION_BYTES // MIB} MiB, which no question needs.")
    except TimeoutError as error:
        raise TooSlow(f"The body did not arrive within {ARRIVAL_S:g} s.") from error
    return bytes(body)


class ByteBudget:
    """Bytes that all requests of this process may hold together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Reserve; False when that is more than what is left."""
        with self._lock:
            if self.used + size > self.limit:
                return False
            self.used += size
            return True

    def give_back(self, size: int) -> None:
        """Release what was reserved."""
        with self._lock:
            self.used -= size


class Body:
    """A received body, still encoded; a context manager that gives its share of the budget back."""

    def __init__(self, budget: ByteBudget, limit: int) -> None:
        self._budget = budget
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._reserved = 0
        self._encoding = ""

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._reserved)
        self._parts.clear()

    async def receive(self, request: Request) -> None:
        """Take the body in, counting as it comes; raises TooLarge, TooSlow, Wait or WrongType."""
        self._encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if self._encoding not in ("identity", "gzip", "x-gzip"):
            raise WrongType(f"Content-Encoding: found {self._encoding}, expected gzip or none.")
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._limit:
            raise self._too_large()
        try:
            async with asyncio.timeout(ARRIVAL_S):
                async for part in request.stream():
                    self._take(part)
        except TimeoutError as error:
            raise TooSlow(f"The body did not arrive within {ARRIVAL_S:g} s. Nothing was written.") from error
        except ClientDisconnect as error:
            raise BadField("The connection ended before the body was complete.", "body") from error

    def _take(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise self._too_large()
        self._reserve(len(part))
        self._parts.append(part)

    def decoded(self) -> bytes:
        """The whole body, unpacked (CPU work: call it in a thread); an unpacked body has the same limit."""
        whole = b"".join(self._parts)
        self._parts.clear()
        return self._unzip(whole) if self._encoding != "identity" else whole

    def _unzip(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            while data:  # a gzip file may have several members
                member = zlib.decompressobj(16 + zlib.MAX_WBITS)
                part = member.decompress(data, self._limit - size + 1)
                size += len(part)
                if size > self._limit:
                    raise self._too_large(" unpacked")
                self._reserve(len(part))
                parts.append(part)
                if not member.eof:
                    raise BadField("The gzip body ends too early.", "body")
                data = member.unused_data
        except zlib.error as error:
            raise BadField(f"Content-Encoding says gzip, and the body is not: {error}.", "body") from error
        return b"".join(parts)

    def _reserve(self, size: int) -> None:
        if not self._budget.take(size):
            raise Wait("The server is busy with other batches. Send this one again.", 1)
        self._reserved += size

    def _too_large(self, how: str = "") -> TooLarge:
        return TooLarge(f"The body is larger than {self._limit / MIB:g} MiB{how}. Send it in several batches.")
