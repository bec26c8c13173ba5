"""Can a rate divide by its exposure?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Exposure, Metric
from services.model.columns import texts_of
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """Amounts are positive and for values that exist; the metric's dataset has the dimension; `per` is positive."""
    for exposure in draft.pack.exposures:
        yield from _exposure(draft, exposure)
    for metric in draft.pack.metrics:
        if metric.shape == "rate":
            yield from _rate(draft, metric)


def _exposure(draft: Draft, exposure: Exposure) -> Iterator[Problem]:
    path = ("exposures", exposure.name)
    dimensions = {d.name: d for dataset in draft.pack.datasets for d in dataset.dimensions}
    if exposure.dimension not in dimensions:
        yield draft.problem((*path, "dimension"), expected_one_of(exposure.dimension, dimensions))
        return
    closed = dimensions[exposure.dimension].values
    for value, amount in exposure.amounts:
        if amount <= 0:
            yield draft.problem((*path, "amounts", value), f"found {amount:g}, expected more than 0.")
        if closed and value not in closed:
            yield draft.problem((*path, "amounts", value), expected_one_of(value, closed))


def _rate(draft: Draft, metric: Metric) -> Iterator[Problem]:
    path = ("metrics", metric.name)
    exposure = next((e for e in draft.pack.exposures if e.name == metric.exposure), None)
    base = draft.metric(metric.of)
    dataset = draft.dataset(base.dataset) if base else None
    if exposure and dataset and exposure.dimension not in texts_of(dataset):
        message = f"is by `{exposure.dimension}`, which `{dataset.name}` of `{metric.of}` does not have."
        yield draft.problem((*path, "exposure"), message)
    if metric.per <= 0:
        yield draft.problem((*path, "per"), f"found {metric.per:g}, expected more than 0.")
