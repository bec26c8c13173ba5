"""How does a client hear of new data at once: server-sent events over one open request?"""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from data.errors import DatabaseDown, UnknownName
from data.types import Scope
from services import model, people
from services.api import examples
from services.api.access import Caller, find_dataset, in_workspace, now, scope_of_request
from services.api.credentials import fingerprint
from services.api.errors import Wait
from services.api.hub import Client, Hub, frame, versions_of

router = APIRouter(tags=["Live"])
HEARTBEAT_S = 30.0
RETRY_MS = 3000
STREAMS_OF_CLIENT = 1000
STREAMS = 5000
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that collects an answer would hold events back
    "Connection": "keep-alive",
}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An endless answer of type text/event-stream.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": examples.STREAM}},
    }
}


class Streams:
    """The hub of an application and how many streams each credential has open."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.heartbeat_s = HEARTBEAT_S
        self._open: Tally[str] = Tally()

    def enter(self, name: str) -> None:
        """Count a stream; raises Wait when there are too many."""
        if self._open[name] >= STREAMS_OF_CLIENT or self._open.total() >= STREAMS:
            raise Wait("Too many event streams are open. Close some first.", 30)
        self._open[name] += 1

    def leave(self, name: str) -> None:
        """Stop counting it."""
        self._open[name] -= 1
        if self._open[name] <= 0:
            del self._open[name]


def streams_of(request: Request) -> Streams:
    """The streams of the application that answers this request."""
    found = request.app.state.streams
    assert isinstance(found, Streams)
    return found


@router.get("/v1/stream", summary="Events as data comes in", response_class=StreamingResponse, responses=_ANSWER)
async def get_stream(
    request: Request,
    scope: Caller,
    dataset: Annotated[list[str], Query(description="Only these datasets; may be given several times.")] = [],  # noqa: B006
    rows: Annotated[
        bool, Query(description="Send the newest rows too (ability `rows`; personal columns left out).")
    ] = False,
    last_event_id: Annotated[str | None, Header(description="Set by the browser when it connects again.")] = None,
) -> StreamingResponse:
    """`version` tells a dataset's data version, row count, as-of time and last commit: each once at the start, then at
    each change. `rows` brings the newest rows. `heartbeat` comes every 30 s without news; its `live` is false while the
    server has lost its database. `bye` ends the stream and says why.

    With Last-Event-ID only what changed since is sent. A slow client skips versions and always gets the newest.
    """
    if rows:
        people.require(scope, "rows")
    names = await run_in_threadpool(_datasets, scope, dataset)
    streams, name = streams_of(request), fingerprint(request.scope)
    streams.enter(name)
    client = Client(scope, names, rows)
    events = _events(request, streams, name, client, versions_of(last_event_id or ""))
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


def _datasets(scope: Scope, wanted: list[str]) -> frozenset[str]:
    if wanted:
        return frozenset(find_dataset(scope, name).qualified for name in wanted)
    return frozenset(model.model_of(scope).datasets())


async def _events(
    request: Request, streams: Streams, name: str, client: Client, seen: dict[str, int]
) -> AsyncIterator[bytes]:
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        await streams.hub.join(client, seen)
        looked_at = time.monotonic()
        while not client.closed:
            has_news = await _news(client, streams.heartbeat_s)
            # Where news come all the time there is no heartbeat, and the look at the credential is due all the same.
            if not has_news or time.monotonic() - looked_at >= streams.heartbeat_s:
                if not await run_in_threadpool(_may_go_on, request, client):
                    client.close("The sign-in or token has ended.")
                    break
                looked_at = time.monotonic()
            yield client.take() if has_news else frame("heartbeat", {"at": now(), "live": streams.hub.is_live})
        yield frame("bye", {"reason": client.closed})
    except DatabaseDown as error:
        yield frame("bye", {"reason": str(DatabaseDown()), "code": type(error).__name__})
    finally:
        streams.hub.leave(client)
        streams.leave(name)


async def _news(client: Client, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await client.wake.wait()
    except TimeoutError:
        return False
    return True


def _may_go_on(request: Request, client: Client) -> bool:
    """Whether the credential still gives what it gave at the start: a stream outlives sign-ins and tokens otherwise."""
    workspace = client.scope.workspace
    try:
        scope = scope_of_request(request, now())
        if scope is not None and scope.workspace.id != workspace.id:
            scope = in_workspace(scope, workspace.slug)
    except DatabaseDown:
        return True
    except UnknownName:
        return False
    if scope is None or scope.account_id != client.scope.account_id:
        return False
    return not client.wants_rows or people.can(scope, "rows")
