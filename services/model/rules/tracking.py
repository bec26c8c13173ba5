"""Can what the API's tracking calls are sent be added to a dataset?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """The datasets exist and hold events."""
    said = {"events": draft.pack.tracking.events, "engagement": draft.pack.tracking.engagement}
    for field, name in said.items():
        if name is None:
            continue
        dataset = draft.dataset(name)
        if dataset is None:
            known = [d.name for d in draft.pack.datasets]
            yield draft.problem(("tracking", field), expected_one_of(name, known))
        elif dataset.key:
            message = f"`{name}` is keyed; tracking adds events, so it needs `kind: append`."
            yield draft.problem(("tracking", field), message)
