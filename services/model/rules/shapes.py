"""Has a metric the fields of its shape, and no others?"""

from __future__ import annotations

from collections.abc import Iterator

from services.model.drafts import Draft
from services.model.grammar import COMMON, METRIC, SHAPE_RULES
from services.model.problems import Problem, one_of


def check(draft: Draft) -> Iterator[Problem]:
    """Needed fields are there; fields of other shapes are not."""
    for metric in draft.pack.metrics:
        rule = SHAPE_RULES[metric.shape]
        path = ("metrics", metric.name)
        for field in rule.needs:
            if not draft.says((*path, field)):
                yield draft.problem(path, f"shape `{metric.shape}` needs {one_of(rule.needs)}; `{field}` is missing.")
        for field in METRIC.names():
            if field not in (*COMMON, *rule.needs, *rule.may) and draft.says((*path, field)):
                takes = one_of((*rule.needs, *rule.may))
                yield draft.problem((*path, field), f"shape `{metric.shape}` has no `{field}`; it takes {takes}.")
