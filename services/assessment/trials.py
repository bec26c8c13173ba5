"""What happened trial by trial in some sessions, as columns?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]
NUMBERS = ("trial_no", "reaction_ms", "level", "amount", "reference_amount", "delay_days")
WORDS = ("condition", "response", "correct")


@dataclass(frozen=True, slots=True)
class Words:
    """A text column: `codes` point into `values`, -1 is missing."""

    codes: Codes
    values: tuple[str, ...]

    def take(self, rows: Any) -> Words:
        """The column for some of the rows."""
        return Words(self.codes[rows], self.values)

    def are(self, *wanted: str) -> Bools:
        """Which rows hold one of these words?"""
        codes = [code for code, value in enumerate(self.values) if value in wanted]
        return np.isin(self.codes, codes)


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials in order of session, task and number, each number once; `at_ms` is UTC, missing numbers are NaN."""

    session: Words
    task: Words
    at_ms: Ints
    numbers: dict[str, Floats]
    words: dict[str, Words]

    @property
    def n(self) -> int:
        """How many."""
        return len(self.at_ms)

    def take(self, rows: Any) -> Trials:
        """Some of the trials, in the order asked for."""
        return Trials(
            self.session.take(rows), self.task.take(rows), self.at_ms[rows],
            {name: values[rows] for name, values in self.numbers.items()},
            {name: words.take(rows) for name, words in self.words.items()},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Played:
    """The trials of one task: `group` numbers the sessions that played it from 0, in the order of `sessions`, which
    holds their codes."""

    group: Ints
    sessions: Codes
    trials: Trials

    @property
    def n(self) -> int:
        """How many sessions played it."""
        return len(self.sessions)


def _words(values: Any) -> Words:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not isinstance(array, pa.DictionaryArray):
        array = pc.dictionary_encode(array.cast(pa.string()))
    codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(codes, tuple(array.dictionary.to_pylist()))


def _numbers(values: Any) -> Floats:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float64)


def read_trials(columns: Mapping[str, Any]) -> Trials:
    """Trials from columns named as in the dataset `trials` (lists, numpy or Arrow; `occurred_at` as UTC milliseconds).

    Trials without a session, task or number are left out. Of trials that were sent twice the earliest counts, of these
    the first.
    """
    found = Trials(
        _words(columns["session"]), _words(columns["task"]), np.asarray(columns["occurred_at"], np.int64),
        {name: _numbers(columns[name]) for name in NUMBERS}, {name: _words(columns[name]) for name in WORDS},
    )  # fmt: skip
    number = found.numbers["trial_no"]
    order = np.lexsort((found.at_ms, number, found.task.codes, found.session.codes))
    known = (found.session.codes >= 0) & (found.task.codes >= 0) & ~np.isnan(number)
    order = order[known[order]]
    session, task, number = found.session.codes[order], found.task.codes[order], number[order]
    if order.size:
        same = (session[1:] == session[:-1]) & (task[1:] == task[:-1]) & (number[1:] == number[:-1])
        order = order[np.concatenate([[True], ~same])]
    return found.take(order)


def played(trials: Trials, task: str) -> Played:
    """The trials of one task."""
    mine = trials.take(np.flatnonzero(trials.task.are(task)))
    sessions, group = np.unique(mine.session.codes, return_inverse=True)
    return Played(group.astype(np.int64), sessions.astype(np.int32), mine)


def join_columns(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of several reads as one."""
    return {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]}
