"""Do time columns and the durations between them exist?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset, Duration
from services.model.columns import times_of
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """The primary time is a time; a duration runs between two different times; a metric's `at` is a time."""
    for dataset in draft.pack.datasets:
        known = times_of(dataset)
        if dataset.time not in known:
            yield draft.problem(("datasets", dataset.name, "time"), expected_one_of(dataset.time, known))
        for duration in dataset.durations:
            yield from _duration(draft, dataset, duration)
    for metric in draft.pack.metrics:
        of = draft.dataset(metric.dataset)
        if of and metric.at and metric.at not in times_of(of):
            yield draft.problem(("metrics", metric.name, "at"), expected_one_of(metric.at, times_of(of)))


def _duration(draft: Draft, dataset: Dataset, duration: Duration) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "durations", duration.name)
    for field, name in (("from", duration.from_time), ("to", duration.to_time)):
        if name not in times_of(dataset):
            yield draft.problem((*path, field), expected_one_of(name, times_of(dataset)))
    if duration.from_time == duration.to_time:
        yield draft.problem(path, f"runs from `{duration.from_time}` to itself.")
