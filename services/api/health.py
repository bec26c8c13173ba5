"""How is each part of the application: the database, the engine, the listener, the inlet and the data itself?"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from data.errors import DatabaseDown
from data.types import Scope
from services import formats, metrics
from services.api.access import Caller, now
from services.api.errors import JsonAnswer
from services.api.forms import HealthAnswer, HealthBoardAnswer
from services.api.ingest import inlet_of
from services.api.stream import streams_of
from services.health import Limits, Line, health_board
from services.health.probes import DATABASE
from services.health.ways import waiting_rows

router = APIRouter(tags=["Health"])
STATES = ("healthy", "warning", "critical", "down")
_INLET = Limits(0.5, 0.9, "of the buffer")


@router.get("/v1/health", summary="State of every component", response_model=HealthAnswer)
def get_health(request: Request, scope: Caller) -> JsonAnswer:
    """Each component with its state, and the worst of them. Not counted by the rate limit; probes ask /readyz."""
    at = now()
    components = [_database(scope), _listener(request), _inlet(request), _spool(), *_data(scope, at)]
    worst = max((c["state"] for c in components), key=STATES.index)
    return JsonAnswer({"state": worst, "components": components}, 503 if worst == "down" else 200)


@router.get("/v1/health/components", summary="Every component with its past", response_model=HealthBoardAnswer)
def get_components(
    scope: Caller,
    span: Annotated[Literal["day", "week"], Query(description="How much of the past: `day` or `week`.")] = "day",
) -> JsonAnswer:
    """What the Health page shows: each component with both thresholds, since when it is so, what to do, and its past in
    pieces of half an hour (day) or three hours (week)."""
    board = health_board(scope, span, now())
    lines = [_line(line) for line in board.lines]
    return JsonAnswer({"state": board.state, "sentence": board.sentence, "components": lines})


def _line(line: Line) -> dict[str, Any]:
    found, limits = line.component, line.component.limits
    return {
        "name": found.name, "title": line.about.title, "state": found.state, "message": found.message,
        "value": found.value, "unit": limits.unit if limits else None,
        "warning": limits.warning if limits else None, "critical": limits.critical if limits else None,
        "measured_at": found.at, "since": line.since, "todo": line.about.todo if line.needs_attention else None,
        "past": [{"from": piece.from_at, "to": piece.to_at, "state": piece.state} for piece in line.pieces],
    }  # fmt: skip


def _component(name: str, state: str, message: str, seconds: float | None = None) -> dict[str, Any]:
    return {"name": name, "state": state, "message": message, "seconds": seconds}


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _database(scope: Scope) -> dict[str, Any]:
    try:
        seconds = _timed(lambda: metrics.freshness(scope))
    except DatabaseDown as error:
        return _component("database", "down", str(DatabaseDown()) if str(error) else "")
    ms = seconds * 1000
    return _component("database", DATABASE.state(ms), f"Answers in {ms:.0f} ms.", round(seconds, 4))


def _spool() -> dict[str, Any]:
    found = waiting_rows()
    return _component(found.name, found.state, found.message)


def _listener(request: Request) -> dict[str, Any]:
    hub = streams_of(request).hub
    if not len(hub):
        return _component("event stream", "healthy", "No clients.")
    state = "healthy" if hub.is_live else "warning"
    news = "Hears every change at once." if hub.is_live else "Lost its database connection; asks every 30 s."
    return _component("event stream", state, f"{formats.plural(len(hub), 'client')}. {news}")


def _inlet(request: Request) -> dict[str, Any]:
    inlet = inlet_of(request)
    share = inlet.budget.used / inlet.budget.limit
    batches = formats.plural(inlet.gate.in_flight, "batch", "batches")
    message = f"{batches} in flight, {formats.share(share)} of the buffer."
    return _component("ingest", _INLET.state(share), message)


def _data(scope: Scope, at: datetime) -> list[dict[str, Any]]:
    try:
        states = metrics.freshness(scope)
    except DatabaseDown:
        return []
    return [_freshness(state, at) for state in states if state.newest_at]


def _freshness(state: metrics.Freshness, at: datetime) -> dict[str, Any]:
    assert state.newest_at is not None
    age_s = max(0.0, (at - state.newest_at).total_seconds())
    # Late data is for people to look into; nothing of this application is broken.
    grade = "warning" if age_s > state.usual_delay_s else "healthy"
    message = f"Newest row {formats.age(age_s)} old; usually up to {formats.age(state.usual_delay_s)}."
    return _component(f"data {state.dataset}", grade, message, round(age_s, 1))
