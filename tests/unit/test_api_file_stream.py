"""Does a download that does not go to its end close what is behind it?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from starlette.types import Message

from services.api import rows
from services.exports import Download


class Opened:
    """A download of endless chunks that notes how many were made and whether it was closed."""

    def __init__(self, most: int = 10**9) -> None:
        self.made = 0
        self.closed = False
        self.stack = ExitStack()
        self.stack.callback(self._close)
        self.file = Download("f.csv", "text/csv", 1, None, (), (), (), "", self._chunks(most))

    def _chunks(self, most: int) -> Iterator[bytes]:
        while self.made < most:
            self.made += 1
            yield b"x"

    def _close(self) -> None:
        self.closed = True


async def still_there() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_download_that_is_taken_ends_and_closes() -> None:
    opened, sent = Opened(3), []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(rows.FileStream(opened.file, opened.stack)({}, still_there, send))
    assert b"".join(m.get("body", b"") for m in sent) == b"xxx"
    assert sent[-1]["more_body"] is False
    assert opened.closed


def test_a_client_that_leaves_stops_it() -> None:
    opened = Opened()

    async def gone() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        await asyncio.sleep(0.001)

    asyncio.run(rows.FileStream(opened.file, opened.stack)({}, gone, send))
    assert opened.closed
    assert opened.made < 1000


def test_a_client_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened()
    monkeypatch.setattr(rows, "STALLED_S", 0.05)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    with pytest.RaisesGroup(TimeoutError):
        asyncio.run(rows.FileStream(opened.file, opened.stack)({}, still_there, send))
    assert opened.closed
    assert opened.made == 1
