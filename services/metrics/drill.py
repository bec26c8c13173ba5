"""Which rows, and which values of a dimension, are behind a number?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.errors import unknown
from data.model import Dataset
from data.types import Filter, Order, Scope, TimeRange
from services.exports.visible import require_visible
from services.model import current, find_dataset


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows, their values in the order of `columns`; `next` continues (None at the end), `total` counts all of them."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    next: str | None
    total: int


def rows(
    scope: Scope,
    dataset_name: str,
    range: TimeRange,
    where: Sequence[Filter],
    limit: int,
    after: str | None = None,
    at: str | None = None,
    order: Order | None = None,
) -> RowPage:
    """One page of the raw rows whose time `at` (the dataset's own without one) lies in the range, newest first unless
    an order says otherwise.

    Raises UnknownName for a dataset, dimension, column or time column that is not there, BadInput for a limit or cursor
    and for more rows than can be ordered, NotAllowed for a filter on a column that the viewer does not get to see, or
    an order by one. All columns are in it: whoever shows them leaves out those.
    """
    from data.engine.answers import count
    from data.engine.shapes import predicates_of
    from data.engine.splits import filter_columns
    from data.orders import require_sortable
    from data.rows import Wanted, columns_of, page

    dataset = find_dataset(current(), dataset_name)
    for found in where:
        if found.dimension not in filter_columns(dataset):
            raise unknown("dimension", found.dimension, filter_columns(dataset), dataset.qualified)
    require_visible(scope, dataset, {f.dimension for f in where}, order)
    wanted = Wanted(dataset, at or dataset.time, range, predicates_of(where), limit, after, order)
    total = count(scope, current(), dataset, wanted.at, range, wanted.predicates)
    if order:
        require_sortable(dataset, order, columns_of(dataset), total)
    shown = page(scope, wanted)
    return RowPage(shown.columns, shown.rows, shown.next, total)


def recent(scope: Scope, dataset_name: str, limit: int, after_id: Any = None) -> list[dict[str, Any]]:
    """The newest rows, newest first; with `after_id` only those with a later id (keyed: received after that time)."""
    from data.rows import recent as read

    return read(scope, find_dataset(current(), dataset_name), limit, after_id)


def values(
    scope: Scope, dataset_name: str, dimension: str, search: str = "", limit: int = 200
) -> list[tuple[str | None, int]]:
    """Values of a dimension with their number of rows, the most frequent first; None is missing.

    `search` keeps those that contain it, without regard to case. Raises UnknownName, and NotAllowed for a
    column that the viewer does not get to see.
    """
    from data.engine.answers import value_counts
    from data.engine.splits import text_columns

    dataset = find_dataset(current(), dataset_name)
    if dimension not in text_columns(dataset):
        raise unknown("dimension", dimension, text_columns(dataset), dataset.qualified)
    require_visible(scope, dataset, {dimension})
    return list(value_counts(scope, current(), dataset, dimension, search, limit))


def leading(
    scope: Scope, dataset: Dataset, at: str, span: TimeRange, where: tuple[Filter, ...], by: tuple[str, str]
) -> list[tuple[str | None, str, int]]:
    """For each value of the first dimension that value of the second which most of its rows have, and how many.

    Raises NotAllowed for a filter or split by a column that the viewer does not get to see.
    """
    from data.engine import answers
    from data.engine.shapes import predicates_of

    require_visible(scope, dataset, {*by, *(f.dimension for f in where)})
    return answers.leading(scope, current(), dataset, at, span, predicates_of(where), by)
