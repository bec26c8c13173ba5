"""Can every message of a subscription become a row?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.model import Dataset
from data.ways import Subscription
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of

WORKSPACE = "workspace"
FIELD = re.compile(r"\{([^{}]*)\}")


def check(draft: Draft) -> Iterator[Problem]:
    """Its dataset exists, its topic is a filter whose named levels are columns, and the workspace is said once."""
    for subscription in draft.pack.subscriptions:
        path = ("subscriptions", subscription.name)
        dataset = draft.dataset(subscription.dataset)
        if dataset is None:
            known = [d.name for d in draft.pack.datasets]
            yield draft.problem((*path, "dataset"), expected_one_of(subscription.dataset, known))
        yield from _topic(draft, subscription, dataset)
        said = WORKSPACE in FIELD.findall(subscription.topic)
        if said == bool(subscription.workspace):
            found = "both the topic and `workspace` say it" if said else "nothing says it"
            yield draft.problem(path, f"which workspace? {found}; use `{{workspace}}` in the topic or `workspace`.")


def _topic(draft: Draft, subscription: Subscription, dataset: Dataset | None) -> Iterator[Problem]:
    path = ("subscriptions", subscription.name, "topic")
    levels = subscription.topic.split("/")
    for number, level in enumerate(levels, 1):
        if level == "#" and number < len(levels):
            yield draft.problem(path, "`#` stands for all further levels, so it can only be the last one.")
        elif level not in ("#", "+") and not FIELD.fullmatch(level) and re.search(r"[#+{}]", level):
            yield draft.problem(path, f"found the level `{level}`; `+`, `#` and `{{name}}` stand for a whole level.")
    named = [level[1:-1] for level in levels if FIELD.fullmatch(level)]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield draft.problem(path, f"`{{{name}}}` is there twice.")
    if dataset and not subscription.mapping:
        known = (WORKSPACE, *written_columns(dataset))
        for name in named:
            if name not in known:
                yield draft.problem(path, expected_one_of(name, known))


def written_columns(dataset: Dataset) -> tuple[str, ...]:
    """The columns that a row is sent with: all but derived ones, and where it lies."""
    derived = {flag.name for flag in dataset.flags}
    return (
        *((dataset.key,) if dataset.key else ()), *(t.name for t in dataset.times),
        *(d.name for d in dataset.dimensions if d.name not in derived), *((dataset.actor,) if dataset.actor else ()),
        *(m.name for m in dataset.measures), *(("lat", "lon") if dataset.place else ()),
    )  # fmt: skip
