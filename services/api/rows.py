"""How are the rows behind a number read over HTTP, a page at a time or all of them as a file?"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections import Counter as Tally
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from data.database import transaction
from data.model import Dataset
from data.types import Filter, Order, Scope, TimeRange
from services import exports, metrics, people
from services.api import examples
from services.api.access import Caller, find_dataset, now
from services.api.dashboards import MOST_DAYS
from services.api.errors import BadField, JsonAnswer, Wait
from services.api.forms import RowsAnswer, example
from services.exports import Download, RowFormat
from services.maps.areas import resolved
from services.queries import parse_filters, resolve_range

router = APIRouter(tags=["Rows"])
MOST_ROWS = 1000
DOWNLOADS = 4
STALLED_S = 60.0

DatasetName = Annotated[str, Query(description="Dataset, like `grievance.complaints`.")]
From = Annotated[
    str | None, Query(alias="from", description="First day (2026-01-31, local) or instant; without it the last `days`.")
]
To = Annotated[str | None, Query(description="Day or instant at which the range ends, not included.")]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="Days up to now, when there is no `from`.")]
Where = Annotated[str | None, Query(description='Conditions as in a query, in JSON: `{"category": ["Noise"]}`.')]
Sort = Annotated[
    str | None,
    Query(description="Column to sort by, `-` before it for the largest first; rows without a value come last."),
]
At = Annotated[str | None, Query(description="Time column that the range refers to; without it the dataset's own.")]


class Seats:
    """A fixed number of places, taken without waiting; nobody has the last one besides all others."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Tally[str] = Tally()
        self._lock = threading.Lock()

    def take(self, account: str) -> None:
        """Take one; raises Wait when there is none, or only one left and all others are this account's."""
        with self._lock:
            own, taken = self._taken[account], self._taken.total()
            if taken >= self._places or 0 < own >= self._places - 1:
                whose = f"{own} downloads of yours" if own else "as many downloads as it can"
                raise Wait(f"The server is writing {whose}. Try again soon.", 5)
            self._taken[account] += 1

    def give_back(self, account: str) -> None:
        """Make it free again."""
        with self._lock:
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]


def span_of(scope: Scope, first: str | None, last: str | None, days: int, at: datetime) -> TimeRange:
    """The range of the parameters `from`, `to` and `days`."""
    if first is None and last is not None:
        raise BadField("`to` needs `from`.", "from")
    spec: dict[str, Any] = {"last": f"{days}d"} if first is None else {"from": first}
    return resolve_range(spec | ({"to": last} if last is not None else {}), scope.workspace.timezone, at)


def filters_of(scope: Scope, where: str | None) -> tuple[Filter, ...]:
    """The filters of the parameter `where`; `place` may be inside areas of the workspace's boundaries by name."""
    if not where:
        return ()
    try:
        return parse_filters(resolved(scope, json.loads(where)))
    except (ValueError, RecursionError) as error:
        raise BadField(f"Expected JSON: {error}.", "where", found=where) from error


def _cursor(dataset: Dataset, after: str | None) -> str | None:
    """What `next` holds, checked: it comes from outside, and a key of the wrong type fails in the database."""
    if after is None:
        return None
    try:
        text = base64.urlsafe_b64decode(after.encode() + b"=" * (-len(after) % 4)).decode()
        ms, key, *_ = json.loads(text)
    except (ValueError, TypeError) as error:
        raise BadField("Expected the `next` of the page before.", "after", found=after) from error
    if type(ms) is not int or type(key) is not (str if dataset.key else int) or abs(ms) > 10**14:
        raise BadField("Expected the `next` of the page before, of the same dataset.", "after", found=after)
    return text


@router.get("/v1/rows", summary="Rows behind a number", response_model=RowsAnswer, responses=example(examples.ROWS))
def get_rows(
    scope: Caller, dataset: DatasetName, from_: From = None, to: To = None, days: Days = 30, where: Where = None,
    at: At = None, after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows a page.")] = 100, sort: Sort = None,
) -> JsonAnswer:  # fmt: skip
    """The newest first, or up to two million sorted by a column, in pages that stay right while rows come in. Personal
    columns take the ability `personal`: without it they are left out and named in `omitted`; with it the reading is
    audited."""
    found, when = find_dataset(scope, dataset), now()
    span, filters = span_of(scope, from_, to, days, when), filters_of(scope, where)
    order = Order.read(sort)
    exports.require_visible(scope, found, {f.dimension for f in filters}, order)
    page = metrics.rows(scope, found.qualified, span, filters, limit, _cursor(found, after), at, order)
    shown, omitted = exports.visible_columns(scope, found)
    if set(shown) & exports.personal_columns(found) and page.rows:
        _record(scope, found, filters, len(page.rows))
    places = [page.columns.index(name) for name in shown]
    newest = {state.dataset: state.newest_at for state in metrics.freshness(scope)}
    return JsonAnswer(
        {
            "dataset": found.qualified,
            "from": span.from_at,
            "to": span.to_at,
            "filters": [f.sentence() for f in filters],
            "columns": shown,
            "omitted": omitted,
            "total": page.total,
            "as_of": newest.get(found.qualified),
            "rows": [{name: row[place] for name, place in zip(shown, places, strict=True)} for row in page.rows],
            "next": base64.urlsafe_b64encode(page.next.encode()).decode().rstrip("=") if page.next else None,
        }
    )


def _record(scope: Scope, dataset: Dataset, filters: tuple[Filter, ...], rows: int) -> None:
    detail = {"rows": rows, "filtered_by": sorted({f.dimension for f in filters})}
    with transaction(scope) as tx:
        people.record(tx, scope, "read_personal", dataset.qualified, detail)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. `X-Belvedere-Rows`, `X-Belvedere-As-Of`, `X-Belvedere-Filters` (JSON), "
        "`X-Belvedere-Omitted` and `X-Belvedere-Order` say what it holds.",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/csv", "application/x-ndjson", "application/json", "application/vnd.apache.parquet")
        },
    }
}


@router.get("/v1/rows/download", summary="Download rows", response_class=Response, responses=_FILE)
async def download_rows(
    request: Request, scope: Caller, dataset: DatasetName, from_: From = None, to: To = None, days: Days = 30,
    where: Where = None, at: At = None,
    form: Annotated[RowFormat, Query(alias="format", description="jsonl has one object a line.")] = "csv",
    sort: Sort = None,
) -> Response:  # fmt: skip
    """All rows of a range, oldest first, or up to two million sorted by a column, as they were at one moment, streamed.
    Times are ISO 8601 in UTC. The export is audited. Personal columns take the ability `personal`; without it they are
    left out."""
    when = now()
    span, filters = span_of(scope, from_, to, days, when), await run_in_threadpool(filters_of, scope, where)
    seats: Seats = request.app.state.downloads
    seats.take(scope.account)
    stack = ExitStack()
    stack.callback(seats.give_back, scope.account)
    try:
        found = await run_in_threadpool(find_dataset, scope, dataset)
        wanted = exports.Request(found, span, filters, at or "", form, Order.read(sort))
        opened = await run_in_threadpool(stack.enter_context, exports.download(scope, wanted, when))
    except BaseException:
        stack.close()
        raise
    return FileStream(opened, stack)


class FileStream(Response):
    """An answer that sends a download as it is made and then closes what is behind it, whatever happens.

    A client that takes nothing for a minute is dropped: behind it waits a database connection.
    """

    def __init__(self, opened: Download, stack: ExitStack) -> None:
        self.status_code = 200
        self.media_type = opened.media_type
        self.background = None
        self.body = b""
        self._opened, self._stack = opened, stack
        headers = {
            "Content-Disposition": f'attachment; filename="{opened.file_name}"',
            "X-Belvedere-Rows": str(opened.rows),
            "X-Belvedere-As-Of": opened.as_of.isoformat() if opened.as_of else "",
            "X-Belvedere-Filters": json.dumps(opened.filters),
            "X-Belvedere-Omitted": ",".join(opened.omitted),
            "X-Belvedere-Order": opened.order,
        }
        self.raw_headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()]
        self.raw_headers.append((b"content-type", opened.media_type.encode()))

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI
        """Send it; ends early when the client leaves."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch, receive, tasks.cancel_scope)
                await self._send(send)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._stack.close)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while (chunk := await run_in_threadpool(next, self._opened.chunks, None)) is not None:
            async with asyncio.timeout(STALLED_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _watch(receive: Receive, cancel: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cancel.cancel()
