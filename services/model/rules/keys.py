"""Can a row that changes be found again?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """Keyed datasets name a key, append datasets none."""
    for dataset in draft.pack.datasets:
        path = ("datasets", dataset.name)
        if dataset.kind == "keyed" and not dataset.key:
            yield draft.problem(path, "field `key` is missing: rows of a keyed dataset are found by it.")
        if dataset.kind == "append" and dataset.key:
            yield draft.problem(
                (*path, "key"), "rows of an append dataset never change; leave the key out, or say `kind: keyed`."
            )
