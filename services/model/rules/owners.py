"""Does somebody answer for every number?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """Each metric has an owner and a description, its own or the pack's owner."""
    for metric in draft.pack.metrics:
        path = ("metrics", metric.name)
        if not metric.owner:
            yield draft.problem(path, "has no owner: say `owner` here or for the whole pack.")
        if not metric.description:
            yield draft.problem(path, "field `description` is missing: say what is counted and what is not.")
