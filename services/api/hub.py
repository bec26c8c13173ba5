"""Who waits for news of which workspace, and how does one listener tell all of them?

One thread of this process hears Postgres; a change is read once and written once, whatever the number of clients. What
a client has not been sent yet is the newest state of each dataset, so a slow one skips versions and never grows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from prometheus_client import Gauge
from pydantic_core import to_json

from data.errors import BelvedereError, DatabaseDown
from data.listening import Changed, Connection, changes
from data.types import Scope
from services.exports import personal_columns
from services.metrics import Freshness, freshness, recent
from services.model import current

log = logging.getLogger("belvedere.stream")
CLIENTS = Gauge("belvedere_stream_clients", "Clients of the event stream.")

COALESCE_S = 0.05
POLL_S = 30.0
ROWS_KEPT = 20
RECENT_ROWS = 50


class Client:
    """One open event stream: what it still has to be sent."""

    __slots__ = ("_pending", "_rows", "_state", "closed", "datasets", "scope", "wake", "wants_rows")

    def __init__(self, scope: Scope, datasets: frozenset[str], wants_rows: bool) -> None:
        self.scope = scope
        self.datasets = datasets
        self.wants_rows = wants_rows
        self.wake = asyncio.Event()
        self.closed = ""
        self._pending: dict[str, bytes] = {}
        self._rows: deque[bytes] = deque(maxlen=ROWS_KEPT)
        self._state = ""

    def offer(self, dataset: str, event: bytes, state: str) -> None:
        """A newer version of a dataset; it replaces one that was not sent yet."""
        if dataset in self.datasets:
            self._pending[dataset] = event
            self._state = state
            self.wake.set()

    def offer_rows(self, dataset: str, event: bytes) -> None:
        """The newest rows of a dataset; the oldest unsent ones give way."""
        if self.wants_rows and dataset in self.datasets:
            self._rows.append(event)
            self.wake.set()

    def close(self, reason: str) -> None:
        """End the stream after telling why."""
        self.closed = reason
        self.wake.set()

    def take(self) -> bytes:
        """Everything unsent, as frames. Only the last has the id, so a client that missed a part asks for it again."""
        self.wake.clear()
        frames = [*self._rows, *self._pending.values()]
        self._rows.clear()
        self._pending.clear()
        if frames and self._state:
            frames[-1] = f"id: {self._state}\n".encode() + frames[-1]
        return b"".join(frames)


def frame(event: str, content: object) -> bytes:
    """One server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), to_json(content, inf_nan_mode="null"))


def state_id(found: Iterable[Freshness]) -> str:
    """The versions of all datasets as the id of an event: `grievance.complaints=12,grievance.complaint_events=7`."""
    return ",".join(f"{f.dataset}={f.version}" for f in found)


def versions_of(state: str) -> dict[str, int]:
    """The versions that a Last-Event-ID tells; what cannot be read counts as unknown."""
    pairs = (part.rpartition("=") for part in state.split(","))
    return {name: int(version) for name, _, version in pairs if name and version.isdigit()}


def version_event(found: Freshness) -> bytes:
    """The event that tells a dataset's version, row count, as-of time and last commit."""
    content = {
        "dataset": found.dataset,
        "version": found.version,
        "rows": found.rows,
        "as_of": found.newest_at,
        "received_at": found.received_at,
    }
    return frame("version", content)


def _newest_rows(scope: Scope, dataset: str, mark: Any) -> tuple[list[dict[str, Any]], Any]:
    """The newest rows beyond the mark, without personal columns, and the mark of the newest of them."""
    hidden = personal_columns(current().datasets()[dataset])
    rows = recent(scope, dataset, RECENT_ROWS, mark)
    column = "id" if rows and "id" in rows[0] else "received_at"
    mark = max((row[column] for row in rows), default=mark)
    return [{name: value for name, value in row.items() if name not in hidden} for row in rows], mark


class _Board:
    """What is known of one workspace, and who watches it."""

    def __init__(self, scope: Scope) -> None:
        # Row-level security lets this scope see the one workspace and nothing else, whoever came first.
        self.scope = replace(scope, workspace_ids=(scope.workspace.id,), role="viewer")
        self.clients: set[Client] = set()
        self.found: dict[str, Freshness] = {}
        self.marks: dict[str, Any] = {}
        self.is_stale = False
        self.announcing = False
        # An older state must not be written over a newer one by whoever asked first and was answered last.
        self.reading = asyncio.Lock()

    def wants_rows(self, dataset: str) -> bool:
        """Whether anybody is sent the rows of this dataset."""
        return any(client.wants_rows and dataset in client.datasets for client in self.clients)


class Hub:
    """All event streams of this process."""

    def __init__(
        self, poll_s: float = POLL_S, listen: Callable[[threading.Event], Iterable[Changed | Connection]] = changes
    ) -> None:
        self.is_live = False
        self._poll_s = poll_s
        self._listen = listen
        self._boards: dict[int, _Board] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._poller: asyncio.Task[None] | None = None
        self._announcements: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(len(board.clients) for board in self._boards.values())

    async def join(self, client: Client, seen: dict[str, int]) -> None:
        """Add a client and offer it every version that it has not seen. Raises DatabaseDown."""
        self._start()
        workspace_id = client.scope.workspace.id
        board = self._boards.setdefault(workspace_id, _Board(client.scope))
        board.clients.add(client)
        CLIENTS.inc()
        if not board.found:
            await self._read(board)
        state = state_id(board.found.values())
        for found in board.found.values():
            if seen.get(found.dataset) != found.version:
                client.offer(found.dataset, version_event(found), state)
                await self._first_rows(board, client, found.dataset)

    def leave(self, client: Client) -> None:
        """Forget a client; the last one takes its workspace's state along."""
        board = self._boards.get(client.scope.workspace.id)
        if board is None or client not in board.clients:
            return
        board.clients.discard(client)
        CLIENTS.dec()
        if not board.clients:
            del self._boards[client.scope.workspace.id]

    def close(self, reason: str = "The server is stopping.") -> None:
        """End every stream and the listener; may be called from any thread, and again."""
        self._stop.set()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                loop.call_soon_threadsafe(self._close_all, reason)

    def _close_all(self, reason: str) -> None:
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None
        for board in self._boards.values():
            for client in board.clients:
                client.close(reason)

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop and not self._stop.is_set():
            return
        self._loop, self._stop = loop, threading.Event()
        threading.Thread(target=self._hear, args=(self._stop, loop), name="belvedere-listener", daemon=True).start()
        self._poller = asyncio.create_task(self._poll())

    def _hear(self, stop: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        for heard in self._listen(stop):
            with contextlib.suppress(RuntimeError):  # the loop closed before this thread ended
                if isinstance(heard, Changed):
                    loop.call_soon_threadsafe(self._changed, heard.workspace_id)
                else:
                    loop.call_soon_threadsafe(self._connection, heard)

    def _connection(self, connection: Connection) -> None:
        if self.is_live and not connection.is_up:
            log.warning("The listener lost its connection: %s", connection.reason)
        self.is_live = connection.is_up
        if connection.is_up:
            for workspace_id in self._boards:
                self._changed(workspace_id)

    def _changed(self, workspace_id: int) -> None:
        board = self._boards.get(workspace_id)
        if board is None:
            return
        board.is_stale = True
        if board.announcing:
            return
        board.announcing = True
        task = asyncio.get_running_loop().create_task(self._announce(board))
        self._announcements.add(task)
        task.add_done_callback(self._announcements.discard)

    async def _announce(self, board: _Board) -> None:
        """Tell the first change at once, and what comes in a burst behind it together."""
        try:
            while board.is_stale and not self._stop.is_set():
                board.is_stale = False
                await self._tell(board)
                await asyncio.sleep(COALESCE_S)
        except DatabaseDown:
            log.warning("No news for %s: the database does not answer", board.scope.workspace.slug)
        except BelvedereError as error:
            log.error("No news for %s: %s", board.scope.workspace.slug, error)
        finally:
            board.announcing = False

    async def _tell(self, board: _Board) -> None:
        before = await self._read(board)
        changed = [f for f in board.found.values() if f != before.get(f.dataset)]
        state = state_id(board.found.values())
        for found in changed:
            event = version_event(found)
            for client in board.clients:
                client.offer(found.dataset, event, state)
        for found in changed:
            await self._tell_rows(board, found.dataset)

    async def _read(self, board: _Board) -> dict[str, Freshness]:
        """Bring the board up to date; what it held before."""
        async with board.reading:
            before = board.found
            board.found = {f.dataset: f for f in await asyncio.to_thread(freshness, board.scope)}
            return before

    async def _first_rows(self, board: _Board, client: Client, dataset: str) -> None:
        if client.wants_rows and dataset in client.datasets:
            rows, mark = await asyncio.to_thread(_newest_rows, board.scope, dataset, None)
            board.marks.setdefault(dataset, mark)
            if rows:
                client.offer_rows(dataset, frame("rows", {"dataset": dataset, "rows": rows}))

    async def _tell_rows(self, board: _Board, dataset: str) -> None:
        if not board.wants_rows(dataset):
            board.marks.pop(dataset, None)
            return
        rows, mark = await asyncio.to_thread(_newest_rows, board.scope, dataset, board.marks.get(dataset))
        if rows:
            board.marks[dataset] = mark
            event = frame("rows", {"dataset": dataset, "rows": rows})
            for client in board.clients:
                client.offer_rows(dataset, event)

    async def _poll(self) -> None:
        """Ask once in a while too: a pooler between us and Postgres swallows notifications without a word."""
        while True:
            await asyncio.sleep(self._poll_s)
            for workspace_id in list(self._boards):
                self._changed(workspace_id)
