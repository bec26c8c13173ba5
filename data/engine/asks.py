"""What is asked of the rows of one stream, and what comes back, whichever engine answers?

An Ask names sufficient statistics only; metrics are computed from its Table. Numbers are the integers of the segments
(value * 10**decimals, milliseconds), so that two engines can be compared for equality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.engine.days import to_ms
from data.engine.hexagons import PLACE, Area

NULL = -(2**63)
Ints = NDArray[np.int64]
Group = tuple[str | None, ...]


class Hashed:
    """A frozen dataclass whose hash is worked out once. It names `__hash__` again: dataclasses make their own."""

    __slots__ = ("_hash",)
    __match_args__: tuple[str, ...]
    _hash: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(tuple(getattr(self, name) for name in self.__match_args__)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True, order=True)
class Stat(Hashed):
    """One statistic of a cell.

    n: rows; sum, filled (rows with a value), min, max, percentile, distinct: of `column`; elapsed: milliseconds from
    each row's time to the frame's start, plus its `column` (a duration, missing counts 0). Missing results are NULL.
    """

    kind: Literal["n", "sum", "filled", "min", "max", "percentile", "distinct", "elapsed"]
    column: str = ""
    q: float = 0.0
    exact: bool = False
    __hash__ = Hashed.__hash__


COUNT = Stat("n")


@dataclass(frozen=True, slots=True)
class OneOf(Hashed):
    """The text column is (or with `negate` is not) one of the values; None is "missing"."""

    column: str
    values: tuple[str | None, ...]
    negate: bool = False
    __hash__ = Hashed.__hash__


@dataclass(frozen=True, slots=True)
class Contains:
    """The text column contains one of the parts, without regard to case (both casefolded)."""

    column: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The number column has a value and low <= value <= high, in the integers of the segments."""

    column: str
    low: int = NULL + 1
    high: int = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Inside:
    """The centre of the row's H3 cell lies in the area; rows without a place do not. `column` is always "place"."""

    area: Area
    column: str = PLACE


Predicate = OneOf | Contains | Between | Inside


@dataclass(frozen=True, slots=True)
class Frame(Hashed):
    """Consecutive half-open buckets [edges[i], edges[i + 1]); with `opening`, bucket 0 is all before the first edge."""

    edges: tuple[datetime, ...]
    opening: bool = False
    __hash__ = Hashed.__hash__

    @property
    def size(self) -> int:
        """How many buckets a Table of this frame has."""
        return len(self.edges) - 1 + int(self.opening)


@lru_cache(maxsize=1024)
def frame_of(edges: tuple[datetime, ...], opening: bool) -> Frame:
    """The frame of these edges, the same object each time."""
    return Frame(edges, opening)


@lru_cache(maxsize=1024)
def edge_ms(edges: tuple[datetime, ...]) -> Ints:
    """The edges in UTC milliseconds."""
    found = np.asarray([to_ms(edge) for edge in edges], np.int64)
    found.flags.writeable = False
    return found


class Key:
    """All of an ask but its statistics: asks that are equal in this are answered together. Hashed once, used often."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, parts: tuple[object, ...]) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._hash == other._hash and self._parts == other._parts


@dataclass(frozen=True, slots=True)
class Ask:
    """Statistics of the rows of `dataset` by its time column `at`, in buckets and groups.

    With `keep` the groups are these, in this order, and then one more for all others together; with `most` only so many
    groups with the most rows are given; with `leading`, of the groups that share their first value, the one with the
    most rows.
    """

    dataset: str
    at: str
    predicates: tuple[Predicate, ...]
    by: tuple[str, ...]
    frame: Frame
    stats: tuple[Stat, ...]
    keep: tuple[Group, ...] | None = None
    most: int | None = None
    leading: bool = False
    without_stats: Key = field(init=False, repr=False, compare=False)
    without_frame: Key = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = self.dataset, self.at, self.predicates, self.by, self.keep, self.most, self.leading
        object.__setattr__(self, "without_stats", Key((*parts, self.frame)))
        object.__setattr__(self, "without_frame", Key((*parts, self.stats)))
        object.__setattr__(self, "_hash", hash(self.without_stats))

    def __hash__(self) -> int:
        return self._hash


@dataclass(slots=True)
class Table:
    """`cells[stat]` is [buckets, groups]; `groups` are those with rows, or all of `keep` and then the others."""

    groups: list[Group]
    cells: dict[Stat, Ints]
    how: str = ""


Reader = Callable[[Sequence[Ask]], list[Table]]


def merge(asks: Sequence[Ask]) -> list[Ask]:
    """Asks that differ in their statistics only become one."""
    found: dict[Key, list[Ask]] = {}
    for ask in asks:
        found.setdefault(ask.without_stats, []).append(ask)
    return [same[0] if len(same) == 1 else _together(same) for same in found.values()]


def _together(asks: Sequence[Ask]) -> Ask:
    return replace(asks[0], stats=tuple(sorted({stat for ask in asks for stat in ask.stats})))
