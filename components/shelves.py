"""Which answers are kept, and who waits while the next one is made?"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_makers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="shelf")


class Shelf:
    """Answers by key, the longest unused thrown out first; the first asker computes, the others wait for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Future[Any]] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The answer under the key; an exception of `make` reaches everyone who waits and is not kept."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                mine: Future[Any] = Future()
                self._held[key] = mine
                while len(self._held) > self._most:
                    self._held.popitem(last=False)
            else:
                self._held.move_to_end(key)
        if held is not None:
            return held.result()
        try:
            mine.set_result(make())
        except BaseException as error:
            with self._lock:
                self._held.pop(key, None)
            mine.set_exception(error)
            raise
        return mine.result()


@dataclass(slots=True)
class Newest(Generic[T]):
    """The newest answer to a question: for which state of the data, and when that was last known to be the state."""

    key: str
    answer: T
    known_at: float
    is_being_followed: bool = False


class Steady:
    """Newest answers to questions whose data keeps changing.

    While it changes all the time, askers get the last answer and a thread makes the next one. An answer that was not
    known to be the newest within `patience_s` is not given any more: then the asker waits. An answer rests for `rest_s`
    before the next one is begun, or no answer would be used more than a few times.
    """

    def __init__(self, most: int, rest_s: float = 0.0) -> None:
        self._rest_s = rest_s
        self._shelf = Shelf(most)
        self._most = most
        self._lock = threading.Lock()
        self._newest: OrderedDict[str, Newest[Any]] = OrderedDict()

    def get(self, question: str, key: str, make: Callable[[], T], patience_s: float = 0.0) -> tuple[str, T]:
        """The answer to the question and its key: that of `key`, or one that was the newest `patience_s` ago."""
        began = time.monotonic()
        with self._lock:
            newest = self._newest.get(question)
            if newest is not None and newest.key == key:
                newest.known_at = began
                return key, newest.answer
            behind_s = began - newest.known_at if newest is not None else patience_s
            if newest is not None and behind_s < patience_s:
                if not newest.is_being_followed and behind_s >= min(self._rest_s, patience_s / 2):
                    newest.is_being_followed = True
                    _makers.submit(self._follow, newest, question, key, make, began)
                return newest.key, newest.answer
        return key, self._make(question, key, make, began)

    def _follow(self, newest: Newest[T], question: str, key: str, make: Callable[[], T], began: float) -> None:
        # An error is met, and shown, by whoever asks when the last answer has become too old.
        try:
            self._make(question, key, make, began)
        finally:
            newest.is_being_followed = False

    def _make(self, question: str, key: str, make: Callable[[], T], began: float) -> T:
        answer = self._shelf.get(key, make)
        with self._lock:
            newest = self._newest.get(question)
            if newest is None or newest.known_at <= began:
                self._newest[question] = Newest(key, answer, began)
                self._newest.move_to_end(question)
                while len(self._newest) > self._most:
                    self._newest.popitem(last=False)
        return answer
