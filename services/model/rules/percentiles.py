"""Is a percentile between the smallest and the greatest value?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """0 < q < 1; 90 was meant as 0.9."""
    for metric in draft.pack.metrics:
        if metric.q is not None and not 0 < metric.q < 1:
            hint = f" Write `{metric.q / 100:g}`?" if 1 <= metric.q < 100 else ""
            path = ("metrics", metric.name, "q")
            yield draft.problem(path, f"found {metric.q:g}, expected a part between 0 and 1.{hint}")
