"""Which areas did people bring to a workspace, and where do they lie?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from data.database import Transaction
from data.errors import unknown
from data.statements import run
from data.types import Scope


@dataclass(frozen=True, slots=True)
class BoundarySet:
    """What is known of a set of areas without its geometry. `amounts` are its columns of numbers, `repaired` counts the
    areas that were taken in their repaired form, `fingerprint` changes with the areas, their names and their amounts.
    """

    name: str
    key_column: str
    source: str
    fingerprint: str
    repaired: int
    size: int
    amounts: tuple[str, ...]
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The areas of a set in file order: key, GeoJSON geometry as it is and with fewer points, amounts by column."""

    about: BoundarySet
    keys: tuple[str, ...]
    exact: tuple[str, ...]
    drawn: tuple[str, ...]
    amounts: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class NewBoundaries:
    """A set of areas to be kept; see Boundaries and BoundarySet."""

    name: str
    key_column: str
    source: str
    fingerprint: str
    repaired: int
    keys: tuple[str, ...]
    exact: tuple[str, ...]
    drawn: tuple[str, ...]
    amounts: Mapping[str, tuple[float | None, ...]]


def list_sets(tx: Transaction, scope: Scope) -> list[BoundarySet]:
    """The sets of the active workspace by name."""
    found = run(tx, "list_boundaries", {"workspace": scope.workspace.id})
    return [_about(row) for row in found]


def _about(row: tuple[Any, ...]) -> BoundarySet:
    name, key_column, source, fingerprint, repaired, size, amounts, added_by, added_at = row[:9]
    return BoundarySet(name, key_column, source, fingerprint, repaired, size, tuple(amounts), added_by, added_at)


def area_keys(tx: Transaction, scope: Scope) -> dict[str, tuple[str, ...]]:
    """The keys of the areas of each set, in file order; without their geometry, which may be large."""
    return {name: tuple(keys) for name, keys in run(tx, "boundary_keys", {"workspace": scope.workspace.id})}


def drawn_areas(tx: Transaction, scope: Scope) -> list[tuple[str, ...]]:
    """The areas of each set as GeoJSON texts with fewer points."""
    return [tuple(drawn) for (drawn,) in run(tx, "drawn_boundaries", {"workspace": scope.workspace.id})]


def get_set(tx: Transaction, scope: Scope, name: str) -> Boundaries:
    """One set with its geometry. Raises UnknownName."""
    rows = run(tx, "one_boundary_set", {"workspace": scope.workspace.id, "name": name})
    if not rows:
        raise unknown("boundaries", name, [one.name for one in list_sets(tx, scope)], scope.workspace.name)
    row = rows[0]
    amounts = {column: tuple(values) for column, values in row[12].items()}
    return Boundaries(_about(row), tuple(row[9]), tuple(row[10]), tuple(row[11]), amounts)


def find_area(tx: Transaction, scope: Scope, name: str, key: str) -> str | None:
    """The geometry of one area as GeoJSON text; None when there is no such set or key."""
    rows = run(tx, "one_boundary", {"workspace": scope.workspace.id, "name": name, "key": key})
    found: str | None = rows[0][0] if rows else None
    return found


def put_set(tx: Transaction, scope: Scope, found: NewBoundaries) -> None:
    """Keep a set; one of the same name is replaced."""
    values = {
        "workspace": scope.workspace.id, "name": found.name, "key_column": found.key_column, "source": found.source,
        "fingerprint": found.fingerprint, "repaired": found.repaired, "keys": list(found.keys),
        "exact": list(found.exact), "drawn": list(found.drawn), "account": scope.account,
        "amounts": Jsonb({column: list(numbers) for column, numbers in found.amounts.items()}),
    }  # fmt: skip
    run(tx, "put_boundaries", values)


def remove_set(tx: Transaction, scope: Scope, name: str) -> None:
    """Take a set away. Raises UnknownName."""
    if not run(tx, "remove_boundaries", {"workspace": scope.workspace.id, "name": name}):
        raise unknown("boundaries", name, [one.name for one in list_sets(tx, scope)], scope.workspace.name)
