"""Is the next item made ahead, in order, and is nothing left behind when something goes wrong?"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing

import pytest

from services.ingest.ahead import one_ahead


def test_items_come_in_order_and_exactly_one_is_made_ahead() -> None:
    made: list[int] = []
    third = threading.Event()

    def count() -> Generator[int, None, None]:
        for i in range(5):
            if i == 2:
                third.wait(5)
            made.append(i)
            yield i

    items = one_ahead(count())
    assert next(items) == 0
    assert next(items) == 1 and made == [0, 1]
    third.set()
    assert list(items) == [2, 3, 4] == made[2:]


def test_what_the_source_raises_is_raised_after_the_items_before_it() -> None:
    def fail() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    items = one_ahead(fail())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_the_source_is_closed_when_the_reader_stops_early() -> None:
    closed = threading.Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with closing(one_ahead(endless())) as items:
        next(items)
    assert closed.is_set()
