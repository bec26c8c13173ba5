"""Does one name or title mean two things?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset
from services.model.columns import columns_of
from services.model.drafts import Draft, Path
from services.model.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    """Column names within a dataset, metric titles within the pack, values within a closed list."""
    for dataset in draft.pack.datasets:
        yield from _columns(draft, dataset)
        yield from _values(draft, dataset)
    titles: dict[str, str] = {}
    for metric in draft.pack.metrics:
        first = titles.setdefault(metric.title.lower(), metric.name)
        if first != metric.name:
            path = ("metrics", metric.name, "title")
            yield draft.problem(path, f"metric `{first}` has the title `{metric.title}` too.")


def _columns(draft: Draft, dataset: Dataset) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for name, path in columns_of(dataset):
        first = seen.setdefault(name, path)
        if first != path:
            yield draft.problem(path, f"`{name}` is already in {draft.place(first)}.")


def _values(draft: Draft, dataset: Dataset) -> Iterator[Problem]:
    for dimension in dataset.dimensions:
        for value in dict.fromkeys(v for v in dimension.values if dimension.values.count(v) > 1):
            path = ("datasets", dataset.name, "dimensions", dimension.name, "values")
            yield draft.problem(path, f"`{value}` is there twice.")
