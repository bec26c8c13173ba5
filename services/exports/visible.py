"""Which columns of a dataset does a viewer get to see?"""

from __future__ import annotations

from collections.abc import Iterable

from data.model import Dataset
from data.rows import columns_of
from data.types import Filter, Order, Scope
from services import people


def personal_columns(dataset: Dataset) -> frozenset[str]:
    """Columns with personal data: the marked dimensions, and the actor, who is a person behind a code."""
    marked = {d.name for d in dataset.dimensions if d.personal}
    return frozenset(marked | ({dataset.actor} if dataset.actor else set()))


def hidden_columns(scope: Scope, dataset: Dataset) -> frozenset[str]:
    """The personal columns, for a viewer without the ability `personal`."""
    return frozenset() if people.can(scope, "personal") else personal_columns(dataset)


def visible_columns(scope: Scope, dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a row that the viewer sees, and those that are left out because they are personal."""
    hidden = hidden_columns(scope, dataset)
    names = columns_of(dataset)
    return tuple(n for n in names if n not in hidden), tuple(n for n in names if n in hidden)


def require_visible(scope: Scope, dataset: Dataset, columns: set[str], order: Order | None = None) -> None:
    """Raise NotAllowed when a column is hidden: filtering, splitting or ordering by it would tell what it holds."""
    asked = columns | {order.column} if order else columns
    if asked & personal_columns(dataset):
        people.require(scope, "personal")


def audited_filters(dataset: Dataset, where: Iterable[Filter]) -> list[str]:
    """Filters in words as the audit keeps them: of a personal column its name only, because the audit holds no personal
    values and outlives the rows."""
    marked = personal_columns(dataset)
    return [f"by {f.dimension}" if f.dimension in marked else f.sentence() for f in where]
