"""How do rows that a program sends get in: checked one by one, counted once, and never dropped under load?

LIMIT: a process works on a few batches at a time; who comes on top of that waits a little and is then told to retry.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool

from data.errors import DatabaseDown
from data.model import Dataset
from data.settings import settings
from data.types import Scope
from services import ingest
from services.api import examples
from services.api.access import now
from services.api.bodies import BUDGET_BODIES, MIB, Body, ByteBudget
from services.api.credentials import fingerprint
from services.api.errors import BadField, JsonAnswer, Wait, error_answer
from services.api.forms import IngestAnswer, SpooledAnswer, example
from services.api.payloads import Payload, read_payload
from services.api.shelter import Shelter, Writer, find_dataset, shelter_of
from services.api.together import Together

router = APIRouter(tags=["Ingest"])
ROWS = Counter("belvedere_ingest_rows_total", "Rows sent to the API.", ["outcome"])
REFUSED = Counter("belvedere_ingest_waits_total", "Batches answered with 429 because the process was busy.")
SHOWN_REJECTS = 1000
WAIT_S = 5.0
BATCHES_OF_CLIENT = 8
SMALL_OF_CLIENT = 256
SMALL_BYTES = 8192  # a request up to this size may share a transaction with others of its sender
LONGEST_KEY = 200
Prepare = Callable[[Payload, str | None], str | None]
Incoming = tuple[ingest.Sent, Payload]
_NOTHING = ingest.IngestResult(0, 0, 0, 0, 0, 0, ())


class Gate:
    """Lets a few batches through at a time; the others wait for their turn, but not for long."""

    def __init__(self, at_once: int, wait_s: float = WAIT_S, of_client: int = BATCHES_OF_CLIENT) -> None:
        self.at_once = at_once
        self._wait_s = wait_s
        self._of_client = of_client
        self._turns = asyncio.Semaphore(at_once)
        self._clients: Tally[str] = Tally()

    @asynccontextmanager
    async def client(self, name: str, is_small: bool = False) -> AsyncIterator[None]:
        """Counts a batch of this client from its first byte to its answer; raises Wait when too many are in flight."""
        name, most = (f"{name} small", SMALL_OF_CLIENT) if is_small else (name, self._of_client)
        if self._clients[name] >= most:
            raise self._refusal(f"{most} batches of yours are being taken in.")
        self._clients[name] += 1
        try:
            yield
        finally:
            self._clients[name] -= 1
            if not self._clients[name]:
                del self._clients[name]

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn to be worked on; raises Wait when none comes up in time."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turns.acquire()
        except TimeoutError:
            raise self._refusal("The server is busy with other batches.") from None
        try:
            yield
        finally:
            self._turns.release()

    @property
    def in_flight(self) -> int:
        """Batches between their first byte and their answer."""
        return self._clients.total()

    @staticmethod
    def _refusal(reason: str) -> Wait:
        REFUSED.inc()
        return Wait(f"{reason} Nothing of this batch was written: send it again.", 1)


@dataclass(slots=True)
class Inlet:
    """What all ingest requests of one application share."""

    gate: Gate
    budget: ByteBudget
    together: Together[Incoming, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.together = Together(self.gate.turn)

    @classmethod
    def from_settings(cls) -> Inlet:
        """Two batches at a time on two cores: one is parsed while Postgres writes the other."""
        at_once = max(2, os.cpu_count() or 2)
        return cls(Gate(at_once), ByteBudget(BUDGET_BODIES * settings().ingest_mb * MIB))


def inlet_of(request: Request) -> Inlet:
    """The inlet of the application that answers this request."""
    found = request.app.state.inlet
    assert isinstance(found, Inlet)
    return found


ANSWERS: dict[int | str, dict[str, Any]] = {
    **example(examples.INGESTED),
    202: {
        "model": SpooledAnswer,
        "description": "The database does not answer. The batch is safe on disk and is written when it is back.",
        "content": {"application/json": {"example": examples.SPOOLED}},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": 'An array of rows or `{"rows": [...]}`; one JSON object a line; or CSV with a header. '
        "May be gzipped (`Content-Encoding: gzip`).",
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}]},
                "example": examples.INGEST_ROWS,
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/v1/ingest/{dataset}", summary="Send rows", response_model=IngestAnswer, responses=ANSWERS,
    openapi_extra=_BODY,
)  # fmt: skip
async def post_rows(
    request: Request,
    scope: Writer,
    dataset: Annotated[str, Path(description="Dataset, like `grievance.complaints`.")],
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A name for this batch: sent again under it, it counts once; another body is refused. "
            "Without it the body names itself."
        ),
    ] = None,
) -> JsonAnswer:
    """Rows with the dataset's own column names. A keyed row that exists is changed, an equal one is left alone.

    Each row is checked by itself: the answer lists what was refused with line, field, reason, found and expected. A
    batch is written whole or not at all. 422 when not one row was accepted; 429 with Retry-After when the server has
    its hands full, and then nothing was written. 202 while the database is down: the batch is kept on disk.
    """
    found = await run_in_threadpool(find_dataset, shelter_of(request), scope, dataset)
    return await take_in(request, scope, found, idempotency_key)


async def take_in(
    request: Request, scope: Scope, dataset: Dataset, key: str | None, prepare: Prepare | None = None
) -> JsonAnswer:
    """The body of a request stored as rows of a dataset, and the answer. `prepare` may change rows and key before."""
    started = time.perf_counter()
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise BadField(f"Expected 1 to {LONGEST_KEY} characters.", "Idempotency-Key")
    inlet, name = inlet_of(request), fingerprint(request.scope)
    is_small = dataset.key is None and _is_small(request)
    async with inlet.gate.client(name, is_small):
        with Body(inlet.budget, settings().ingest_mb * MIB) as body:
            await body.receive(request)
            if is_small:
                taken = await _take_together(request, inlet, scope, dataset, body, key, prepare)
            else:
                async with inlet.gate.turn():
                    taken = await run_in_threadpool(_take, request, scope, dataset, body, key, prepare)
    return _answer(taken | {"seconds": round(time.perf_counter() - started, 4)})


def _is_small(request: Request) -> bool:
    """Whether the body is so short that reading it costs less than handing it to a thread."""
    size = request.headers.get("content-length", "")
    return size.isdigit() and int(size) <= SMALL_BYTES and "content-encoding" not in request.headers


async def _take_together(
    request: Request, inlet: Inlet, scope: Scope, dataset: Dataset, body: Body, key: str | None, prepare: Prepare | None
) -> dict[str, Any]:
    sent, payload = _read(request, body, key, prepare)
    if not payload.rows:
        return _outcome(dataset, sent.key, payload, _NOTHING)
    credential = fingerprint(request.scope)
    store = partial(_write_or_keep, shelter_of(request), credential, scope, dataset)
    return await inlet.together.do((credential, scope, dataset.qualified), (sent, payload), store)


def _take(
    request: Request, scope: Scope, dataset: Dataset, body: Body, key: str | None, prepare: Prepare | None
) -> dict[str, Any]:
    sent, payload = _read(request, body, key, prepare)
    if not payload.rows:
        return _outcome(dataset, sent.key, payload, _NOTHING)
    found = _write_or_keep(shelter_of(request), fingerprint(request.scope), scope, dataset, [(sent, payload)])[0]
    if isinstance(found, Exception):
        raise found
    return found


def _read(request: Request, body: Body, key: str | None, prepare: Prepare | None) -> Incoming:
    """The rows of the request, and the key under which they count once."""
    data = body.decoded()
    payload = read_payload(request.headers.get("content-type", ""), data, one=prepare is not None)
    if prepare is not None:
        key = prepare(payload, key)
    if not payload.rows and not payload.bad:
        raise BadField("The body holds no row.", "rows")
    content = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return ingest.Sent(payload.rows, key or content, content), payload


def _write_or_keep(
    shelter: Shelter, credential: str, scope: Scope, dataset: Dataset, requests: Sequence[Incoming]
) -> list[dict[str, Any] | Exception]:
    """Store the rows of one or more requests, on disk while there is no database; the answer to each, or its error."""
    found: list[ingest.IngestResult | Exception] = [DatabaseDown()] * len(requests)
    if not shelter.must_keep(scope, dataset):
        found = ingest.ingest_together(scope, dataset.qualified, [sent for sent, _ in requests], now())
        is_down = any(isinstance(each, DatabaseDown) for each in found)
        (shelter.pulse.note_down if is_down else shelter.pulse.note_up)()
    return [
        _settle(shelter, credential, scope, dataset, sent, payload, result)
        for (sent, payload), result in zip(requests, found, strict=True)
    ]


def _settle(
    shelter: Shelter, credential: str, scope: Scope, dataset: Dataset, sent: ingest.Sent, payload: Payload,
    result: ingest.IngestResult | Exception,
) -> dict[str, Any] | Exception:  # fmt: skip
    if isinstance(result, ingest.IngestResult):
        return _outcome(dataset, sent.key, payload, result)
    if not isinstance(result, DatabaseDown):
        return result
    try:
        return shelter.keep(scope, credential, dataset, sent.key, payload.rows)
    except Wait as error:
        return error


def _outcome(dataset: Dataset, key: str, payload: Payload, result: ingest.IngestResult) -> dict[str, Any]:
    refused: list[dict[str, Any]] = [
        {"line": bad.line, "field": "", "reason": bad.reason, "found": bad.found, "expected": bad.expected}
        for bad in payload.bad
    ] + [
        {
            "line": payload.lines[reject.line - 1] if reject.line else None,
            "field": reject.field, "reason": reject.reason, "found": reject.found, "expected": reject.expected,
        }
        for reject in result.rejects
    ]  # fmt: skip
    refused.sort(key=lambda reject: reject["line"] or 0)
    rejected = result.rejected + len(payload.bad)
    for outcome in ("inserted", "updated", "unchanged", "flagged"):
        ROWS.labels(outcome).inc(getattr(result, outcome))
    ROWS.labels("rejected").inc(rejected)
    return {
        "dataset": dataset.qualified, "key": key, "repeated": result.repeated, "version": result.version,
        "read": result.read + len(payload.bad), "inserted": result.inserted, "updated": result.updated,
        "unchanged": result.unchanged, "rejected": rejected, "flagged": result.flagged,
        "rejects": refused[:SHOWN_REJECTS],
    }  # fmt: skip


def _answer(taken: dict[str, Any]) -> JsonAnswer:
    if "spooled" in taken:
        return JsonAnswer(taken, 202)
    if not taken["rejected"] or taken["rejected"] < taken["read"] or not taken["rejects"]:
        return JsonAnswer(taken)
    first = taken["rejects"][0]
    field = f", {first['field']}" if first["field"] else ""
    message = f"Not one of the {taken['read']} rows was accepted; line {first['line']}{field}: {first['reason']}."
    return error_answer(422, "all_rejected", message, result=taken)
