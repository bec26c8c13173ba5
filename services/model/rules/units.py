"""Do shape, format and unit of a metric agree?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Metric
from services.model.drafts import Draft
from services.model.problems import Problem, one_of

FORMATS: dict[str, tuple[str, ...]] = {
    "count": ("integer",),
    "distinct": ("integer",),
    "balance": ("integer",),
    "share": ("percent",),
    "age": ("duration",),
    "ratio": ("percent", "decimal", "money"),
    "rate": ("decimal", "percent", "money"),
    "average": ("decimal", "duration", "money"),
    "percentile": ("decimal", "duration", "money"),
}
UNITS = {"percent": "%", "duration": "hours"}
MOST_DECIMALS = 6


def check(draft: Draft) -> Iterator[Problem]:
    """Counts are integers, parts are percent, durations are hours; everything else says its unit."""
    for metric in draft.pack.metrics:
        path = ("metrics", metric.name)
        formats = FORMATS.get(metric.shape)
        if formats and metric.format not in formats:
            message = f"a {metric.shape} is written as {one_of(formats)}, found `{metric.format}`."
            yield draft.problem((*path, "format"), message)
        yield from _duration(draft, metric)
        yield from _unit(draft, metric)
        if not 0 <= metric.decimals <= MOST_DECIMALS:
            yield draft.problem((*path, "decimals"), f"found {metric.decimals}, expected 0 to {MOST_DECIMALS}.")


def _duration(draft: Draft, metric: Metric) -> Iterator[Problem]:
    dataset = draft.dataset(metric.dataset)
    if dataset is None or metric.shape in ("count", "distinct", "share"):
        return
    is_duration = metric.of in {duration.name for duration in dataset.durations}
    if is_duration != (metric.format == "duration"):
        expected = "`duration`" if is_duration else "no `duration`: it is a measure"
        yield draft.problem(("metrics", metric.name, "format"), f"`{metric.of}` expects {expected}.")


def _unit(draft: Draft, metric: Metric) -> Iterator[Problem]:
    wanted = UNITS.get(metric.format)
    if wanted and metric.unit != wanted:
        message = f"format `{metric.format}` has the unit `{wanted}`, found `{metric.unit}`."
        yield draft.problem(("metrics", metric.name, "unit"), message)
    if not metric.unit:
        yield draft.problem(("metrics", metric.name), "field `unit` is missing: say what one is, in the plural.")
