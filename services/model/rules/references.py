"""Does everything that a metric names exist?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset, Metric
from services.model.columns import numbers_of, texts_of
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """Datasets, columns, other metrics and exposures; each of the kind its shape can use."""
    for metric in draft.pack.metrics:
        yield from _named(draft, metric, "dataset", metric.dataset, [d.name for d in draft.pack.datasets])
        yield from _named(draft, metric, "exposure", metric.exposure, [e.name for e in draft.pack.exposures])
        metrics = [m.name for m in draft.pack.metrics]
        for field in ("numerator", "denominator", "plus", "minus"):
            yield from _named(draft, metric, field, getattr(metric, field), metrics)
        if metric.shape in ("rate", "pace", "age"):
            yield from _named(draft, metric, "of", metric.of, metrics)
        dataset = draft.dataset(metric.dataset)
        if dataset:
            yield from _columns(draft, metric, dataset)


def _named(draft: Draft, metric: Metric, field: str, name: str | None, known: list[str]) -> Iterator[Problem]:
    if name is not None and name not in known:
        yield draft.problem(("metrics", metric.name, field), expected_one_of(name, known))


def _columns(draft: Draft, metric: Metric, dataset: Dataset) -> Iterator[Problem]:
    if metric.of is not None:
        people = (dataset.actor,) if dataset.actor else ()
        known = (*texts_of(dataset), *people) if metric.shape == "distinct" else numbers_of(dataset)
        if metric.of not in known:
            yield draft.problem(("metrics", metric.name, "of"), expected_one_of(metric.of, known))
    known = (*texts_of(dataset), *numbers_of(dataset))
    for column in dict.fromkeys(condition.column for condition in metric.where):
        if column not in known:
            yield draft.problem(("metrics", metric.name, "where", column), expected_one_of(column, known))
