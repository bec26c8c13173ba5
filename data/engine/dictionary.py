"""Which code stands for a text value in the segments of a dataset?

Codes are given under the lock of the dataset's state row. Each process remembers codes, but only committed ones: what a
transaction adds is set aside under a token that its batch row carries, and counts once a later one sees that row.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.arrays import TextArray
from data.database import Transaction
from data.engine.incoming import Text
from data.statements import sql

_LEAST_READ = 2_000
_READ_FOR_EACH = 20  # codes read in one go for each value that is asked for: that costs about as much as asking for it
_MOST_REMEMBERED = 4_000_000


@dataclass(slots=True)
class _Column:
    """Committed codes of one column; all codes up to `complete_to` are there, others may be."""

    codes: dict[str, int] = field(default_factory=dict)
    complete_to: int = 0

    def learn(self, codes: dict[str, int], after: int, upto: int) -> None:
        """Take over committed codes: all from `after` + 1 to `upto`."""
        self.codes.update(codes)
        if self.complete_to >= after:
            self.complete_to = max(self.complete_to, upto)


@dataclass(slots=True)
class _Added:
    """New codes of one batch that may still be rolled back."""

    batch: str
    token: str
    transaction: str
    codes: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)  # column -> last code before, new ones


@dataclass(slots=True)
class _Memory:
    """What this process knows of the dictionary of one dataset. Only the holder of the dataset's lock touches it."""

    key: tuple[str, int, int]
    columns: dict[str, _Column] = field(default_factory=dict)
    added: list[_Added] = field(default_factory=list)

    def size(self) -> int:
        return sum(len(c.codes) for c in list(self.columns.values()))  # a copy: another thread may add columns


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
    """Text columns with the codes of those of their values that this process remembers."""

    texts: dict[str, Text]
    values: dict[str, list[str]]
    codes: dict[str, list[int | None]]


def look(tx: Transaction, workspace: int, dataset: int, texts: dict[str, Text]) -> Looked:
    """What this process remembers; needs no lock, for a code never changes its meaning."""
    memory = _memories.get((_identity(tx), workspace, dataset))
    columns = memory.columns if memory else {}
    known = {name: columns.get(name, _Column()).codes for name in texts}
    values: dict[str, list[str]] = {name: text.values.to_pylist() for name, text in texts.items()}
    return Looked(texts, values, {name: list(map(known[name].get, values[name])) for name in texts})


def codes_of(place: Place, looked: Looked) -> dict[str, NDArray[np.uint32]]:
    """The code of each row in each column, 0 where missing; values never seen before get new codes."""
    memory = _memory(place)
    if memory.added:
        _settle(place, memory)
    names = [name for name, codes in looked.codes.items() if None in codes]
    if names:
        highest: dict[str, int] = dict(place.tx.execute(sql("highest_codes"), place.values(columns=names)).fetchall())
        for name in names:
            _complete(place, memory, looked, name, highest[name])
    return {name: _spread(text.codes, looked.codes[name]) for name, text in looked.texts.items()}


def _complete(place: Place, memory: _Memory, looked: Looked, name: str, highest: int) -> None:
    """Fill in the codes that are not remembered."""
    known = memory.columns.setdefault(name, _Column()).codes
    pairs = list(zip(looked.values[name], looked.codes[name], strict=True))
    unseen = [value for value, code in pairs if code is None and value not in known]
    made = _resolve(place, memory, name, unseen, highest) if unseen else {}
    looked.codes[name] = [code or known.get(value) or made[value] for value, code in pairs]


def _spread(positions: NDArray[np.int32], codes: list[int | None]) -> NDArray[np.uint32]:
    table = np.array([*codes, 0], np.uint32)  # position -1, missing, reads the 0 at the end
    spread: NDArray[np.uint32] = table[positions]
    return spread


def _memory(place: Place) -> _Memory:
    key = (_identity(place.tx), place.workspace, place.dataset)
    with _lock:
        memory = _memories.pop(key, None) or _Memory(key)
        total = memory.size() + sum(m.size() for m in _memories.values())
        for idle in [m for m in _memories.values() if not m.added]:
            if total > _MOST_REMEMBERED:
                total -= _memories.pop(idle.key).size()
        _memories[key] = memory  # last used last
    for name, column in memory.columns.items():
        if len(column.codes) > _MOST_REMEMBERED:
            memory.columns[name] = _Column()
    return memory


def _identity(tx: Transaction) -> str:
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
            for name, (after, codes) in added.codes.items():
                memory.columns.setdefault(name, _Column()).learn(codes, after, after + len(codes))
    memory.added = [a for a in memory.added if a.transaction == place.transaction]


def _resolve(place: Place, memory: _Memory, name: str, unseen: list[str], highest: int) -> dict[str, int]:
    """Codes of values that are not remembered: read those that others have added, give new ones to the rest."""
    column, made = memory.columns[name], {}
    if column.complete_to < highest:
        made = _read(place, memory, name, unseen, highest)
    new = [v for v in unseen if v not in made] if made else unseen
    if new:
        values = TextArray(pa.array(new, pa.string()))
        place.tx.execute(sql("add_values"), place.values(column=name, after=highest, values=values))
        codes = dict(zip(new, range(highest + 1, highest + 1 + len(new)), strict=True))
        _set_aside(place, memory).codes[name] = (highest, codes)
        made |= codes
    return made


def _set_aside(place: Place, memory: _Memory) -> _Added:
    if not memory.added or memory.added[-1].token != place.token:
        memory.added.append(_Added(place.batch, place.token, place.transaction))
        with _lock:
            _memories[memory.key] = memory  # another thread may have evicted it while it had nothing to lose
    return memory.added[-1]


def _read(place: Place, memory: _Memory, name: str, unseen: list[str], highest: int) -> dict[str, int]:
    """Codes of those unseen values that the table has; remembered unless this very transaction may have added them."""
    column, mine = memory.columns[name], any(name in a.codes for a in memory.added)
    found: dict[str, int] = {}
    if not mine:
        upto = min(highest, column.complete_to + max(_LEAST_READ, _READ_FOR_EACH * len(unseen)))
        bounds = place.values(column=name, after=column.complete_to, upto=upto)
        read: dict[str, int] = dict(place.tx.execute(sql("codes_between"), bounds).fetchall())
        column.learn(read, column.complete_to, upto)
        found = {v: read[v] for v in unseen if v in read}
    left = [v for v in unseen if v not in found] if found else unseen
    if left and (mine or column.complete_to < highest):
        values = place.values(column=name, values=TextArray(pa.array(left, pa.string())))
        asked: dict[str, int] = dict(place.tx.execute(sql("codes_of_values"), values).fetchall())
        if not mine:
            column.codes.update(asked)
        found |= asked
    return found
