"""At which version is a dataset, and who may change it now?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from data.database import Transaction
from data.engine.dictionary import Place
from data.model import Dataset
from data.statements import sql
from data.types import Scope


@dataclass(frozen=True, slots=True)
class State:
    """The locked state of a dataset: nobody else writes to it until the transaction ends. `now` is its start."""

    place: Place
    version: int
    change: int
    now: datetime


def lock(tx: Transaction, scope: Scope, dataset: Dataset, batch: str = "") -> State:
    """Wait for other writers of this dataset, and keep them waiting until the end of the transaction."""
    names = {"workspace": scope.workspace.id, "dataset": dataset.id}
    row = tx.execute(sql("lock_state"), names).fetchone()
    if row is None:
        tx.execute(sql("make_state"), names)
        row = tx.execute(sql("lock_state"), names).fetchone()
        assert row is not None
    version, change, transaction, now = row
    return State(Place(tx, transaction, scope.workspace.id, dataset.id, batch), version, change, now)


def unlocked(tx: Transaction, scope: Scope, dataset: Dataset) -> Place:
    """The dataset without its lock: for reading, and for writing what is not part of the data yet."""
    return Place(tx, "", scope.workspace.id, dataset.id)


def advance(state: State, rows: int, newest_at: datetime | None) -> int:
    """The data has changed: the next version and change, `rows` more rows, everyone told. Returns the version."""
    version, place = state.version + 1, state.place
    values = place.values(version=version, change=state.change + 1, rows=rows, newest_at=newest_at)
    place.tx.execute(sql("advance_state"), values)
    _announce(place, version)
    return version


def advance_segments(state: State, rows: int | None = None) -> None:
    """The segments have changed: the same data otherwise stored or, with `rows`, made anew from that many rows."""
    place, version = state.place, state.version + (rows is not None)
    values = place.values(version=version, change=state.change + 1, rows=rows)
    place.tx.execute(sql("advance_segments"), values)
    if rows is not None:
        _announce(place, version)


def _announce(place: Place, version: int) -> None:
    payload = json.dumps({"workspace": place.workspace, "dataset": place.dataset, "version": version})
    place.tx.execute(sql("announce"), {"payload": payload})
