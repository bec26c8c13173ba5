"""How does a program tell, one event at a time or many at once, what people do and how they use what is there?"""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool

from data.errors import BadInput, DatabaseDown, unknown
from data.model import Dataset, Pack
from data.types import Scope
from services import model
from services.api import examples
from services.api.access import now
from services.api.errors import JsonAnswer
from services.api.forms import IngestAnswer
from services.api.ingest import ANSWERS, Prepare, take_in
from services.api.payloads import Payload
from services.api.shelter import Shelter, Writer, shelter_of

router = APIRouter(tags=["Ingest"])
Kind = Literal["events", "engagement"]
Which = Annotated[str | None, Query(description="Pack that gets them, where several of the workspace's track.")]
Key = Annotated[
    str | None,
    Header(
        description="A name for this call: sent again under it, it counts once; another body is refused.",
        max_length=200,
    ),
]


def _body(example: Any) -> dict[str, Any]:
    content = {
        "application/json": {
            "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
            "example": example,
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
    }
    described = 'One event, an array of them, `{"rows": [...]}`, or one JSON object a line. May be gzipped.'
    return {"requestBody": {"required": True, "description": described, "content": content}}


@router.post(
    "/v1/events", summary="Track events", response_model=IngestAnswer, responses=ANSWERS,
    openapi_extra=_body(examples.EVENT),
)  # fmt: skip
async def post_events(request: Request, scope: Writer, pack: Which = None, idempotency_key: Key = None) -> JsonAnswer:
    """What people did: rows of the dataset that the pack names for events, with its column names.

    An event without a time gets that of its arrival. Answers are those of sending rows.
    """
    return await _track(request, scope, "events", pack, idempotency_key)


@router.post(
    "/v1/engagement", summary="Track engagement", response_model=IngestAnswer, responses=ANSWERS,
    openapi_extra=_body(examples.ENGAGEMENT),
)  # fmt: skip
async def post_engagement(
    request: Request, scope: Writer, pack: Which = None, idempotency_key: Key = None
) -> JsonAnswer:
    """How people use what is there (event, session, duration, entity): rows of the pack's engagement dataset.

    As for events.
    """
    return await _track(request, scope, "engagement", pack, idempotency_key)


async def _track(request: Request, scope: Scope, kind: Kind, pack: str | None, key: str | None) -> JsonAnswer:
    dataset = await run_in_threadpool(_dataset, shelter_of(request), scope, kind, pack)
    return await take_in(request, scope, dataset, key, _with_times(dataset))


def _dataset(shelter: Shelter, scope: Scope, kind: Kind, wanted: str | None) -> Dataset:
    """Where this kind of event goes in the workspace. Raises UnknownName, and BadInput when it has to be said."""
    packs = _packs(shelter, scope)
    tracking = {pack.name: name for pack in packs if (name := getattr(pack.tracking, kind))}
    if wanted is not None and wanted not in tracking:
        raise unknown("pack", wanted, tracking, f"those that track {kind} here")
    if wanted is None and len(tracking) != 1:
        which = f"say which: `?pack=` {' or '.join(tracking)}" if tracking else "its packs name no dataset for them"
        raise BadInput(f"Where do {kind} of `{scope.workspace.slug}` go? {which[0].upper()}{which[1:]}.")
    name = wanted or next(iter(tracking))
    return model.current().datasets()[f"{name}.{tracking[name]}"]


def _packs(shelter: Shelter, scope: Scope) -> tuple[Pack, ...]:
    if shelter.pulse.is_up():
        try:
            return model.packs_of(scope)
        except DatabaseDown:
            shelter.pulse.note_down()
    return model.current().packs


def _with_times(dataset: Dataset) -> Prepare:
    """Gives the time of arrival to rows without one; such a call is never taken for another with the same body."""

    def prepare(payload: Payload, key: str | None) -> str | None:
        arrived = now().isoformat()
        timeless = [row for row in payload.rows if isinstance(row, dict) and row.get(dataset.time) in (None, "")]
        for row in timeless:
            row[dataset.time] = arrived
        return key or (f"tracked:{uuid.uuid4()}" if timeless else None)

    return prepare
