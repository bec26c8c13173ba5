"""What did the nightly scans look at and find, and from which recurrence interval on is a cluster unusual?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from data.database import Transaction, owner_transaction, transaction
from data.statements import run
from data.types import Scope

MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class PlaceScan:
    """One scan of a dataset, from `first_on` up to the local day `last_on`: events by `places` hexagons, of which
    `drawn` were scanned. `rarest_days`: the recurrence interval of its least likely cluster. `reason`: why there is
    nothing to tell."""

    dataset: int
    last_on: date
    first_on: date
    resolution: int = 0
    events: int = 0
    drawn: int = 0
    places: int = 0
    cylinders: int = 0
    rarest_days: float | None = None
    reason: str = ""
    scanned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceCluster:
    """More events than place and day alone explain: `cells` are H3 indexes, the centre first. `categories`: the main
    ones as (title, part of the cluster, part of all events)."""

    dataset: int
    last_on: date
    number: int
    first_on: date
    cells: tuple[str, ...]
    lat: float
    lon: float
    radius_m: float
    observed: int
    expected: float
    ratio: float
    p: float
    recurrence_days: float
    categories: tuple[tuple[str, float, float], ...] = ()
    scanned_at: datetime | None = None


def keep_scan(scope: Scope, found: PlaceScan, clusters: Sequence[PlaceCluster]) -> None:
    """Put a scan with its clusters in the place of one of the same dataset and last day."""
    names = {"workspace": scope.workspace.id, "dataset": found.dataset, "last_on": found.last_on}
    with transaction(scope) as tx:
        run(tx, "remove_scan", names)
        run(tx, "add_scan", names | _columns(found))
        for one in clusters:
            lists = {"cells": list(one.cells), "categories": Jsonb([list(part) for part in one.categories])}
            run(tx, "add_cluster", names | _columns(one) | lists)


def _columns(row: PlaceScan | PlaceCluster) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def find_newest_scan(scope: Scope, dataset: int) -> PlaceScan | None:
    """The last scan of a dataset of the active workspace."""
    with transaction(scope) as tx:
        rows = run(tx, "newest_scan", {"workspace": scope.workspace.id, "dataset": dataset})
    return PlaceScan(*rows[0]) if rows else None


def clusters_of(
    scope: Scope, least_days: float, dataset: int | None = None, from_on: date | None = None,
    since: datetime | None = None,
) -> list[PlaceCluster]:  # fmt: skip
    """Clusters of the active workspace with a recurrence interval of at least so many days, newest and rarest first, at
    most 200: of one dataset, lasting to `from_on` or later, found by a scan at `since` or later, where that is said."""
    asked = {"dataset": dataset, "least": least_days, "from_on": from_on, "since": since, "most": MOST_FOUND}
    with transaction(scope) as tx:
        rows = run(tx, "clusters_of_scans", asked | {"workspace": scope.workspace.id})
    return [PlaceCluster(*map(_frozen, row)) for row in rows]


def _frozen(value: Any) -> Any:
    """A list of the database, and lists in it, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def find_limit(scope: Scope) -> tuple[int, str] | None:
    """The limit of the active workspace in days and who picked it; None before anybody did."""
    with transaction(scope) as tx:
        rows = run(tx, "place_limit", {"workspace": scope.workspace.id})
    return (int(rows[0][0]), str(rows[0][1])) if rows else None


def set_limit(tx: Transaction, scope: Scope, days: int, now: datetime) -> None:
    """Another limit for the active workspace."""
    run(tx, "set_place_limit", {"workspace": scope.workspace.id, "days": days, "by": scope.account, "now": now})


def remove_scans(before: date) -> None:
    """Take away scans that end before this day, in all workspaces."""
    with owner_transaction() as tx:
        run(tx, "remove_scans", {"before": before})
