"""Which settled days of a stream are counted in tensors, and are those still what the segments hold?

A day is as it was counted while its live segments are the same: their numbers are mixed into one print. Compaction
makes new segments of a day, so it makes the print another; the next count of that month makes them equal again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.database import database_url
from data.engine.manifest import Stream
from data.engine.sources import Source
from data.engine.tensor_parts import Arrays
from data.settings import settings
from data.statements import sql

_INDEX_FOR_S = 5.0
_SHARE = 8  # decoded parts may take one part in so many of the column cache's budget
HEAD = "days"
Prints = dict[int, int]
Key = tuple[str, int, int, int]


class TensorGone(Exception):
    """A month was counted anew after the index that names it was read."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is counted of a month: its days by ordinal with their prints, which parts, and by which dimensions ("": by
    none) there are sets of people and rows by cell.
    """

    starts_on: date
    token: str
    days: tuple[int, ...]
    prints: tuple[int, ...]
    parts: frozenset[str]
    sets: frozenset[str]
    places: frozenset[str]


def prints_of(stream: Stream) -> Prints:
    """One number for the live segments of each day."""
    if not len(stream.ids):
        return {}
    mixed = _mixed(stream.ids.astype(np.uint64))
    starts = np.flatnonzero(np.concatenate([[True], stream.days[1:] != stream.days[:-1]]))
    sums = np.add.reduceat(mixed, starts)
    return dict(zip(stream.days[starts].tolist(), sums.tolist(), strict=True))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def month_of(starts_on: date, arrays: Arrays) -> Month:
    """The month that an index row describes."""
    meta = arrays.meta
    prints = tuple(int(found, 16) for found in meta["prints"])
    names = (frozenset(meta.get(kind, ())) for kind in ("parts", "sets", "places"))
    return Month(starts_on, meta["token"], tuple(meta["days"]), prints, *names)


_index: dict[Key, tuple[float, dict[date, Month]]] = {}
_parts: OrderedDict[tuple[Any, ...], Arrays | None] = OrderedDict()
_held = 0
_lock = threading.Lock()


def place_of(source: Source, number: int) -> Key:
    """Names a stream among all that this process reads."""
    return database_url(), source.scope.workspace.id, source.dataset.id, number


def read_index(source: Source, number: int, fresh: bool = False) -> dict[date, Month]:
    """The counted months of a stream, by their first day; at most a few seconds old unless `fresh`.

    An old index does no harm: days are compared with the live segments, and parts with the index.
    """
    key = place_of(source, number)
    found = _index.get(key)
    if found and not fresh and time.monotonic() - found[0] < _INDEX_FOR_S:
        return found[1]
    values = {"workspace": source.scope.workspace.id, "dataset": source.dataset.id, "stream": number}
    with source.open().cursor(binary=True) as cursor:
        rows = cursor.execute(sql("tensor_index"), values).fetchall()
    months = {starts_on: month_of(starts_on, Arrays(data)) for starts_on, data in rows}
    if found and months == found[1]:
        months = found[1]  # the same object while nothing changed: what was worked out from it still holds
    with _lock:
        _index[key] = time.monotonic(), months
    return months


def read_parts(source: Source, number: int, wanted: Sequence[tuple[str, Month]]) -> dict[tuple[str, date], Arrays]:
    """The parts of months, without those that a month does not have; raises TensorGone."""
    place = place_of(source, number)
    found: dict[tuple[str, date], Arrays | None] = {}
    missing: list[tuple[str, Month]] = []
    with _lock:
        for part, month in wanted:
            key = (*place, part, month.token)
            if key in _parts:
                _parts.move_to_end(key)
                found[part, month.starts_on] = _parts[key]
            else:
                missing.append((part, month))
    if missing:
        fetched = _fetch(source, number, missing)
        _keep({(*place, part, month.token): fetched.get((part, month.starts_on)) for part, month in missing})
        found |= fetched
    return {key: arrays for key, arrays in found.items() if arrays is not None}


def _fetch(source: Source, number: int, missing: Sequence[tuple[str, Month]]) -> dict[tuple[str, date], Arrays]:
    """Parts and heads of months from one snapshot, so that a head that is still the same vouches for the parts."""
    months = {month.starts_on: month.token for _, month in missing}
    values = {
        "workspace": source.scope.workspace.id, "dataset": source.dataset.id, "stream": number,
        "parts": list({HEAD, *(part for part, _ in missing)}), "months": list(months),
    }  # fmt: skip
    with source.open().cursor(binary=True) as cursor:
        rows = cursor.execute(sql("tensor_parts"), values).fetchall()
    read = {(part, starts_on): Arrays(data) for part, starts_on, data in rows}
    for starts_on, token in months.items():
        head = read.pop((HEAD, starts_on), None)
        if head is None or head.meta["token"] != token:
            raise TensorGone
    return read


def _keep(fetched: dict[tuple[Any, ...], Arrays | None]) -> None:
    global _held
    budget = settings().cache_mb * 2**20 // _SHARE
    with _lock:
        for key, arrays in fetched.items():
            if key not in _parts:
                _parts[key] = arrays
                _held += arrays.bytes if arrays else 0
        while _held > budget and len(_parts) > 1:
            _, gone = _parts.popitem(last=False)
            _held -= gone.bytes if gone else 0


def forget() -> None:
    """Forget every index and part of this process."""
    global _held
    with _lock:
        _index.clear()
        _parts.clear()
        _held = 0
