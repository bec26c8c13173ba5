"""Which code stands for a text value in the segments of a dataset?

Codes are given under the lock of the dataset's state row. Each process remembers codes, but only committed ones: what a
transaction adds is set aside under a token that its batch row carries, and counts once a later one sees that row.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.arrays import TextArray
from data.database import Transaction
from data.engine.incoming import Text
from data.statements import sql

if TYPE_CHECKING:
    from data.engine.remembered import Remembered

_LEAST_READ = 2_000
_READ_FOR_EACH = 20  # codes read in one go for each value that is asked for: that costs about as much as asking for it
_MOST_REMEMBERED = 4_000_000


Codes: TypeAlias = NDArray[np.uint32]


def _nothing() -> Remembered:
    from data.engine.remembered import Remembered  # compiled code is loaded by the first batch

    return Remembered()


@dataclass(slots=True)
class _Column:
    """Committed codes of one column; all codes up to `complete_to` are there, others may be."""

    known: Remembered = field(default_factory=_nothing)
    complete_to: int = 0

    def learn(self, values: pa.StringArray, codes: Codes, after: int, upto: int) -> None:
        """Take over committed codes: all from `after` + 1 to `upto`."""
        self.known.add(values, codes)
        if self.complete_to >= after:
            self.complete_to = max(self.complete_to, upto)


@dataclass(slots=True)
class _Added:
    """New codes of one batch that may still be rolled back."""

    batch: str
    token: str
    transaction: str
    values: dict[str, tuple[int, pa.StringArray]] = field(default_factory=dict)  # column -> last code before, new ones


@dataclass(slots=True)
class _Memory:
    """What this process knows of the dictionary of one dataset. Only the holder of the dataset's lock touches it."""

    key: tuple[str, int, int]
    columns: dict[str, _Column] = field(default_factory=dict)
    added: list[_Added] = field(default_factory=list)

    def size(self) -> int:
        return sum(len(c.known) for c in list(self.columns.values()))  # a copy: another thread may add columns


_memories: dict[tuple[str, int, int], _Memory] = {}
_identities: WeakKeyDictionary[Transaction, str] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where codes are looked up: one transaction that holds the lock of one dataset's state row.

    `token` names this use of it and is stored in the row of the batch, if there is one.
    """

    tx: Transaction
    transaction: str
    workspace: int
    dataset: int
    batch: str = ""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def values(self, **more: object) -> dict[str, object]:
        """Parameters of a statement about this dataset."""
        return {"workspace": self.workspace, "dataset": self.dataset, **more}


def forget() -> None:
    """Forget all remembered codes of this process."""
    with _lock:
        _memories.clear()


@dataclass(frozen=True, slots=True)
class Looked:
    """Text columns with the codes of those of their values that this process remembers, 0 for the others."""

    texts: dict[str, Text]
    codes: dict[str, Codes]


def look(database: str, workspace: int, dataset: int, texts: dict[str, Text]) -> Looked:
    """What this process remembers; needs no lock, for a code never changes its meaning, and no connection."""
    memory = _memories.get((database, workspace, dataset))
    columns = memory.columns if memory else {}
    return Looked(texts, {name: _known(columns.get(name), text.values) for name, text in texts.items()})


def _known(column: _Column | None, values: pa.StringArray) -> Codes:
    return column.known.codes(values) if column else np.zeros(len(values), np.uint32)


def codes_of(place: Place, looked: Looked) -> dict[str, Codes]:
    """The code of each row in each column, 0 where missing; values never seen before get new codes."""
    memory = _memory(place)
    if memory.added:
        _settle(place, memory)
    names = [name for name, codes in looked.codes.items() if not codes.all()]
    found = dict(looked.codes)
    if names:
        highest: dict[str, int] = dict(place.tx.execute(sql("highest_codes"), place.values(columns=names)).fetchall())
        for name in names:
            found[name] = _complete(place, memory, name, looked.texts[name].values, found[name], highest[name])
    return {name: _spread(text.codes, found[name]) for name, text in looked.texts.items()}


def _complete(place: Place, memory: _Memory, name: str, values: pa.StringArray, codes: Codes, highest: int) -> Codes:
    """The codes with those filled in that were not remembered when they were looked up."""
    known = memory.columns.setdefault(name, _Column()).known
    codes = _filled(codes, values, known.codes)
    return _filled(codes, values, lambda unseen: _resolve(place, memory, name, unseen, highest))


def _filled(codes: Codes, values: pa.StringArray, find: Callable[[pa.StringArray], Codes]) -> Codes:
    """The codes with those that are 0 asked for."""
    unknown = np.flatnonzero(codes == 0)
    if not unknown.size:
        return codes
    filled = codes.copy()
    filled[unknown] = find(values.take(pa.array(unknown)))
    return filled


def _spread(positions: NDArray[np.int32], codes: Codes) -> Codes:
    return np.append(codes, np.uint32(0))[positions]  # position -1, missing, reads the 0 at the end


def _memory(place: Place) -> _Memory:
    key = (identity(place.tx), place.workspace, place.dataset)
    with _lock:
        memory = _memories.pop(key, None) or _Memory(key)
        total = memory.size() + sum(m.size() for m in _memories.values())
        for idle in [m for m in _memories.values() if not m.added]:
            if total > _MOST_REMEMBERED:
                total -= _memories.pop(idle.key).size()
        _memories[key] = memory  # last used last
    for name, column in memory.columns.items():
        if len(column.known) > _MOST_REMEMBERED:
            memory.columns[name] = _Column()
    return memory


def identity(tx: Transaction) -> str:
    """Which database this is, whatever name it is reached by; asked once a connection."""
    found = _identities.get(tx)
    if found is None:
        row = tx.execute(sql("database_identity")).fetchone()
        assert row is not None
        found = f"{tx.info.host}:{tx.info.port}/{tx.info.dbname}/{row[0]}"
        _identities[tx] = found
    return found


def _settle(place: Place, memory: _Memory) -> None:
    """Take over what earlier transactions added and committed, drop what they rolled back."""
    earlier = [a for a in memory.added if a.transaction != place.transaction]
    if not earlier:
        return
    keys = place.values(keys=[a.batch for a in earlier])
    there = {token for (token,) in place.tx.execute(sql("batch_tokens"), keys).fetchall()}
    for added in earlier:
        if added.token in there:
            for name, (after, values) in added.values.items():
                column, upto = memory.columns.setdefault(name, _Column()), after + len(values)
                column.learn(values, np.arange(after + 1, upto + 1, dtype=np.uint32), after, upto)
    memory.added = [a for a in memory.added if a.transaction == place.transaction]


def _resolve(place: Place, memory: _Memory, name: str, unseen: pa.StringArray, highest: int) -> Codes:
    """Codes of values that are not remembered: read those that others have added, give new ones to the rest."""
    codes = np.zeros(len(unseen), np.uint32)
    if memory.columns[name].complete_to < highest:
        codes = _read(place, memory, name, unseen, highest)
    return _filled(codes, unseen, lambda new: _give(place, memory, name, new, highest))


def _give(place: Place, memory: _Memory, name: str, new: pa.StringArray, highest: int) -> Codes:
    place.tx.execute(sql("add_values"), place.values(column=name, after=highest, values=TextArray(new)))
    if not memory.added or memory.added[-1].token != place.token:
        memory.added.append(_Added(place.batch, place.token, place.transaction))
        with _lock:
            _memories[memory.key] = memory  # another thread may have evicted it while it had nothing to lose
    memory.added[-1].values[name] = (highest, new)
    return np.arange(highest + 1, highest + 1 + len(new), dtype=np.uint32)


def _read(place: Place, memory: _Memory, name: str, unseen: pa.StringArray, highest: int) -> Codes:
    """Codes of those unseen values that the table has, 0 for the others; remembered unless this very transaction may
    have added them."""
    column, codes = memory.columns[name], np.zeros(len(unseen), np.uint32)
    mine = any(name in a.values for a in memory.added)
    if not mine:
        upto = min(highest, column.complete_to + max(_LEAST_READ, _READ_FOR_EACH * len(unseen)))
        bounds = place.values(column=name, after=column.complete_to, upto=upto)
        column.learn(*_pairs(place, "codes_between", bounds), column.complete_to, upto)
        codes = column.known.codes(unseen)
    if not mine and column.complete_to >= highest:
        return codes
    known = _nothing() if mine else column.known
    return _filled(codes, unseen, lambda left: _asked(place, name, left, known))


def _asked(place: Place, name: str, values: pa.StringArray, known: Remembered) -> Codes:
    """Codes that the table has, after taking them over."""
    known.add(*_pairs(place, "codes_of_values", place.values(column=name, values=TextArray(values))))
    return known.codes(values)


def _pairs(place: Place, statement: str, values: dict[str, object]) -> tuple[pa.StringArray, Codes]:
    rows = place.tx.execute(sql(statement), values).fetchall()
    return pa.array([value for value, _ in rows], pa.string()), np.array([code for _, code in rows], np.uint32)
