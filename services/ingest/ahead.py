"""How is the next batch made ready while the database writes this one?"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(source: Generator[T, None, None]) -> Generator[T, None, None]:
    """The items of a generator, each made in another thread while its predecessor is in use. What the generator raises
    is raised in its place; it is closed when the items are no longer wanted."""
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, source, None)
        try:
            while (item := coming.result()) is not None:
                coming = pool.submit(next, source, None)
                yield item
        finally:
            coming.exception()  # wait: a running generator cannot be closed
            source.close()
