"""Which sufficient statistics does a metric need, given the filters and dimensions of a query?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from data.engine.asks import COUNT, NULL, Between, Contains, Hashed, Inside, OneOf, Predicate, Stat
from data.engine.catalogue import catalogue_of
from data.engine.hexagons import PLACE, area_of
from data.engine.splits import filter_columns, split_columns, text_columns
from data.engine.zones import is_zones
from data.errors import BadInput, unknown
from data.model import Condition, Dataset, Exposure, Metric, Model
from data.types import CannotTell, Filter

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Leaf(Hashed):
    """One statistic of the rows of `dataset` by `at` that meet `predicates`; `running`: all before the bucket ends."""

    dataset: str
    at: str
    predicates: tuple[Predicate, ...]
    stat: Stat
    running: bool = False
    __hash__ = Hashed.__hash__


@dataclass(frozen=True, slots=True)
class Formula:
    """How a metric is computed: from its leaves and parts; `scale` divides the integers of the segments into units."""

    shape: str
    leaves: tuple[Leaf, ...] = ()
    parts: tuple[Formula, ...] = ()
    scale: int = 1
    per: float = 1.0  # of a pace: milliseconds
    exposure: Exposure | None = None
    filters: tuple[Filter, ...] = ()

    def all_leaves(self) -> list[Leaf]:
        """Its own leaves and those of its parts."""
        return [*self.leaves, *(leaf for part in self.parts for leaf in part.all_leaves())]


@dataclass(frozen=True, slots=True)
class Question:
    """What of a query every metric has in common."""

    model: Model
    filters: tuple[Filter, ...]
    by: tuple[str, ...]
    exact: bool


def find_metric(model: Model, name: str) -> Metric:
    """The metric of a qualified, or bare and unambiguous, name; UnknownName suggests the nearest."""
    metrics = catalogue_of(model).metrics
    if name in metrics:
        return metrics[name]
    bare = [m for m in metrics.values() if m.name == name]
    if len(bare) == 1:
        return bare[0]
    if bare:
        raise unknown("single metric", name, (), "the packs: say which of " + ", ".join(m.qualified for m in bare))
    pack, _, short = name.rpartition(".")
    if pack and pack in {p.name for p in model.packs}:
        raise unknown("metric", short, [m.name for m in model.pack(pack).metrics], f"`{pack}`")
    raise unknown("metric", name, [*metrics, *(m.name for m in metrics.values())])


def find_dataset(model: Model, name: str) -> Dataset:
    """The dataset of a qualified, or bare and unambiguous, name; UnknownName suggests the nearest."""
    datasets = catalogue_of(model).datasets
    if name in datasets:
        return datasets[name]
    bare = [d for d in datasets.values() if d.name == name]
    if len(bare) == 1:
        return bare[0]
    raise unknown("dataset", name, [*datasets, *(d.name for d in datasets.values())])


def scale_of(dataset: Dataset, column: str) -> int:
    """By how much the stored integers of a measure or duration are divided: 10**decimals, or milliseconds an hour."""
    for measure in dataset.measures:
        if measure.name == column:
            return int(10**measure.decimals)
    return HOUR_MS


def _formula(question: Question, metric: Metric, running: bool = False) -> Formula | CannotTell:
    return SHAPES[metric.shape](question, metric, running)


def formula_of(question: Question, metric: Metric) -> Formula | CannotTell:
    """How the metric is computed under the question's filters and dimensions, or why it cannot be."""
    catalogue = catalogue_of(question.model)
    key = metric.qualified, question.filters, question.by, question.exact
    found: Formula | CannotTell | None = catalogue.kept.get(key)
    if found is None:
        found = _formula(question, metric)
        catalogue.keep(key, found)
    return found


def _dataset_of(question: Question, metric: Metric) -> Dataset:
    return catalogue_of(question.model).datasets[_qualified(metric, metric.dataset or "")]


def _qualified(metric: Metric, name: str) -> str:
    return name if "." in name else f"{metric.pack}.{name}"


def _named(question: Question, metric: Metric, name: str | None) -> Metric:
    return find_metric(question.model, _qualified(metric, name or ""))


def _lacking(question: Question, metric: Metric, dataset: Dataset) -> CannotTell | None:
    splits, filters = split_columns(dataset), filter_columns(dataset)
    for name in question.by:
        if name not in splits and not (dataset.place and is_zones(name)):
            return CannotTell(f"{metric.title} cannot be split by {name}: {dataset.title} has no such dimension.")
    for condition in question.filters:
        if condition.dimension not in filters:
            said = condition.sentence()
            return CannotTell(f"{metric.title} cannot be filtered by {said}: {dataset.title} has no such dimension.")
    return None


def predicates_of(filters: Sequence[Filter]) -> tuple[Predicate, ...]:
    """The filters as conditions on rows, in one order whatever order they were given in."""
    found = {_from_filter(f) for f in filters}
    return tuple(sorted(found, key=repr))


def _from_filter(found: Filter) -> Predicate:
    if found.op == "inside" or found.dimension == PLACE:
        return _area(found)
    if found.op == "contains":
        return Contains(found.dimension, tuple(sorted({(v or "").casefold() for v in found.values})))
    return OneOf(found.dimension, _ordered(found.values), found.op == "not_in")


def _area(found: Filter) -> Predicate:
    text = found.values[0] if len(found.values) == 1 else None
    if found.op != "inside" or found.dimension != PLACE or text is None:
        raise BadInput(f"Field `where.{found.dimension}`: found {found.sentence()}; expected `place` inside one area.")
    return Inside(area_of(text))


def _ordered(values: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(sorted(set(values), key=lambda v: (v is None, v or "")))


def _from_condition(dataset: Dataset, condition: Condition) -> Predicate:
    if condition.op == "in" or condition.op == "not_in":
        return OneOf(condition.column, _ordered(condition.values), condition.op == "not_in")
    edge = Decimal(repr(condition.number or 0.0)) * scale_of(dataset, condition.column)
    below, above = int(edge.to_integral_value(ROUND_FLOOR)), int(edge.to_integral_value(ROUND_CEILING))
    bounds = {
        "over": (below + 1, None), "at_least": (above, None), "under": (None, above - 1), "at_most": (None, below)
    }  # fmt: skip
    low, high = bounds[condition.op]
    return Between(condition.column, NULL + 1 if low is None else low, 2**63 - 1 if high is None else high)


def _all_predicates(question: Question, metric: Metric, dataset: Dataset, *more: Predicate) -> tuple[Predicate, ...]:
    found = {*predicates_of(question.filters), *(_from_condition(dataset, c) for c in metric.where), *more}
    return tuple(sorted(found, key=repr))


def _leaf(question: Question, metric: Metric, dataset: Dataset, stat: Stat, running: bool, *more: Predicate) -> Leaf:
    predicates = _all_predicates(question, metric, dataset, *more)
    return Leaf(dataset.qualified, metric.at or dataset.time, predicates, stat, running)


def _base(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    """count, sum, average, min, max, percentile and distinct."""
    dataset = _dataset_of(question, metric)
    lacking = _lacking(question, metric, dataset)
    if lacking:
        return lacking
    of, shape = metric.of or "", metric.shape
    stats: dict[str, tuple[Stat, ...]] = {
        "count": (COUNT,), "sum": (Stat("sum", of),), "average": (Stat("sum", of), Stat("filled", of)),
        "min": (Stat("min", of),), "max": (Stat("max", of),), "distinct": (Stat("distinct", of),),
        "percentile": (Stat("percentile", of, 0.5 if metric.q is None else metric.q, question.exact),),
    }  # fmt: skip
    scale = 1 if shape in ("count", "distinct") else scale_of(dataset, of)
    return Formula(shape, tuple(_leaf(question, metric, dataset, s, running) for s in stats[shape]), scale=scale)


def _share(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    dataset = _dataset_of(question, metric)
    lacking = _lacking(question, metric, dataset)
    if lacking:
        return lacking
    of = metric.of or ""
    filled: Predicate = OneOf(of, (None,), True) if of in text_columns(dataset) else Between(of)
    limit = (_from_condition(dataset, metric.limit),) if metric.limit else ()
    meets = _leaf(question, metric, dataset, COUNT, running, filled, *limit)
    return Formula("share", (meets, _leaf(question, metric, dataset, COUNT, running, filled)))


def _ratio(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    return _of_parts(question, metric, (metric.numerator, metric.denominator), running)


def _balance(question: Question, metric: Metric, _running: bool) -> Formula | CannotTell:
    found = _of_parts(question, metric, (metric.plus, metric.minus), True)
    if isinstance(found, Formula) and any(part.shape not in ("count", "sum") for part in found.parts):
        return CannotTell(f"{metric.title} has no answer: a balance is kept of counts and sums only.")
    return found


def _difference(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    return _of_parts(question, metric, (metric.plus, metric.minus), running)


def _of_parts(question: Question, metric: Metric, names: Sequence[str | None], running: bool) -> Formula | CannotTell:
    parts: list[Formula] = []
    for name in names:
        part = _formula(question, _named(question, metric, name), running)
        if isinstance(part, CannotTell):
            return part
        parts.append(part)
    return Formula(metric.shape, parts=tuple(parts))


def _rate(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    part = _formula(question, _named(question, metric, metric.of), running)
    if isinstance(part, CannotTell):
        return part
    exposures = question.model.pack(metric.pack).exposures
    exposure = next((e for e in exposures if e.name == metric.exposure), None)
    if exposure is None or not math.isfinite(sum(amount for _, amount in exposure.amounts)):
        return CannotTell(f"{metric.title} has no answer: {metric.exposure} is not known for all that rows name here.")
    return Formula("rate", parts=(part,), per=metric.per, exposure=exposure, filters=question.filters)


def _pace(question: Question, metric: Metric, running: bool) -> Formula | CannotTell:
    part = _formula(question, _named(question, metric, metric.of), running)
    if isinstance(part, CannotTell):
        return part
    return Formula("pace", parts=(part,), per=metric.each_s * 1000.0)


def _age(question: Question, metric: Metric, _running: bool) -> Formula | CannotTell:
    """Average age of what a balance counts: the time of what came in less the time of what left again."""
    balance = _named(question, metric, metric.of)
    if balance.shape != "balance":
        return CannotTell(f"{metric.title} has no answer: {balance.title} is no balance.")
    plus, minus = _named(question, balance, balance.plus), _named(question, balance, balance.minus)
    counts = _formula(question, balance)
    if isinstance(counts, CannotTell):
        return counts
    dataset = _dataset_of(question, plus)
    began, ended = plus.at or dataset.time, minus.at or dataset.time
    spans = [d.name for d in dataset.durations if (d.from_time, d.to_time) == (began, ended)]
    if plus.dataset != minus.dataset or plus.shape != "count" or minus.shape != "count" or not spans:
        return CannotTell(
            f"{metric.title} has no answer: no duration leads from {began} to {ended} in {dataset.title}."
        )
    leaves = (
        _leaf(question, plus, dataset, Stat("elapsed"), True),
        _leaf(question, minus, dataset, Stat("elapsed", spans[0]), True),
    )
    return Formula("age", leaves, (counts,), scale=HOUR_MS)


SHAPES: dict[str, Callable[[Question, Metric, bool], Formula | CannotTell]] = {
    "count": _base, "sum": _base, "average": _base, "min": _base, "max": _base, "percentile": _base,
    "distinct": _base, "share": _share, "ratio": _ratio, "balance": _balance, "rate": _rate, "age": _age,
    "difference": _difference, "pace": _pace,
}  # fmt: skip
