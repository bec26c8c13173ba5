"""Can rows be kept for just so long?"""

from __future__ import annotations

from collections.abc import Iterator

from data.retention import LEAST_DAYS, MOST_DAYS
from services.model.drafts import Draft
from services.model.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """From a month to a hundred years, and not for rows that follow a table: comparing would bring them back."""
    followed = {source.dataset for source in draft.pack.sources}
    for dataset in draft.pack.datasets:
        path, days = ("datasets", dataset.name, "keep"), dataset.keep_days
        if days is not None and dataset.name in followed:
            yield draft.problem(path, f"`{dataset.name}` follows a table, whose owner says how long rows are kept.")
        elif days is not None and not LEAST_DAYS <= days <= MOST_DAYS:
            yield draft.problem(path, f"found {days:,} days, expected {LEAST_DAYS} to {MOST_DAYS:,}.")
