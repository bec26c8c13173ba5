"""How do small requests that arrive at the same time share a transaction, without any of them waiting for company?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Asked = TypeVar("Asked")
Told = TypeVar("Told")
AT_ONCE = 500
Waiting = tuple[Asked, asyncio.Future[Told]]


class Together(Generic[Asked, Told]):
    """Hands what was asked to a worker thread: what arrives while one group is worked on makes the next."""

    def __init__(self, turn: Callable[[], AbstractAsyncContextManager[None]], at_once: int = AT_ONCE) -> None:
        self._turn = turn
        self._at_once = at_once
        self._waiting: dict[Hashable, deque[Waiting[Asked, Told]]] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def do(
        self, group: Hashable, asked: Asked, work: Callable[[Sequence[Asked]], Sequence[Told | Exception]]
    ) -> Told:
        """What `work` gives for `asked`; raises the error that it gives or raises. A group has one kind of work."""
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        queue = self._waiting.get(group)
        if queue is not None:
            queue.append((asked, answer))
        else:
            self._waiting[group] = deque([(asked, answer)])
            task = asyncio.create_task(self._serve(group, work))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        return await answer

    async def _serve(self, group: Hashable, work: Callable[[Sequence[Asked]], Sequence[Told | Exception]]) -> None:
        queue = self._waiting[group]
        taken: list[Waiting[Asked, Told]] = []
        try:
            while queue:
                async with self._turn():
                    taken = [queue.popleft() for _ in range(min(len(queue), self._at_once))]
                    answers = await run_in_threadpool(work, [asked for asked, _ in taken])
                for (_, waiting), answer in zip(taken, answers, strict=True):
                    _tell(waiting, answer)
                taken = []
        except Exception as error:  # noqa: BLE001 - each of those who wait raises it
            for _, waiting in (*taken, *queue):
                _tell(waiting, error)
        finally:
            del self._waiting[group]


def _tell(waiting: asyncio.Future[Told], answer: Told | Exception) -> None:
    if waiting.done():  # whoever asked has left
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
