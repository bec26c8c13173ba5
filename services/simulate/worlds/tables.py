"""How do rows that will change look as of an instant?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.engine.batches import Batch
from data.model import Dataset
from data.tables import column_names

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
NAT = np.iinfo(np.int64).min
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with all their future. `begins` is when a row comes to exist, in UTC milliseconds, as all times are; for an
    append dataset that is once nothing of it lies ahead, because such rows never change.

    `columns`: times as int64 (NEVER where it does not happen), numbers as float64 (NaN), texts as arrays of objects.
    A time shows once it is over, unless `plans` names it; any other column from `known` on, if it is named there.
    `states` gives one column its values in turn: from each moment on, the text.
    """

    dataset: Dataset
    begins: Ints
    columns: dict[str, NDArray[Any]]
    plans: tuple[str, ...] = ()
    known: dict[str, Ints] = field(default_factory=dict)
    states: dict[str, list[tuple[Ints, str]]] = field(default_factory=dict)
    last_ms: int = field(init=False)

    def __post_init__(self) -> None:
        moments = [self.begins, *self._moments()] if self.dataset.kind == "keyed" else [self.begins]
        ends = [int(found[found != NEVER].max(initial=NAT)) for found in moments]
        object.__setattr__(self, "last_ms", max(ends))  # nothing happens after it

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.begins)

    def began(self, since_ms: int, now_ms: int) -> Mask:
        """The rows that came to exist in (since, now]."""
        return np.asarray((self.begins > since_ms) & (self.begins <= now_ms))

    def touched(self, since_ms: int, now_ms: int) -> Mask:
        """The rows of which anything came or changed in (since, now]."""
        if self.dataset.kind == "append":
            return self.began(since_ms, now_ms)
        if self.last_ms <= since_ms:
            return np.zeros(self.n, np.bool_)
        found = self.began(since_ms, now_ms)
        for moment in self._moments():
            found |= (moment > since_ms) & (moment <= now_ms)
        return found & (self.begins <= now_ms)

    def _moments(self) -> list[Ints]:
        """Every time at which a row may change, for each row."""
        times = [
            self.columns[t.name] for t in self.dataset.times if t.name in self.columns and t.name not in self.plans
        ]
        return [*times, *self.known.values(), *(at for states in self.states.values() for at, _ in states)]

    def shown(self, rows: Mask, now_ms: int) -> dict[str, Any]:
        """Columns of the dataset for some rows as of `now`; what this world does not say is missing."""
        n, derived = int(rows.sum()), {"cell", *(flag.name for flag in self.dataset.flags)}
        names = [name for name in column_names(self.dataset) if name not in derived]
        return {name: self._column(name, rows, n, now_ms) for name in names}

    def _column(self, name: str, rows: Mask, n: int, now_ms: int) -> Any:
        if name in self.states:
            return self._state(self.states[name], rows, now_ms)
        if name not in self.columns:
            empty = {t.name for t in self.dataset.times}
            return np.full(n, NAT).view("datetime64[ms]") if name in empty else [None] * n
        values = self.columns[name][rows]
        if any(name == time.name for time in self.dataset.times):
            hidden = (values == NEVER) | ((values > now_ms) & (name not in self.plans))
            return np.where(hidden, NAT, values).view("datetime64[ms]")
        hidden = self.known[name][rows] > now_ms if name in self.known else np.zeros(n, np.bool_)
        if values.dtype.kind == "f":
            return np.where(hidden, np.nan, values)
        return pa.array(values, pa.string(), mask=hidden, from_pandas=True)

    def _state(self, states: Sequence[tuple[Ints, str]], rows: Mask, now_ms: int) -> pa.Array:
        latest, values = np.full(int(rows.sum()), NAT), np.full(int(rows.sum()), None, object)
        for at, text in states:
            newer = (at[rows] <= now_ms) & (at[rows] >= latest)
            values[newer], latest = text, np.where(newer, at[rows], latest)
        return pa.array(values, pa.string())


def batch_of(dataset: Dataset, key: str, parts: Sequence[dict[str, Any]]) -> Batch | None:
    """The rows of several days as one batch; None without any."""
    filled = [part for part in parts if len(part[dataset.time])]
    if not filled:
        return None
    return Batch(dataset, key, {name: _joined([part[name] for part in filled]) for name in filled[0]})


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], pa.Array):
        return pa.concat_arrays(parts)
    return [value for part in parts for value in part] if isinstance(parts[0], list) else np.concatenate(parts)
