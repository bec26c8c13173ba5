"""Which application answers everything under /api?"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from data.settings import settings
from services.api import catalogue, docs, health, ingest, questions, rows, stream, tracking
from services.api.access import ABILITY, caller
from services.api.bodies import BoundedQuestions
from services.api.errors import JsonAnswer, handle_errors
from services.api.hub import Hub
from services.api.ingest import Inlet
from services.api.limits import RateLimit
from services.api.openapi import DESCRIPTION, TAGS, finish
from services.api.shelter import Shelter
from services.api.stream import Streams

VERSION = "1"
ROUTERS = (questions, catalogue, rows, ingest, tracking, stream, health)


def create_api() -> FastAPI:
    """The API, to be mounted at /api; call `stop_streams` on it when the server begins to stop."""
    # swagger-ui 4 reads OpenAPI 3.0, and its own pages load it from elsewhere: both are ours.
    api = FastAPI(
        title="Belvedere", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    for module in ROUTERS:
        api.include_router(module.router)
    api.include_router(docs.router, dependencies=[Depends(caller)])
    api.add_api_route(
        "/v1/openapi.json", lambda: JsonAnswer(document(api)), dependencies=[Depends(caller)], include_in_schema=False
    )
    api.state.inlet = Inlet.from_settings()
    api.state.shelter = Shelter()
    api.state.downloads = rows.Seats(rows.DOWNLOADS)
    api.state.streams = Streams(Hub())
    api.add_middleware(BoundedQuestions)
    api.add_middleware(RateLimit, requests_per_minute=settings().requests_per_minute)
    handle_errors(api)
    return api


def stop_streams(api: FastAPI) -> None:
    """End the endless answers, so that the server can stop; may be called from any thread and from a signal handler."""
    api.state.streams.hub.close()


def document(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    if not api.openapi_schema:
        found = get_openapi(
            title="Belvedere API", version=VERSION, openapi_version="3.0.3", description=DESCRIPTION, tags=TAGS,
            routes=[route for module in ROUTERS for route in module.router.routes], servers=[{"url": "/api"}],
        )  # fmt: skip
        api.openapi_schema = finish(found)
    return api.openapi_schema


def routes(api: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route."""
    found = [r for module in (*ROUTERS, docs) for r in module.router.routes if isinstance(r, APIRoute)]
    found += [r for r in api.routes if isinstance(r, APIRoute)]
    return sorted({(method, route.path) for route in found for method in route.methods or ()})


__all__ = ["ABILITY", "create_api", "document", "routes", "stop_streams"]
