"""What does a browser tab on the Live page say to the server and hear from it, without a browser?

It speaks Streamlit's protocol: protobuf messages over a WebSocket. It keeps what the real front end keeps for its next
message: the page, the address and the hashes of large messages that need not be sent again. Only the states of pickers
are left out: the server takes their defaults.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from services.web.cookies import SESSION_COOKIE

_KEPT_RUNS = 2  # the front end forgets a large message that was not used in so many runs
_FIRST_S = 300.0
_LATE_S = 30.0


@dataclass(slots=True)
class Refresh:
    """One turn of the timer: how long until the last run that it led to was done, and what came until then."""

    at: float
    ms: float = 0.0
    runs: int = 0
    messages: int = 0
    size: int = 0
    references: int = 0
    charts: int = 0


@dataclass(slots=True)
class Tab:
    """A tab that is open on the Live page; `behind` counts the turns of its timer that it was not ready for."""

    refreshes: list[Refresh] = field(default_factory=list)
    drawn: dict[str, int] = field(default_factory=dict)
    behind: int = 0
    fragment: str = ""
    every_s: float = 0.0
    _query: str = ""
    _page: str = ""
    _runs: int = 0
    _hashes: dict[str, int] = field(default_factory=dict)
    _now: Refresh = field(default_factory=lambda: Refresh(0.0))
    _is_running: bool = False
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None

    async def open(self, port: int, secret: str, query: str) -> None:
        """Connect with a session's cookie, run the page once as at its first visit, and learn the timer's turn."""
        host = f"127.0.0.1:{port}"
        self._socket = await connect(
            f"ws://{host}/_stcore/stream", subprotocols=[Subprotocol("streamlit"), Subprotocol("none")],
            additional_headers={"Cookie": f"{SESSION_COOKIE}={secret}"}, origin=f"http://{host}", max_size=None,  # type: ignore[arg-type]
            ping_interval=None,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        self._query = query
        await self._run(page_name="live", within_s=_FIRST_S)
        if not self.fragment or not self.drawn.get("vega_lite_chart"):
            raise RuntimeError(f"The Live page did not come: drawn {self.drawn}, refresh every {self.every_s} s.")

    async def refresh(self, until: float, offset_s: float) -> None:
        """Refresh at every turn of the timer from `offset_s` on, until the clock of the loop says so.

        A turn of the timer may lead to a second run, when the first finds something new: its end counts then. A turn
        that finds a run still going on is left out and counted as `behind`; the next one says how long it took.
        """
        clock = asyncio.get_running_loop().time
        due = clock() + offset_s
        while due < until:
            await asyncio.sleep(max(0.0, due - clock()))
            if self._is_running:
                self.behind += 1
            else:
                self._now = Refresh(time.perf_counter())
                self.refreshes.append(self._now)
                await self._run(fragment_id=self.fragment, is_auto_rerun=True, within_s=_LATE_S)
            due += self.every_s
            while due < clock():
                self.behind += 1
                due += self.every_s
        await asyncio.sleep(max(0.0, due - clock()))
        while self._is_running:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Leave as a closed tab does."""
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    async def _run(self, within_s: float, **state: Any) -> None:
        assert self._socket is not None
        message = BackMsg()
        wanted = message.rerun_script
        wanted.query_string, wanted.page_script_hash = self._query, self._page
        wanted.context_info.timezone, wanted.context_info.locale = "America/Chicago", "en-US"
        wanted.cached_message_hashes.extend(self._hashes)
        for name, value in state.items():
            setattr(wanted, name, value)
        self._ended.clear()
        self._is_running = True
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(within_s):
            await self._ended.wait()
        if self._reader and self._reader.done():
            self._reader.result()
            raise RuntimeError("The server closed the connection.")

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                self._hear(ForwardMsg.FromString(data), len(data))  # type: ignore[arg-type]
        finally:
            self._ended.set()

    def _hear(self, message: ForwardMsg, size: int) -> None:
        self._now.messages += 1
        self._now.size += size
        self._remember(message)
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._count(message)
        elif kind == "new_session":
            self._is_running = True
        elif kind == "auto_rerun":
            self.fragment, self.every_s = message.auto_rerun.fragment_id, message.auto_rerun.interval
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
        elif kind == "script_finished":
            self._finish(message.script_finished)

    def _remember(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._hashes[message.hash] = self._runs
        if message.ref_hash:
            self._now.references += 1
            self._hashes[message.ref_hash] = self._runs

    def _count(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") == "new_element":
            name = message.delta.new_element.WhichOneof("type") or ""
            if name == "exception":
                raise RuntimeError(f"The page failed: {message.delta.new_element.exception.message}")
            self.drawn[name] = self.drawn.get(name, 0) + 1
            self._now.charts += name == "vega_lite_chart"

    def _finish(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        self._is_running = False
        self._now.ms = (time.perf_counter() - self._now.at) * 1000
        self._now.runs += 1
        self._runs += 1
        self._hashes = {name: run for name, run in self._hashes.items() if self._runs - run <= _KEPT_RUNS}
        self._ended.set()
