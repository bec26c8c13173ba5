"""Do the segments of a dataset say exactly what its rows say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.database import transaction
from data.engine.bulk import every_row, row_blocks
from data.engine.compare import Sums, differences
from data.engine.dictionary import Place
from data.engine.incoming import Text
from data.engine.merge import Columns, negatives_in, rows_in
from data.engine.micro import code_columns, coded_columns, row_texts
from data.engine.state import unlocked
from data.engine.storage import Stored, live, load
from data.errors import BelvedereError
from data.model import Dataset
from data.statements import sql
from data.types import Scope

_UNKNOWN = np.uint32(2**32 - 1)  # no dictionary gives this code
Kind = Literal["missing", "extra", "different", "unreadable", "description", "count"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A stream and day whose segments are wrong. `missing` and `extra` compare the segments' number of rows with the
    table's; `different` is the same number of other rows; `unreadable` a damaged segment, `description` one that is not
    what its own row says; `count` (no stream, no day) a wrong total of the dataset."""

    stream: str
    day: date | None
    kind: Kind
    segments: int
    rows: int


@dataclass(frozen=True, slots=True)
class Verified:
    """How many days of streams were compared, and which are wrong."""

    checked: int
    mismatches: list[Mismatch]


def verify(scope: Scope, dataset: Dataset) -> Verified:
    """Compare every row of the active workspace with the segments, as of one moment, while others go on writing."""
    with transaction(scope, snapshot=True) as tx:
        place = unlocked(tx, scope, dataset)
        segments, rows = Sums(), Sums()
        wrong = _sum_segments(place, dataset, segments)
        total = _sum_rows(place, scope, dataset, rows)
        wrong += [_mismatch(dataset, *key, *counts) for key, counts in differences(segments, rows).items()]
        kept = tx.execute(sql("dataset_rows"), place.values()).fetchone()
    if (kept[0] if kept else 0) != total:
        wrong.append(Mismatch("", None, "count", kept[0] if kept else 0, total))
    return Verified(len(segments.found.keys() | rows.found.keys()), wrong)


def _sum_segments(place: Place, dataset: Dataset, sums: Sums) -> list[Mismatch]:
    wrong = []
    for segment in live(place):
        name = dataset.streams[segment.stream] if segment.stream < len(dataset.streams) else str(segment.stream)
        try:
            columns = load(place, [segment])[0]
        except (BelvedereError, KeyError):
            wrong.append(Mismatch(name, segment.day, "unreadable", segment.rows, segment.rows))
            continue
        if not _as_described(segment, columns):
            wrong.append(Mismatch(name, segment.day, "description", segment.rows, rows_in(columns)))
        sums.add_segment(segment.stream, segment.day, columns)
    return wrong


def _as_described(segment: Stored, columns: Columns) -> bool:
    t = columns["t"]
    found = (rows_in(columns), negatives_in(columns), int(t.min()), int(t.max()))
    in_order = segment.packed or bool((t[1:] >= t[:-1]).all())
    return in_order and found == (segment.rows, segment.negatives, segment.min_ms, segment.max_ms)


def _sum_rows(place: Place, scope: Scope, dataset: Dataset, sums: Sums) -> int:
    known: dict[str, dict[str, int]] = {
        name: dict(place.tx.execute(sql("dictionary_values"), place.values(column=name)).fetchall())
        for name in code_columns(dataset).values()
    }
    total = 0
    for rows in row_blocks(place.tx, dataset, every_row(dataset, scope.workspace.id)):
        codes = {name: _codes(text, known[name]) for name, text in row_texts(dataset, rows).items()}
        columns = coded_columns(dataset, rows, codes)
        total += rows.n
        for stream, name in enumerate(dataset.streams):
            sums.add_rows(stream, scope.workspace.timezone, rows.times[name], columns)
    return total


def _codes(text: Text, known: Mapping[str, int]) -> NDArray[np.uint32]:
    codes = [known.get(value, _UNKNOWN) for value in text.values.to_pylist()]
    spread: NDArray[np.uint32] = np.array([*codes, 0], np.uint32)[text.codes]
    return spread


def _mismatch(dataset: Dataset, stream: int, day: date, segments: int, rows: int) -> Mismatch:
    kind: Kind = "missing" if segments < rows else "extra" if segments > rows else "different"
    name = dataset.streams[stream] if stream < len(dataset.streams) else str(stream)
    return Mismatch(name, day, kind, segments, rows)
