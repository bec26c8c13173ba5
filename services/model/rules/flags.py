"""Can a limit flag be derived for every row?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset, LimitFlag
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """Its duration and dimension exist, limits are positive and for known values, its two words differ."""
    for dataset in draft.pack.datasets:
        for flag in (flag for flag in dataset.flags if isinstance(flag, LimitFlag)):
            yield from _flag(draft, dataset, flag)


def _flag(draft: Draft, dataset: Dataset, flag: LimitFlag) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "flags", flag.name)
    durations = [duration.name for duration in dataset.durations]
    if flag.of not in durations:
        yield draft.problem((*path, "of"), expected_one_of(flag.of, durations))
    yield from _values(draft, dataset, flag)
    for value, hours in flag.limits_hours:
        if hours <= 0:
            yield draft.problem((*path, "limits_hours", value), f"found {hours:g} hours, expected more than 0.")
    if flag.otherwise_hours <= 0:
        yield draft.problem((*path, "otherwise_hours"), f"found {flag.otherwise_hours:g}, expected more than 0.")
    if flag.within == flag.over:
        yield draft.problem((*path, "over"), f"`{flag.over}` is the word for within the limit too.")


def _values(draft: Draft, dataset: Dataset, flag: LimitFlag) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "flags", flag.name)
    derived = {other.name for other in dataset.flags}
    written = {d.name: d.values for d in dataset.dimensions if d.name not in derived}
    if flag.by not in written:
        yield draft.problem((*path, "by"), expected_one_of(flag.by, written))
        return
    closed = written[flag.by]
    for value, _ in flag.limits_hours:
        if closed and value not in closed:
            yield draft.problem((*path, "limits_hours", value), expected_one_of(value, closed))
