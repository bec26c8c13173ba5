"""Can a target be reached, and does it say what is good?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem

MOST_PERCENT = 2.0


def check(draft: Draft) -> Iterator[Problem]:
    """A target needs a good direction; percent targets are fractions."""
    for metric in draft.pack.metrics:
        path = ("metrics", metric.name, "target")
        if metric.target is None:
            continue
        if metric.better == "neither":
            yield draft.problem(path, "has a target, but `better: neither` says that no direction is good.")
        most = 1.0 if metric.shape == "share" else MOST_PERCENT
        if metric.format == "percent" and not 0 <= metric.target <= most:
            shown = f"{metric.target / 100:g} is shown as {metric.target:g} %"
            yield draft.problem(path, f"found {metric.target:g}, expected a fraction: {shown}.")
