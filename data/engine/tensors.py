"""How are settled days counted once and for all, so that a question about a year reads kilobytes?

A row of belvedere.tensors is one part of one month of a stream: its days' numbers by one dimension or pair (period
`day`), or a set of people or the rows by cell of the month (period `month`). The part `days` says which days are
counted, and their prints.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.buckets import add_months, local_date
from data.engine.columns import SegmentGone
from data.engine.manifest import Stream, stream_of
from data.engine.sources import Source
from data.engine.tally import Extent, Tally, extent_of, tally
from data.engine.tensor_index import HEAD, Month, Prints, prints_of, read_index
from data.engine.tensor_parts import narrowed, pack_arrays, pack_set
from data.engine.tensor_places import packed
from data.engine.tensor_places import part_of as place_part
from data.model import Dataset
from data.statements import sql
from data.types import Scope

_BYTES_A_ROW = 4
"""Sets of people may take so much; dimensions beyond are read from segments."""
LEAST_ROWS = 200_000
"""Months with fewer rows are read from segments: that is quick, and their tensors could take more than the rows."""
_FORM = 1
"""Grows when the form of the parts changes: months in an older form are counted again."""


def update_tensors(scope: Scope, dataset: Dataset, now: datetime) -> int:
    """Count the settled days of every month that has one not counted as it is now; returns how many days.

    A day is settled when it is over where the workspace is. Each month is a transaction of its own; a month whose
    segments are merged away meanwhile waits for the next time.
    """
    today = local_date(now, scope.workspace.timezone)
    return sum(_update_stream(scope, dataset, number, today) for number in range(len(dataset.streams)))


def _update_stream(scope: Scope, dataset: Dataset, number: int, today: date) -> int:
    with Source(scope, dataset) as source:
        stream = stream_of(source.manifest, number)
        index = read_index(source, number, fresh=True)
        extent = extent_of(source)
        due = [m for m in _months(stream, today) if _is_due(index.get(m), m, prints_of(stream), extent, today)]
        gone = sorted(set(index) - set(_months(stream, today)))
        if gone:
            source.open().execute(sql("delete_tensors"), _names(source, number) | {"months": gone})
    return sum(_update_month(scope, dataset, number, month, today) for month in due)


def _names(source: Source, number: int) -> dict[str, Any]:
    return {"workspace": source.scope.workspace.id, "dataset": source.dataset.id, "stream": number}


def _months(stream: Stream, today: date) -> list[date]:
    """The first days of months with enough rows in settled days."""
    rows: Counter[date] = Counter()
    settled = stream.days < today.toordinal()
    for day, count in zip(stream.days[settled].tolist(), stream.counts[settled].tolist(), strict=True):
        rows[date.fromordinal(day).replace(day=1)] += count
    return sorted(month for month, count in rows.items() if count >= LEAST_ROWS)


def _days_of(month: date, prints: Prints, today: date) -> list[int]:
    last = min(add_months(month, 1), today).toordinal()
    return [day for day in range(month.toordinal(), last) if day in prints]


def _is_over(month: date, today: date) -> bool:
    return add_months(month, 1) <= today


def _token(days: Sequence[int], prints: Prints, extent: Extent, is_over: bool) -> str:
    """Names a month's days, their segments and what is counted of them."""
    text = repr((_FORM, [(day, prints[day]) for day in days], extent, is_over))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _is_due(found: Month | None, month: date, prints: Prints, extent: Extent, today: date) -> bool:
    days = _days_of(month, prints, today)
    return found is None or found.token != _token(days, prints, extent, _is_over(month, today))


def _update_month(scope: Scope, dataset: Dataset, number: int, month: date, today: date) -> int:
    try:
        with Source(scope, dataset, keeps=False) as source:
            alone = source.open().execute(sql("lock_tensors"), _names(source, number)).fetchone()
            return _count_month(source, number, month, today) if alone == (True,) else 0
    except SegmentGone:
        return 0


def _count_month(source: Source, number: int, month: date, today: date) -> int:
    stream, extent = stream_of(source.manifest, number), extent_of(source)
    prints = prints_of(stream)
    days = _days_of(month, prints, today)
    if not days:
        return 0
    is_over = _is_over(month, today)
    found = tally(source, number, stream, days, extent, is_over)
    here = np.isin(stream.days, days)
    rows = int(stream.counts[here].sum())
    token = _token(days, prints, extent, is_over)
    parts = [("day", part, data) for part, data in _day_parts(found, token, len(days))]
    people, sets = _set_parts(found, token, rows)
    placed = dict(_place_parts(source, found, token, rows))
    places = [name for name in found.places if place_part(name) in placed]
    parts += [("month", part, data) for part, data in (*people, *placed.items())]
    named = sorted({*found.parts, *(f"h:{d}" for d in extent.detailed), "h"})
    head = {"token": token, "days": days, "prints": [f"{prints[d]:x}" for d in days], "parts": named, "sets": sets}
    head |= {"places": places}
    parts.append(("day", HEAD, pack_arrays({}, head)))
    _store(source, number, month, parts, int(stream.ids[here].max()), rows)
    return len(days)


def _store(
    source: Source, number: int, month: date, parts: Sequence[tuple[str, str, bytes]], last: int, rows: int
) -> None:
    names = _names(source, number)
    tx = source.open()
    tx.execute(sql("delete_tensors"), names | {"months": [month]})
    periods, titles, data = (list(found) for found in zip(*parts, strict=True))
    values = {"month": month, "last": last, "rows": rows, "periods": periods, "parts": titles, "data": data}
    tx.execute(sql("add_tensors"), names | values)


def _day_parts(found: Tally, token: str, days: int) -> Iterator[tuple[str, bytes]]:
    for part, arrays in found.parts.items():
        meta = {"token": token, "days": days, "bins": found.bins.get(part, {})}
        yield part, pack_arrays({name: narrowed(values) for name, values in arrays.items()}, meta)


def _place_parts(source: Source, found: Tally, token: str, rows: int) -> Iterator[tuple[str, bytes]]:
    """Rows by cell, where that is shorter than the rows."""
    for name, (slots, counts) in found.places.items():
        size = source.dictionary(name).size + 1 if name else 1
        arrays = packed(slots, counts, size, rows)
        if arrays is not None:
            yield place_part(name), pack_arrays(arrays, {"token": token})


def _set_parts(found: Tally, token: str, rows: int) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Sets of people, cheapest dimensions first, as many as fit; and the names of those dimensions ("" is everyone)."""
    packed = {name: list(_sets_of(name, bits, token)) for name, bits in found.people.items()}
    sizes = {name: sum(len(data) for _, data in parts) for name, parts in packed.items()}
    kept: list[str] = []
    left = _BYTES_A_ROW * rows
    for name in sorted(sizes, key=lambda n: (n != "", sizes[n])):
        if name == "" or sizes[name] <= left:
            kept.append(name)
            left -= sizes[name]
    return [part for name in kept for part in packed[name]], kept


def _sets_of(name: str, bits: NDArray[np.uint64], token: str) -> Iterator[tuple[str, bytes]]:
    for code, line in enumerate(bits):
        people = np.flatnonzero(np.unpackbits(line.view(np.uint8), bitorder="little"))
        if people.size:
            top = int(people[-1])
            yield (
                (f"a:{name}:{code}" if name else "a"),
                pack_arrays(pack_set(people, top), {"token": token, "top": top}),
            )
