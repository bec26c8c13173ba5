"""How fast were the answers, once those that cannot have been answers are left out?

Trimming in three steps: only correct answers (or every answer where none is wrong); only times between `fastest_ms` and
`slowest_ms` of the task, because nobody reacts to a stimulus in less than about 100 ms (Luce 1986, Response Times) and
very long times are lapses (Ratcliff 1993, Psychological Bulletin 114:510-532); then only times within `trim_deviations`
scaled median absolute deviations of the median (Leys et al. 2013, Journal of Experimental Social Psychology
49:764-766). What remains is summed up by its median, as Ratcliff (1993) advises for skewed times.
"""

from __future__ import annotations

import numpy as np

from services.assessment.definitions import Task
from services.assessment.groups import counts, medians, parts
from services.assessment.trials import Bools, Floats, Ints, Played

MAD_SCALE = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation


def believable(found: Played, task: Task) -> Bools:
    """Which reaction times lie within the task's absolute limits?"""
    times = found.trials.numbers["reaction_ms"]
    within: Bools = (times >= task.fastest_ms) & (times <= task.slowest_ms)
    return within


def trimmed(group: Ints, n: int, times: Floats, kept: Bools, deviations: float) -> Bools:
    """Which of the kept times also lie near their group's median? Where the deviation is 0 nothing is left out."""
    middle = medians(group, n, times, kept)
    distance = np.abs(times - middle[group])
    limit = deviations * MAD_SCALE * medians(group, n, distance, kept)[group]
    near: Bools = kept & ((distance <= limit) | (limit == 0))
    return near


def median_ms(found: Played, task: Task, among: Bools) -> Floats:
    """The trimmed median of the reaction times among these trials; NaN with fewer than `least_in_condition`."""
    times = found.trials.numbers["reaction_ms"]
    kept = trimmed(found.group, found.n, times, among & believable(found, task), task.trim_deviations)
    enough = counts(found.group, found.n, kept) >= task.least_in_condition
    return np.where(enough, medians(found.group, found.n, times, kept), np.nan)


def reactions(found: Played, task: Task) -> dict[str, Floats]:
    """Simple reaction time: trimmed median; the part of anticipations (faster than `fastest_ms`, or `early`) and of
    lapses (slower than `slowest_ms`, or `none`)."""
    times, response = found.trials.numbers["reaction_ms"], found.trials.words["response"]
    early = (times < task.fastest_ms) | response.are("early")
    lapse = (times > task.slowest_ms) | response.are("none")
    played = counts(found.group, found.n)
    return {
        "reaction_ms": median_ms(found, task, ~early & ~lapse),
        "early_share": parts(counts(found.group, found.n, early), played),
        "lapse_share": parts(counts(found.group, found.n, lapse), played),
    }
