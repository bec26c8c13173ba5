"""Is any metric defined by itself?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Metric
from services.model.drafts import Draft
from services.model.problems import Problem


def named_by(metric: Metric) -> tuple[str, ...]:
    """The other metrics that this one is computed from."""
    of = metric.of if metric.shape in ("rate", "age") else None
    parts = (metric.numerator, metric.denominator, metric.plus, metric.minus, of)
    return tuple(part for part in parts if part)


def check(draft: Draft) -> Iterator[Problem]:
    """No chain of references comes back to where it began."""
    for metric in draft.pack.metrics:
        chain = _chain(draft, metric, (metric.name,))
        if chain:
            shown = " -> ".join(f"`{name}`" for name in chain)
            yield draft.problem(("metrics", metric.name), f"is defined by itself: {shown}.")


def _chain(draft: Draft, metric: Metric, so_far: tuple[str, ...]) -> tuple[str, ...]:
    for name in named_by(metric):
        if name == so_far[0]:
            return (*so_far, name)
        other = draft.metric(name)
        if other and name not in so_far:
            found = _chain(draft, other, (*so_far, name))
            if found:
                return found
    return ()
