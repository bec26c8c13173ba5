"""Did the person take the task seriously enough for its numbers to mean something?

`too_few`: fewer trials than the task needs. `too_fast`: too many answers faster than anybody can react, or a median
below what reading the question takes (response-time effort, Wise and Kong 2005, Applied Measurement in Education
18:163-183). `straight_lining`: the same answer nearly always, or too often in a row (long-string index, Johnson 2005,
Journal of Research in Personality 39:103-129; Meade and Craig 2012, Psychological Methods 17:437-455); a task with too
few trials is not judged by it.
"""

from __future__ import annotations

import numpy as np

from services.assessment.definitions import Task
from services.assessment.groups import commonest_shares, counts, longest_runs, medians, parts
from services.assessment.trials import Bools, Ints, Played

FLAGS = ("too_fast", "straight_lining", "too_few")  # the gravest first


def flags_of(found: Played, task: Task) -> dict[str, Bools]:
    """Which sessions raise which flag in this task?"""
    return {
        "too_fast": _too_fast(found, task),
        "straight_lining": _straight_lining(found, task),
        "too_few": counts(found.group, found.n) < task.least_trials,
    }


def _too_fast(found: Played, task: Task) -> Bools:
    times = found.trials.numbers["reaction_ms"]
    timed = ~np.isnan(times)
    fast = counts(found.group, found.n, timed & (times < task.fastest_ms))
    share = parts(fast, counts(found.group, found.n, timed))
    raised = np.nan_to_num(share) > task.too_fast_share
    if task.too_fast_median_ms is not None:
        raised |= medians(found.group, found.n, times, timed) < task.too_fast_median_ms
    return raised


def _answers(found: Played, column: str) -> Ints:
    if column in found.trials.words:
        return found.trials.words[column].codes.astype(np.int64)
    _, codes = np.unique(found.trials.numbers[column], return_inverse=True)
    return codes.astype(np.int64)


def _straight_lining(found: Played, task: Task) -> Bools:
    if task.same_answer is None:
        return np.zeros(found.n, bool)
    answers = _answers(found, task.same_answer)
    raised = commonest_shares(found.group, found.n, answers) >= task.same_share
    if task.longest_run is not None:
        raised |= longest_runs(found.group, found.n, answers) > task.longest_run
    judged: Bools = raised & (counts(found.group, found.n) >= task.least_trials)
    return judged
