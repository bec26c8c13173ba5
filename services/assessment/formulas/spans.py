"""How many digits can be held in mind?

The longest span is the longest sequence repeated rightly at least once (Wechsler's rule). The mean span counts all
attempts: the shortest length less one half, plus the part repeated rightly at each length; sequences shorter than the
shortest are taken as known (Woods et al. 2011, Journal of Clinical and Experimental Neuropsychology 33:101-111).
"""

from __future__ import annotations

import numpy as np

from services.assessment.definitions import Task
from services.assessment.groups import counts
from services.assessment.trials import Floats, Played


def spans(found: Played, _task: Task) -> dict[str, Floats]:
    """Longest and mean span; the longest is 0 when nothing was repeated rightly."""
    level, right = found.trials.numbers["level"], found.trials.words["correct"].are("yes")
    judged = ~np.isnan(level)
    longest, shortest = np.zeros(found.n), np.full(found.n, np.inf)
    np.maximum.at(longest, found.group[judged & right], level[judged & right])
    np.minimum.at(shortest, found.group[judged], level[judged])
    pairs, inverse = np.unique(np.stack([found.group[judged], level[judged]]), axis=1, return_inverse=True)
    times = counts(inverse.ravel(), pairs.shape[1])
    good = np.bincount(inverse.ravel(), right[judged], pairs.shape[1])
    total = np.bincount(pairs[0].astype(np.int64), good / np.maximum(times, 1), found.n)
    known = np.isfinite(shortest)
    return {
        "longest_span": np.where(known, longest, np.nan),
        "mean_span": np.where(known, shortest - 0.5 + total, np.nan),
    }
