"""Is a metric computed only from parts that may be added, divided or subtracted?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Metric
from services.model.drafts import Draft
from services.model.grammar import SHAPE_RULES
from services.model.problems import Problem, one_of

ADDITIVE = tuple(shape for shape, rule in SHAPE_RULES.items() if rule.additive)
COMPARABLE = (*ADDITIVE, "average", "min", "max", "percentile", "distinct", "share", "ratio")
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "ratio": {"numerator": (*ADDITIVE, "distinct"), "denominator": (*ADDITIVE, "distinct")},
    "rate": {"of": (*ADDITIVE, "distinct")},
    "pace": {"of": ADDITIVE},
    "balance": {"plus": ("count",), "minus": ("count",)},
    "age": {"of": ("balance",)},
    "difference": {"plus": COMPARABLE, "minus": COMPARABLE},
}


def check(draft: Draft) -> Iterator[Problem]:
    """Parts have shapes that allow it; the sides of a balance count the same rows by two times, those of a difference
    have the same unit."""
    for metric in draft.pack.metrics:
        for field, shapes in PARTS.get(metric.shape, {}).items():
            part = draft.metric(getattr(metric, field))
            if part and part.shape not in shapes:
                message = f"`{part.name}` has the shape `{part.shape}`, expected {one_of(shapes)}."
                yield draft.problem(("metrics", metric.name, field), message)
        yield from _balance(draft, metric)


def _balance(draft: Draft, metric: Metric) -> Iterator[Problem]:
    plus, minus = draft.metric(metric.plus), draft.metric(metric.minus)
    if not plus or not minus:
        return
    if metric.shape == "difference":
        if plus.unit != minus.unit or plus.name == minus.name:
            found = f"`{minus.name}` is in {minus.unit}, `{plus.name}` in {plus.unit}"
            yield draft.problem(("metrics", metric.name, "minus"), f"{found}: expected two metrics of one unit.")
        return
    path = ("metrics", metric.name, "minus")
    if plus.dataset != minus.dataset:
        yield draft.problem(path, f"counts `{minus.dataset}`, but `{plus.name}` counts `{plus.dataset}`.")
    elif plus.at == minus.at and plus.where == minus.where:
        yield draft.problem(path, f"counts the same rows by the same time as `{plus.name}`: nothing would remain.")
