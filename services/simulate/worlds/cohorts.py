"""Who began on which day, put together quickly for many days?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

_BLOCK_DAYS = 30


def joined(parts: list[T]) -> T:
    """Dataclasses whose fields are all arrays, one behind the other."""
    kind = type(parts[0])
    columns: list[Any] = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(kind)]
    return kind(*columns)


class Cohorts(Generic[T]):
    """What `make` gives for each day, kept; whole blocks of days are put together once."""

    def __init__(self, make: Callable[[date], T]) -> None:
        self.of = lru_cache(maxsize=1200)(make)
        self._block = lru_cache(maxsize=60)(self._make_block)

    def _make_block(self, number: int) -> T:
        first = number * _BLOCK_DAYS
        return joined([self.of(date.fromordinal(first + n)) for n in range(_BLOCK_DAYS)])

    def between(self, first: date, last: date) -> T:
        """All of the days from `first` to `last`, both included, in their order."""
        parts, ordinal, end = list[T](), first.toordinal(), last.toordinal()
        while ordinal <= end:
            if ordinal % _BLOCK_DAYS == 0 and ordinal + _BLOCK_DAYS - 1 <= end:
                parts.append(self._block(ordinal // _BLOCK_DAYS))
                ordinal += _BLOCK_DAYS
            else:
                parts.append(self.of(date.fromordinal(ordinal)))
                ordinal += 1
        return joined(parts)
