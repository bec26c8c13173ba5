"""Can every comparison be made?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Condition, Dataset, Metric
from services.model.columns import numbers_of, texts_of
from services.model.drafts import Draft, Path
from services.model.problems import Problem, expected_one_of, one_of

LISTS = ("in", "not_in")
SIZES = ("over", "under", "at_least", "at_most")


def check(draft: Draft) -> Iterator[Problem]:
    """Values for dimensions, sizes for numbers; values of closed lists exist; a limit is exactly one size."""
    for metric in draft.pack.metrics:
        dataset = draft.dataset(metric.dataset)
        if dataset is None:
            continue
        for condition in metric.where:
            path = ("metrics", metric.name, "where", condition.column, condition.op)
            yield from _condition(draft, path, dataset, condition)
        yield from _empty(draft, metric)
        yield from _limit(draft, metric)


def _condition(draft: Draft, path: Path, dataset: Dataset, condition: Condition) -> Iterator[Problem]:
    if condition.column in texts_of(dataset) and condition.op not in LISTS:
        yield draft.problem(path, f"`{condition.column}` holds text, expected {one_of(LISTS)}.")
    if condition.column in numbers_of(dataset) and condition.op not in SIZES:
        yield draft.problem(path, f"`{condition.column}` holds numbers, expected {one_of(SIZES)}.")
    closed = next((d.values for d in dataset.dimensions if d.name == condition.column), ())
    for value in condition.values:
        if closed and value is not None and value not in closed:
            yield draft.problem(path, expected_one_of(value, closed))
    if condition.op in LISTS and not condition.values:
        yield draft.problem(path, "the list is empty: no row could ever meet it.")


def _empty(draft: Draft, metric: Metric) -> Iterator[Problem]:
    node = (draft.root.children or {}).get("metrics")
    written = node.children[metric.name] if node and node.children else None
    where = (written.children or {}).get("where") if written else None
    for column, inner in ((where.children or {}) if where else {}).items():
        if not inner.children:
            path = ("metrics", metric.name, "where", column)
            yield draft.problem(path, f"says no comparison, expected {one_of((*LISTS, *SIZES))}.")


def _limit(draft: Draft, metric: Metric) -> Iterator[Problem]:
    written = [op for op in (*LISTS, *SIZES) if draft.says(("metrics", metric.name, "limit", op))]
    if draft.says(("metrics", metric.name, "limit")) and (len(written) != 1 or written[0] not in SIZES):
        found = one_of(written) if written else "nothing"
        yield draft.problem(
            ("metrics", metric.name, "limit"), f"found {found}, expected exactly one of {one_of(SIZES)}."
        )
