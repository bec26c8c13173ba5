"""What do the trials of some sessions say: every metric, every flag, all sessions at once?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.assessment.definitions import Scoring, Task
from services.assessment.flags import FLAGS, flags_of
from services.assessment.formulas import FORMULAS
from services.assessment.trials import Bools, Floats, Ints, Trials, played


@dataclass(frozen=True, slots=True)
class Measured:
    """Sessions by row: trials, flags and metrics. `values` has a column a metric of the scoring (NaN: none), `trials` a
    column a task (0: not played), `flags` a column a task and a layer a flag of FLAGS."""

    sessions: tuple[str, ...]
    last_ms: Ints
    values: Floats
    trials: Ints
    flags: Bools

    @property
    def is_valid(self) -> Bools:
        """By session and task: played without a flag."""
        valid: Bools = (self.trials > 0) & ~self.flags.any(axis=2)
        return valid

    def valid_values(self, scoring: Scoring) -> Floats:
        """The metrics, NaN where their task is not valid."""
        tasks = {task.name: number for number, task in enumerate(scoring.tasks)}
        of = [tasks[score.task] for score in scoring.scores]
        return np.where(self.is_valid[:, of], self.values, np.nan)


def join_measured(parts: Sequence[Measured]) -> Measured:
    """Measures of different sessions as one; there is at least one part."""
    sessions = tuple(session for part in parts for session in part.sessions)
    joined = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("last_ms", "values", "trials", "flags")
    )
    return Measured(sessions, *joined)


def measure(trials: Trials, scoring: Scoring) -> Measured:
    """Measure the sessions of some trials."""
    present, first = np.unique(trials.session.codes, return_inverse=True)
    place = np.full(len(trials.session.values), -1, np.int64)
    place[present] = np.arange(len(present))
    last = np.zeros(len(present), np.int64)
    np.maximum.at(last, first, trials.at_ms)
    shape = (len(present), len(scoring.tasks))
    values = np.full((len(present), len(scoring.scores)), np.nan)
    counted, flags = np.zeros(shape, np.int64), np.zeros((*shape, len(FLAGS)), bool)
    for number, task in enumerate(scoring.tasks):
        _measure_task(trials, scoring, task, number, place, values, counted, flags)
    return Measured(tuple(trials.session.values[code] for code in present), last, values, counted, flags)


def _measure_task(
    trials: Trials, scoring: Scoring, task: Task, number: int, place: Ints, values: Floats, counted: Ints, flags: Bools
) -> None:
    found = played(trials, task.name)
    if not found.n:
        return
    rows = place[found.sessions]
    counted[rows, number] = np.bincount(found.group, minlength=found.n)
    for layer, raised in enumerate(flags_of(found, task).values()):
        flags[rows, number, layer] = raised
    measures = FORMULAS[task.kind](found, task)
    for column, score in enumerate(scoring.scores):
        if score.task == task.name:
            values[rows, column] = measures[score.measure]
