"""What is each metric made of, as metrics that can be asked?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.model import Condition, Dataset, Metric, Model, Pack


@dataclass(frozen=True, slots=True)
class Divided:
    """A metric, the metrics above and below its line (if it has one), the datasets of its rows, and a hash of what it
    means. Only additive metrics may be added up."""

    metric: Metric
    numerator: str | None
    denominator: str | None
    datasets: frozenset[str]
    definition: str

    @property
    def additive(self) -> bool:
        """May its summaries be added up?"""
        return self.metric.shape in ("count", "sum")

    @property
    def asked(self) -> tuple[str, ...]:
        """Every metric that has to be asked."""
        names = (self.metric.qualified, self.numerator, self.denominator)
        return tuple(dict.fromkeys(name for name in names if name))


def divide(model: Model) -> tuple[Model, list[Divided]]:
    """Every metric with its parts, and the model in which the parts are metrics too."""
    packs, found = list[Pack](), list[Divided]()
    for pack in model.packs:
        more: list[Metric] = []
        metrics = {metric.name: metric for metric in pack.metrics}
        for metric in pack.metrics:
            parts = _parts(metric, pack.datasets)
            more += parts
            above, below = _names(metric, parts)
            datasets = frozenset(f"{pack.name}.{name}" for name in _datasets(metric, metrics))
            found.append(Divided(metric, above, below, datasets, _definition(metric, metrics)))
        packs.append(replace(pack, metrics=(*pack.metrics, *more)))
    return Model(tuple(packs)), found


def _parts(metric: Metric, datasets: Sequence[Dataset]) -> list[Metric]:
    """The sum and the count of a mean, the two counts of a share."""
    if metric.shape not in ("average", "share") or metric.of is None:
        return []
    dataset = next(dataset for dataset in datasets if dataset.name == metric.dataset)
    filled = (*metric.where, Condition(metric.of, "at_least", number=_lowest(dataset, metric.of)))
    counted = replace(metric, shape="count", of=None, limit=None, where=filled)
    below = replace(counted, name=f"{metric.name}__denominator")
    if metric.shape == "average":
        return [replace(metric, shape="sum", name=f"{metric.name}__numerator"), below]
    limit = (metric.limit,) if metric.limit else ()
    return [replace(counted, name=f"{metric.name}__numerator", where=(*filled, *limit)), below]


def _lowest(dataset: Dataset, column: str) -> float:
    """Not above any number that the column can hold, and still one that segments can hold."""
    decimals = [measure.decimals for measure in dataset.measures if measure.name == column]
    return -9e18 / 10 ** decimals[0] if decimals else 0.0  # a duration is never negative


def _names(metric: Metric, parts: list[Metric]) -> tuple[str | None, str | None]:
    if parts:
        return parts[0].qualified, parts[1].qualified
    if metric.shape == "ratio":
        return f"{metric.pack}.{metric.numerator}", f"{metric.pack}.{metric.denominator}"
    return (f"{metric.pack}.{metric.of}", None) if metric.shape in ("rate", "pace") else (None, None)


def _named_by(metric: Metric, metrics: dict[str, Metric]) -> list[Metric]:
    names = (
        metric.numerator,
        metric.denominator,
        metric.plus,
        metric.minus,
        *((metric.of,) if not metric.dataset else ()),
    )
    return [metrics[name] for name in names if name]


def _datasets(metric: Metric, metrics: dict[str, Metric]) -> set[str]:
    own = {metric.dataset} if metric.dataset else set[str]()
    return own.union(*(_datasets(other, metrics) for other in _named_by(metric, metrics)))


def _definition(metric: Metric, metrics: dict[str, Metric]) -> str:
    meaning = replace(metric, title="", description="", owner="", target=None)
    parts = [_definition(other, metrics) for other in _named_by(metric, metrics)]
    return hashlib.sha256(f"{meaning!r} {parts}".encode()).hexdigest()[:16]
