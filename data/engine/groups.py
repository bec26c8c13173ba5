"""Which slot does the group of a row have, and which texts is a slot?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Group
from data.engine.sources import Source
from data.errors import BadInput

MOST_DENSE = 1 << 16
MOST_GROUPS = 1 << 21
_MOST_REMEMBERED = 1000  # codes of the dimensions of groups that are made once
Table = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Groups:
    """Tables from codes to slots; `pairs` maps sums of two tables. `codes[i]` are those that dimension i numbers."""

    columns: tuple[str, ...]
    tables: tuple[Table | None, ...]
    size: int
    codes: tuple[NDArray[np.int64], ...]
    pairs: Table | None = None
    kept: tuple[Group, ...] | None = None

    def names(self, source: Source, slots: Sequence[int]) -> list[Group]:
        """The texts of slots."""
        if not self.columns:
            return [() for _ in slots]
        numbers = np.asarray(slots, np.int64)
        places = [numbers] if len(self.columns) == 1 else list(np.divmod(numbers, len(self.codes[1])))
        texts = [
            source.dictionary(column).names(codes[place].tolist())
            for column, codes, place in zip(self.columns, self.codes, places, strict=True)
        ]
        return list(zip(*texts, strict=True))


def no_groups() -> Groups:
    """All rows in one slot."""
    return Groups((), (), 1, ())


def kept_groups(source: Source, by: tuple[str, ...], keep: tuple[Group, ...]) -> Groups:
    """A slot for each kept group and the last one for all others."""
    sizes = [source.dictionary(name).size + 1 for name in by]
    codes = [_codes(source, name, [group[i] for group in keep]) for i, name in enumerate(by)]
    other = len(keep)
    if len(by) == 1:
        table = np.full(sizes[0], other, np.int32)
        for slot, code in enumerate(codes[0]):
            if code >= 0:
                table[code] = slot
        return Groups(by, (_stored(source, by[0], table),), other + 1, (), kept=keep)
    places = [{code: i for i, code in enumerate(dict.fromkeys(found))} for found in codes]
    tables = [_placed(size, found) for size, found in zip(sizes, places, strict=True)]
    width = len(places[1]) + 1
    pairs = np.full((len(places[0]) + 1) * width, other, np.int32)
    for slot, (one, two) in enumerate(zip(*codes, strict=True)):
        pairs[places[0][one] * width + places[1][two]] = slot
    stored = [_stored(source, name, table) for name, table in zip(by, tables, strict=True)]
    return Groups(by, (stored[0] * np.int32(width), stored[1]), other + 1, (), pairs, keep)


def _stored(source: Source, name: str, table: Table) -> Table:
    """A table from the codes of a dictionary, as one from the codes that segments hold."""
    recoded = source.recoded(name)
    return table if recoded is None else table[recoded]


def _placed(size: int, places: dict[int, int]) -> Table:
    table = np.full(size, len(places), np.int32)
    for code, place in places.items():
        if code >= 0:
            table[code] = place
    return table


def _codes(source: Source, name: str, values: Sequence[str | None]) -> list[int]:
    """Code of each value: 0 for missing, -1 for one that the dictionary lacks."""
    dictionary = source.dictionary(name)
    known = dictionary.codes([v for v in values if v is not None])
    found = dict(zip(dictionary.names(known), known, strict=True))
    return [0 if value is None else found.get(value, -1) for value in values]


def domain(source: Source, by: tuple[str, ...]) -> int:
    """How many groups there could be."""
    return int(np.prod([source.dictionary(name).size + 1 for name in by], dtype=object)) if by else 1


def all_groups(source: Source, by: tuple[str, ...]) -> Groups:
    """A slot for every combination of codes."""
    sizes = tuple(source.dictionary(name).size + 1 for name in by)
    if sum(sizes) > _MOST_REMEMBERED or any(source.recoded(name) is not None for name in by):
        return present_groups(source, by, [np.arange(size) for size in sizes])
    return _every_group(by, sizes)


@lru_cache(maxsize=256)
def _every_group(by: tuple[str, ...], sizes: tuple[int, ...]) -> Groups:
    codes = tuple(np.arange(size) for size in sizes)
    width = sizes[1] if len(by) == 2 else 1
    tables = tuple(np.arange(size, dtype=np.int32) * (width if i == 0 else 1) for i, size in enumerate(sizes))
    return Groups(by, tables, int(np.prod(sizes)), codes)


def present_groups(source: Source, by: tuple[str, ...], codes: Sequence[NDArray[np.int64]]) -> Groups:
    """A slot for every combination of these codes; raises BadInput when they are too many."""
    size = int(np.prod([len(found) for found in codes], dtype=object))
    if size > MOST_GROUPS:
        raise BadInput(
            f"Field `by`: {' and '.join(by)} make {size:,} groups here; expected at most {MOST_GROUPS:,}: filter first."
        )
    tables = []
    for i, found in enumerate(codes):
        recoded = source.recoded(by[i])
        most = int(found[-1]) if len(found) else 0
        table = np.zeros((most if recoded is None else max(most, int(recoded.max()))) + 1, np.int32)
        table[found] = np.arange(len(found), dtype=np.int32) * (len(codes[1]) if i == 0 and len(codes) == 2 else 1)
        tables.append(_stored(source, by[i], table))
    return Groups(by, tuple(tables), max(size, 1), tuple(np.asarray(found, np.int64) for found in codes))
