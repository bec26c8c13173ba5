"""Which segments do the rows of a batch become: one for each stream and local day they touch?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from data.engine.days import local_days
from data.engine.dictionary import Looked, Place, codes_of, identity, look
from data.engine.encode import MISSING, Array
from data.engine.incoming import Ints, Rows, Text, cell_text, duration_ms
from data.engine.merge import rows_in, sort, take
from data.engine.state import State
from data.engine.storage import SEALED_AT_ONCE, Made, prepare, switch
from data.model import Dataset


def code_columns(dataset: Dataset) -> dict[str, str]:
    """Coded segment columns and the dictionary column of each, in the order they are stored."""
    coded = {f"d:{d.name}": d.name for d in dataset.dimensions}
    coded |= {"a": dataset.actor} if dataset.actor else {}
    return coded | ({"p": "cell"} if dataset.place else {})


def narrow(codes: NDArray[np.uint32]) -> Array:
    """Codes in the smallest of uint8, uint16 and uint32 that holds them."""
    top = int(codes.max()) if codes.size else 0
    return codes.astype(np.uint8 if top < 2**8 else np.uint16 if top < 2**16 else np.uint32)


def row_columns(place: Place, dataset: Dataset, rows: Rows, looked: Looked | None = None) -> dict[str, Array]:
    """The columns of a segment for some rows; values that are new get codes. `looked` is what was found out before."""
    looked = looked or look_at(identity(place.tx), place.workspace, dataset, rows)
    return coded_columns(dataset, rows, codes_of(place, looked))


def look_at(database: str, workspace: int, dataset: Dataset, rows: Rows) -> Looked:
    """Which codes of the rows' values are remembered; can be found out before the dataset is locked."""
    return look(database, workspace, dataset.id, row_texts(dataset, rows))


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
) -> Iterator[Made]:
    """The rows of each stream and day; a row whose time in a stream is missing is not in that stream."""
    if weights is not None:
        columns = columns | {"w": weights}
    for stream, name in enumerate(dataset.streams):
        ms, kept = times[name], columns
        if bool((ms == MISSING).any()):
            there = np.flatnonzero(ms != MISSING)
            ms, kept = ms[there], take(columns, there)
        if not ms.size:
            continue
        ordinals, t = local_days(ms, tz)
        yield from _by_day(stream, ordinals, {"t": t, **kept})


def _by_day(stream: int, ordinals: NDArray[np.int32], columns: dict[str, Array]) -> Iterator[Made]:
    if ordinals.min() == ordinals.max():
        yield Made(stream, date.fromordinal(int(ordinals[0])), columns)
        return
    order = np.argsort(ordinals, kind="stable")
    ordered = take(columns, order)
    days, starts = np.unique(ordinals[order], return_index=True)
    for day, start, stop in zip(days, starts, [*starts[1:], order.size], strict=True):
        part = {name: values[start:stop] for name, values in ordered.items()}
        yield Made(stream, date.fromordinal(int(day)), part)


def add_segments(state: State, made: list[Made]) -> None:
    """Store what one batch made, as part of the next change of the dataset.

    Large pieces are sealed at once, which saves the compactor the work; those of the present day are packed in the
    quick form, for they are read and merged within seconds.
    """
    made = [replace(m, columns=sort(m.columns)) if rows_in(m.columns) >= SEALED_AT_ONCE else m for m in made]
    yesterday = state.now.date() - timedelta(days=1)
    prepared = prepare(state.place, made, sealed_from=SEALED_AT_ONCE, quick_from=yesterday)
    switch(state.place, prepared, [], state.change + 1)
