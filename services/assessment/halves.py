"""How reliable is each metric among these people, from the two halves of their own trials?

Odd and even trials of each condition are measured apart; the correlation r of the halves over the people becomes the
reliability of the whole task by Spearman and Brown's formula, 2 r / (1 + r) (Spearman 1910 and Brown 1910, British
Journal of Psychology 3:271-295 and 3:296-322). Spans are built up trial by trial and have no halves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.assessment.definitions import Score, Scoring
from services.assessment.measuring import measure
from services.assessment.trials import Bools, Floats, Trials

_LEAST_PEOPLE = 20
_WITHOUT_HALVES = ("spans",)


def spearman_brown(r: float) -> float:
    """Reliability of a test twice as long as the ones that correlate by r; 0 where r is negative."""
    return max(0.0, 2 * r / (1 + r)) if r > -1 else 0.0


def is_odd(trials: Trials) -> Bools:
    """Every other trial of each session, task and condition, the first one included."""
    condition = trials.words["condition"].codes
    order = np.lexsort((trials.numbers["trial_no"], condition, trials.task.codes, trials.session.codes))
    keys = np.stack([trials.session.codes, trials.task.codes, condition])[:, order]
    begins = np.ones(trials.n, bool)
    begins[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    starts = np.maximum.accumulate(np.where(begins, np.arange(trials.n), 0))
    odd = np.zeros(trials.n, bool)
    odd[order] = (np.arange(trials.n) - starts) % 2 == 0
    return odd


def half_values(trials: Trials, scoring: Scoring) -> tuple[Floats, Floats]:
    """The metrics of the two halves, on their scales; sessions in the same order in both."""
    shorter = replace(scoring, tasks=tuple(replace(task, least_in_condition=2) for task in scoring.tasks))
    odd, whole = is_odd(trials), measure(trials, shorter)
    rows = {session: row for row, session in enumerate(whole.sessions)}
    halves = []
    for kept in (odd, ~odd):
        found = measure(trials.take(np.flatnonzero(kept)), shorter)
        values = np.full(whole.values.shape, np.nan)
        values[[rows[session] for session in found.sessions]] = found.values
        halves.append(_scaled(np.where(np.isnan(whole.valid_values(scoring)), np.nan, values), scoring.scores))
    return halves[0], halves[1]


def _scaled(values: Floats, scores: tuple[Score, ...]) -> Floats:
    logs = np.array([score.scale == "log" for score in scores])
    safe = np.where(logs & (values > 0), values, 1.0)
    return np.where(logs, np.where(values > 0, np.log(safe), np.nan), values)


def reliabilities(first: Floats, second: Floats, scoring: Scoring) -> dict[str, float]:
    """Reliability by metric, of those whose halves enough people have and that have halves at all."""
    kinds = {task.name: task.kind for task in scoring.tasks}
    found: dict[str, float] = {}
    for column, score in enumerate(scoring.scores):
        both = ~np.isnan(first[:, column]) & ~np.isnan(second[:, column])
        if kinds[score.task] in _WITHOUT_HALVES or both.sum() < _LEAST_PEOPLE:
            continue
        x, y = first[both, column], second[both, column]
        if x.std() > 0 and y.std() > 0:
            found[score.name] = spearman_brown(float(np.corrcoef(x, y)[0, 1]))
    return found
