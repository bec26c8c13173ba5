"""Is this process alive, can it serve, and what does it count?"""

from __future__ import annotations

from datetime import UTC, datetime

from anyio.to_thread import run_sync
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import services.people
from data.errors import DatabaseDown

_SESSIONS = Gauge("belvedere_sessions", "Signed-in sessions, of all processes on this database.")


async def alive(_request: Request) -> Response:
    """The process answers; says nothing about the database."""
    return PlainTextResponse("ok")


async def ready(_request: Request) -> Response:
    """The process can serve people: its database answers. 503 when it does not."""
    try:
        await run_sync(services.people.count_live, datetime.now(UTC))
    except DatabaseDown:
        return JSONResponse({"status": "down", "database": "does not answer"}, 503, {"Retry-After": "5"})
    return JSONResponse({"status": "ready", "database": "answers"})


async def metrics(_request: Request) -> Response:
    """Counters of this process in Prometheus' text format; behind the gate, a token with any ability will do."""
    _SESSIONS.set(await run_sync(services.people.count_live, datetime.now(UTC)))
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


ROUTES = [
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
