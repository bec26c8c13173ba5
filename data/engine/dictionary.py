"""Which code stands for a text value in the segments of a dataset?

Codes are given under the lock of the dataset's state row. Each process remembers codes, but only those that were
committed when it first touched a dictionary in a transaction: what a transaction added itself may still be rolled back,
so it is read again by the next one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction
from data.engine.incoming import Text
from data.statements import sql

_CATCH_UP = 200_000  # so many codes are read in one go; beyond, only the values that are asked for
_MOST_REMEMBERED = 4_000_000
Key = tuple[str, int, int, str]


@dataclass(slots=True)
class _Column:
    """What this process knows of one column: committed codes only; `codes` has all of them up to `complete_to`."""

    codes: dict[str, int] = field(default_factory=dict)
    complete_to: int = 0
    transaction: str = ""
    committed_to: int = 0


_columns: dict[Key, _Column] = {}
_identities: WeakKeyDictionary[Transaction, str] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where codes are looked up: one transaction that holds the lock of one dataset's state row."""

    tx: Transaction
    transaction: str
    workspace: int
    dataset: int

    def values(self, **more: object) -> dict[str, object]:
        """Parameters of a statement about this dataset."""
        return {"workspace": self.workspace, "dataset": self.dataset, **more}


def forget() -> None:
    """Forget all remembered codes of this process."""
    with _lock:
        _columns.clear()


def codes_of(place: Place, texts: dict[str, Text]) -> dict[str, NDArray[np.uint32]]:
    """The code of each row in each column, 0 where missing; values never seen before get new codes."""
    columns = {name: _column(place, name) for name in texts}
    listed = {name: text.values.to_pylist() for name, text in texts.items()}
    found = {name: list(map(columns[name].codes.get, values)) for name, values in listed.items()}
    unseen = {name: [i for i, code in enumerate(codes) if code is None] for name, codes in found.items()}
    names = [name for name, positions in unseen.items() if positions]
    if names:
        highest: dict[str, int] = dict(place.tx.execute(sql("highest_codes"), place.values(columns=names)).fetchall())
        for name in names:
            wanted = [listed[name][i] for i in unseen[name]]
            made = _resolve(place, name, columns[name], wanted, highest[name])
            for i, value in zip(unseen[name], wanted, strict=True):
                found[name][i] = made[value]
    return {name: _spread(text.codes, found[name]) for name, text in texts.items()}


def _spread(positions: NDArray[np.int32], codes: list[int | None]) -> NDArray[np.uint32]:
    table = np.array([*codes, 0], np.uint32)  # position -1, missing, reads the 0 at the end
    spread: NDArray[np.uint32] = table[positions]
    return spread


def _column(place: Place, name: str) -> _Column:
    key = (_identity(place.tx), place.workspace, place.dataset, name)
    with _lock:
        column = _columns.pop(key, None) or _Column()
        if len(column.codes) > _MOST_REMEMBERED:
            column = _Column()
        _columns[key] = column  # last used last
        total = sum(len(c.codes) for c in _columns.values())
        for old in list(_columns)[:-64]:
            if total <= _MOST_REMEMBERED:
                break
            total -= len(_columns.pop(old).codes)
    return column


def _identity(tx: Transaction) -> str:
    found = _identities.get(tx)
    if found is None:
        row = tx.execute(sql("database_identity")).fetchone()
        assert row is not None
        found = f"{tx.info.host}:{tx.info.port}/{tx.info.dbname}/{row[0]}"
        _identities[tx] = found
    return found


def _resolve(place: Place, name: str, column: _Column, wanted: list[str], highest: int) -> dict[str, int]:
    if column.transaction != place.transaction:  # the first time in this transaction: all there is, is committed
        column.transaction, column.committed_to = place.transaction, highest
    made = _known(place, name, column, wanted)
    missing = [v for v in wanted if v not in made]
    if missing and highest > column.complete_to:
        found = place.tx.execute(sql("codes_of_values"), place.values(column=name, values=missing)).fetchall()
        made.update(found)
        column.codes.update((value, code) for value, code in found if code <= column.committed_to)
        missing = [v for v in missing if v not in made]
    if missing:
        place.tx.execute(sql("add_values"), place.values(column=name, after=highest, values=missing))
        made.update(zip(missing, range(highest + 1, highest + 1 + len(missing)), strict=True))
    return made


def _known(place: Place, name: str, column: _Column, wanted: list[str]) -> dict[str, int]:
    """Committed codes of the wanted values, after reading what others have added when that is not too much."""
    gap = column.committed_to - column.complete_to
    if 0 < gap <= max(_CATCH_UP, 20 * len(wanted)):
        bounds = place.values(column=name, after=column.complete_to, upto=column.committed_to)
        column.codes.update(place.tx.execute(sql("codes_between"), bounds).fetchall())
        column.complete_to = column.committed_to
    known = ((value, column.codes.get(value)) for value in wanted)
    return {value: code for value, code in known if code is not None}
