"""Which segments do the rows of a batch become: one for each stream and local day they touch?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.days import local_days
from data.engine.dictionary import Place, codes_of
from data.engine.encode import MISSING, Array, pack
from data.engine.incoming import Ints, Rows, Text, cell_text, duration_ms
from data.engine.storage import MOST_ROWS
from data.model import Dataset
from data.statements import sql


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of one local day of one stream, by column."""

    stream: int
    day: date
    columns: dict[str, Array]

    @property
    def n(self) -> int:
        """How many rows, whatever their weights."""
        return int(self.columns["t"].size)


def code_columns(dataset: Dataset) -> dict[str, str]:
    """Coded segment columns and the dictionary column of each, in the order they are stored."""
    coded = {f"d:{d.name}": d.name for d in dataset.dimensions}
    coded |= {"a": dataset.actor} if dataset.actor else {}
    return coded | ({"p": "cell"} if dataset.place else {})


def column_order(dataset: Dataset) -> tuple[str, ...]:
    """All columns of a segment of this dataset but `w`, in the order they are stored."""
    measures, durations = [f"m:{m.name}" for m in dataset.measures], [f"m:{d.name}" for d in dataset.durations]
    return ("t", *code_columns(dataset), *measures, *durations)


def narrow(codes: NDArray[np.uint32]) -> Array:
    """Codes in the smallest of uint8, uint16 and uint32 that holds them."""
    top = int(codes.max()) if codes.size else 0
    return codes.astype(np.uint8 if top < 2**8 else np.uint16 if top < 2**16 else np.uint32)


def row_columns(place: Place, dataset: Dataset, rows: Rows) -> dict[str, Array]:
    """The columns of a segment for some rows; values that are new get codes."""
    return coded_columns(dataset, rows, codes_of(place, row_texts(dataset, rows)))


def row_texts(dataset: Dataset, rows: Rows) -> dict[str, Text]:
    """What of the rows is coded, by dictionary column."""
    texts = {name: rows.texts[name] for name in code_columns(dataset).values() if name != "cell"}
    return texts if rows.cell is None else texts | {"cell": cell_text(rows.cell)}


def coded_columns(dataset: Dataset, rows: Rows, codes: dict[str, NDArray[np.uint32]]) -> dict[str, Array]:
    """The columns of a segment for some rows, without `t` and `w`: they are the same in every stream."""
    columns: dict[str, Array] = {}
    for name, source in code_columns(dataset).items():
        columns[name] = codes[source] if name == "a" else narrow(codes[source])
    columns |= {f"m:{m.name}": rows.measures[m.name] for m in dataset.measures}
    return columns | {f"m:{d.name}": duration_ms(d, rows.times) for d in dataset.durations}


def join_columns(first: dict[str, Array], second: dict[str, Array]) -> dict[str, Array]:
    """The rows of both, one after the other."""
    return {name: np.concatenate([values, second[name]]) for name, values in first.items()}


def split_days(
    dataset: Dataset, tz: str, times: dict[str, Ints], columns: dict[str, Array], weights: NDArray[np.int32] | None
) -> Iterator[Segment]:
    """The rows of each stream and day; a row whose time in a stream is missing is not in that stream."""
    if weights is not None:
        columns = columns | {"w": weights}
    for stream, name in enumerate(dataset.streams):
        ms, kept = times[name], columns
        if bool((ms == MISSING).any()):
            there = np.flatnonzero(ms != MISSING)
            ms, kept = ms[there], _take(columns, there)
        if not ms.size:
            continue
        ordinals, t = local_days(ms, tz)
        for day, rows in _groups(ordinals):
            chosen = kept if rows is None else _take(kept, rows)
            part = Segment(stream, day, {"t": t if rows is None else t[rows], **chosen})
            yield from _limited(part)


def _take(columns: dict[str, Array], rows: NDArray[Any]) -> dict[str, Array]:
    return {name: values[rows] for name, values in columns.items()}


def _groups(ordinals: NDArray[np.int32]) -> Iterator[tuple[date, NDArray[Any] | None]]:
    if ordinals.min() == ordinals.max():
        yield date.fromordinal(int(ordinals[0])), None
        return
    order = np.argsort(ordinals, kind="stable")
    days, starts = np.unique(ordinals[order], return_index=True)
    for day, rows in zip(days, np.split(order, starts[1:]), strict=True):
        yield date.fromordinal(int(day)), rows


def _limited(segment: Segment) -> Iterator[Segment]:
    if segment.n <= MOST_ROWS:
        yield segment
        return
    for start in range(0, segment.n, MOST_ROWS):
        part = {name: values[start : start + MOST_ROWS] for name, values in segment.columns.items()}
        yield Segment(segment.stream, segment.day, part)


def add_segments(place: Place, segments: list[Segment], change: int) -> None:
    """Store the segments of one batch, packed."""
    if not segments:
        return
    weights = [s.columns.get("w") for s in segments]
    counted = {
        "streams": [s.stream for s in segments],
        "days": [s.day for s in segments],
        "changes": [change] * len(segments),
        "counts": [s.n for s in segments],
        "negatives": [0 if w is None else int((w < 0).sum()) for w in weights],
        "mins": [int(s.columns["t"].min()) for s in segments],
        "maxs": [int(s.columns["t"].max()) for s in segments],
        "packed": [pack(s.columns) for s in segments],
    }
    place.tx.execute(sql("add_micro_segments"), place.values(**counted))
