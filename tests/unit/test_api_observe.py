"""Is every request logged, counted and timed under a name that does not grow with the addresses asked for?"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from services.api.observe import Observe, note_of
from tests.serving import served
from tests.support import settings_of


async def item(request: Request) -> PlainTextResponse:
    note_of(request.scope).account = "kim"
    return PlainTextResponse("x")


async def broken(_: Request) -> PlainTextResponse:
    raise RuntimeError("no")


async def endless(_: Request) -> StreamingResponse:
    return StreamingResponse(iter([b"a", b"b"]), media_type="text/event-stream")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    api = Starlette(routes=[Route("/v1/items/{id}", item), Route("/broken", broken), Route("/endless", endless)])
    app = Starlette(routes=[Mount("/api", api)], middleware=[Middleware(Observe)])
    with served(app) as client:
        yield client


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    for _ in range(100):  # the line is written after the client has its answer
        found = [json.loads(r.getMessage()) for r in caplog.records if r.name == "belvedere.request"]
        if found:
            return found
        time.sleep(0.02)
    return []


def test_a_request_is_one_line_of_json(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "belvedere.request"):
        client.get("/api/v1/items/7?secret=1")
        (line,) = lines(caplog)
    assert {
        "method": "GET",
        "path": "/api/v1/items/7",
        "status": 200,
        "account": "kim",
        "client": "127.0.0.1",
    }.items() <= (line.items())
    assert line["ms"] >= 0
    assert "secret" not in json.dumps(line)


def test_a_failure_counts_as_500(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "belvedere.request"):
        client.get("/api/broken")
        assert lines(caplog)[0]["status"] == 500


def test_a_slow_request_is_a_warning(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with settings_of(BELVEDERE_SLOW_REQUEST_S="0.0000001"), caplog.at_level(logging.INFO, "belvedere.request"):
        client.get("/api/v1/items/7")
        assert lines(caplog)[-1]["slow"] is True
    assert caplog.records[-1].levelno == logging.WARNING


def test_addresses_that_no_router_knows_share_one_series(client: httpx.Client) -> None:
    before = {key for key in series() if key[1] == "page"}
    for n in range(20):
        client.get(f"/nothing/{n}")
        client.get(f"/api/nothing/{n}")
    new = {key[1] for key in series()} - {"page", "/api/*"}
    assert not [route for route in new if "nothing" in route]
    assert len({key for key in series() if key[1] == "page"}) <= len(before) + 1


def series() -> set[tuple[str, str]]:
    found = REGISTRY.collect()
    return {
        (s.labels["method"], s.labels["route"]) for f in found if f.name == "belvedere_requests" for s in f.samples
    }  # fmt: skip
