"""Which segments does a dataset have, what is in them, and how does one set take the place of another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from data.engine.dictionary import Place
from data.engine.encode import decode_column, encode_column, pack, unpack
from data.engine.merge import Columns, negatives_in, rows_in, take
from data.statements import sql

MOST_ROWS = 1_000_000
LEAST_SMALL = 256  # below, the small form takes longer than it saves
SEALED_AT_ONCE = 16_384
LEAST_SEALED = 4096  # below, a dozen rows of columns would take more room than the packed form


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment that is there. `age_s` is how long ago it was added."""

    id: int
    stream: int
    day: date
    rows: int
    negatives: int
    min_ms: int
    max_ms: int
    packed: bool
    age_s: float


@dataclass(frozen=True, slots=True)
class Made:
    """Contents of a stream and day that are to be stored, sorted by time."""

    stream: int
    day: date
    columns: Columns


@dataclass(frozen=True, slots=True)
class Prepared:
    """Segments whose columns are written and that only have to be entered."""

    values: dict[str, list[Any]]


def live(place: Place) -> list[Stored]:
    """The segments that hold the data now, by stream and day, smallest first."""
    return [Stored(*row) for row in place.tx.execute(sql("segments_to_merge"), place.values()).fetchall()]


def load(place: Place, segments: Sequence[Stored]) -> list[Columns]:
    """The contents of some segments, in their order."""
    values = place.values(segments=[s.id for s in segments])
    found: dict[int, Columns] = {}
    if any(s.packed for s in segments):
        for id, packed in place.tx.cursor(binary=True).execute(sql("packed_segments"), values):
            found[id] = unpack(packed)
    if not all(s.packed for s in segments):
        for id, name, data in place.tx.cursor(binary=True).execute(sql("sealed_columns"), values):
            found.setdefault(id, {})[name] = decode_column(name, data)
    return [found[s.id] for s in segments]


def prepare(
    place: Place, made: Sequence[Made], sealed_from: int | None = None, quick_from: date = date.max
) -> Prepared:
    """Write contents in segments of at most MOST_ROWS; they are not part of the data yet.

    Those of `sealed_from` rows and more (LEAST_SEALED unless told), which have to be in order of time, are sealed; the
    others are packed, in the small form if that is worth it and their day is before `quick_from`.
    """
    sealed_from = LEAST_SEALED if sealed_from is None else sealed_from
    pieces = [piece for m in made for piece in _pieces(m)]
    sealed = [rows_in(p.columns) >= sealed_from for p in pieces]
    fresh = iter(_new_ids(place, sum(sealed)))
    ids = [next(fresh) if is_sealed else None for is_sealed in sealed]
    for id, piece in zip(ids, pieces, strict=True):
        if id is not None:
            data = [encode_column(name, values) for name, values in piece.columns.items()]
            names = list(piece.columns)
            place.tx.execute(
                sql("add_sealed_columns"), place.values(segments=[id] * len(names), names=names, data=data)
            )
    return Prepared({
        "segments": ids,
        "streams": [p.stream for p in pieces],
        "days": [p.day for p in pieces],
        "counts": [rows_in(p.columns) for p in pieces],
        "negatives": [negatives_in(p.columns) for p in pieces],
        "mins": [int(p.columns["t"].min()) for p in pieces],
        "maxs": [int(p.columns["t"].max()) for p in pieces],
        "packed": [None if id is not None else _packed(p, quick_from) for id, p in zip(ids, pieces, strict=True)],
    })  # fmt: skip


def _new_ids(place: Place, n: int) -> list[int]:
    """Only columns that are stored apart need to know their segment beforehand; the others get theirs when added."""
    return [id for (id,) in place.tx.execute(sql("new_segment_ids"), {"n": n}).fetchall()] if n else []


def _packed(made: Made, quick_from: date) -> bytes:
    return pack(made.columns, small=made.day < quick_from and rows_in(made.columns) >= LEAST_SMALL)


def switch(place: Place, prepared: Prepared, retired: Sequence[Stored], change: int) -> None:
    """Put prepared segments in the place of others, which are deleted later, when nobody can still be reading them.

    The caller holds the lock of the dataset's state.
    """
    n = len(prepared.values["segments"])
    if n:
        place.tx.execute(sql("add_segments"), place.values(**prepared.values, changes=[change] * n))
    if retired:
        place.tx.execute(sql("retire_segments"), place.values(segments=[s.id for s in retired], change=change))


def _pieces(made: Made) -> list[Made]:
    n = rows_in(made.columns)
    if n <= MOST_ROWS:
        return [made] if n else []
    starts = np.linspace(0, n, -(-n // MOST_ROWS) + 1).astype(int)
    parts = [np.arange(a, b) for a, b in pairwise(starts)]
    return [Made(made.stream, made.day, take(made.columns, part)) for part in parts]


def sweep(place: Place, grace_s: float) -> int:
    """Delete what was retired longer ago than the grace; returns how many segments."""
    row = place.tx.execute(sql("sweep_segments"), place.values(grace_s=grace_s)).fetchone()
    assert row is not None
    return int(row[0])
