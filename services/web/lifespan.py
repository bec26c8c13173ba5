"""What must be up while the server runs, and what must end when it begins to stop?"""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from anyio.to_thread import run_sync

from data import embedded
from data.database import close_pool
from data.migrate import migrate
from services.observing.collector import Collector


def lifespan_of(on_stop: Callable[[], None]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The application's lifespan: the embedded database (unless DATABASE_URL names another) and the present schema.

    `on_stop` is called as soon as the server is told to stop: answers without an end keep it from stopping otherwise.
    """

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        stack, collector = ExitStack(), Collector("web")
        try:
            await run_sync(stack.enter_context, embedded.needed())
            await run_sync(migrate)
            collector.start()
            with _told_to_stop(on_stop):
                yield
        finally:
            on_stop()
            await run_sync(collector.stop)
            close_pool()
            await run_sync(stack.close)

    return lifespan


@contextmanager
def _told_to_stop(on_stop: Callable[[], None]) -> Iterator[None]:
    """Calls `on_stop` on SIGTERM and SIGINT before the server's own handler; does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        on_stop()
        after = before[signal.Signals(number)]
        if callable(after):
            after(number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
