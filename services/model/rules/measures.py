"""Can a measure be kept exactly, and do its bounds make sense?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem

MOST_DECIMALS = 6


def check(draft: Draft) -> Iterator[Problem]:
    """0 to 6 decimals; minimum below maximum."""
    for dataset in draft.pack.datasets:
        for measure in dataset.measures:
            path = ("datasets", dataset.name, "measures", measure.name)
            if not 0 <= measure.decimals <= MOST_DECIMALS:
                yield draft.problem((*path, "decimals"), f"found {measure.decimals}, expected 0 to {MOST_DECIMALS}.")
            low, high = measure.minimum, measure.maximum
            if low is not None and high is not None and low >= high:
                yield draft.problem((*path, "maximum"), f"found {high:g}, expected more than the minimum {low:g}.")
