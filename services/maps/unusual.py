"""Which clusters did the nightly scan find that are rarer than the limit, and who picks that limit?

`above_limit` is for whatever acts on them: rules, reports, notifications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import data.unusual
from data.database import transaction
from data.errors import BadInput
from data.model import Dataset
from data.types import Scope
from data.unusual import PlaceCluster, PlaceScan
from services.maps.scans import KEPT_DAYS, counted_by, last_day, look
from services.model import packs_of
from services.people import record, require
from services.spatial.scan import spelled

LIMITS: dict[int, str] = {30: "a month", 91: "3 months", 183: "half a year", 365: "a year", 730: "2 years"}
USUAL_LIMIT = 365
KEPT_YEARS = 2
_MOST_TIMES = 200
_FROM_HOUR = 2
"""Rows of a day may still come in shortly after midnight."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From which recurrence interval on a cluster is unusual; `changed_by` is empty before anybody picked it."""

    days: int
    changed_by: str = ""

    @property
    def said(self) -> str:
        """`once in a year`."""
        return f"once in {LIMITS.get(self.days) or spelled(self.days)}"


def limit_of(scope: Scope) -> Limit:
    """The limit of the active workspace. Raises NotAllowed."""
    require(scope, "read")
    found = data.unusual.find_limit(scope)
    return Limit(*found) if found else Limit(USUAL_LIMIT)


def set_limit(scope: Scope, days: int, now: datetime) -> None:
    """Call clusters unusual that chance makes once in so many days or less often. Audited.

    Raises NotAllowed, BadInput.
    """
    require(scope, "plan")
    if days not in LIMITS:
        raise BadInput(f"Limit: found {days} days; expected one of {', '.join(map(str, LIMITS))}.")
    with transaction(scope) as tx:
        data.unusual.set_limit(tx, scope, days, now)
        record(tx, scope, "cluster_limit_changed", "unusual clusters", {"days": days})


def above_limit(scope: Scope, since: datetime) -> list[PlaceCluster]:
    """Clusters of all datasets of the active workspace that scans at `since` or later found and that are rarer than its
    limit, newest and rarest first, at most 200. Raises NotAllowed.

    Whoever acts on them asks with the time of the last one it knows. A cluster that goes on is found every night anew,
    with another `last_on`: `is_same` tells whether two nights' clusters are one. An interval is of one dataset's
    nights; over several datasets chance makes that many times as many.
    """
    require(scope, "read")
    return data.unusual.clusters_of(scope, limit_of(scope).days, since=since)


def found_lately(scope: Scope, dataset: Dataset, nights: int, least_days: float, now: datetime) -> list[PlaceCluster]:
    """Clusters of one dataset that lasted to one of the last nights' days. Raises NotAllowed."""
    require(scope, "read")
    from_on = last_day(scope, now) - timedelta(days=nights - 1)
    return data.unusual.clusters_of(scope, least_days, dataset.id, from_on)


def newest_scan(scope: Scope, dataset: Dataset) -> PlaceScan | None:
    """The last scan of a dataset; None before the first. Raises NotAllowed."""
    require(scope, "read")
    return data.unusual.find_newest_scan(scope, dataset.id)


def is_same(one: PlaceCluster, other: PlaceCluster) -> bool:
    """Whether clusters of two nights are one that goes on: of one dataset, with a place in common, on common days."""
    alike = one.dataset == other.dataset and not set(one.cells).isdisjoint(other.cells)
    return alike and one.first_on <= other.last_on and other.first_on <= one.last_on


def is_due(scope: Scope, found: PlaceScan | None, now: datetime) -> bool:
    """Whether a dataset is to be scanned: the first time at once, then each night once the last day is over."""
    if found is None:
        return True
    local = now.astimezone(ZoneInfo(scope.workspace.timezone))
    return found.last_on < last_day(scope, now) and local.hour >= _FROM_HOUR


def next_scan(scope: Scope, found: PlaceScan | None, times: Iterable[datetime]) -> datetime | None:
    """The first of the times that the scan may run at which a dataset is due; None where there is none soon."""
    return next((at for at in islice(times, _MOST_TIMES) if is_due(scope, found, at)), None)


def scan_workspace(scope: Scope, now: datetime, is_asked: bool, stop: Callable[[], None]) -> int:
    """Scan the datasets of the active workspace that are due, or all when somebody asked; how many.

    `stop` is called in between and may raise.
    """
    done = 0
    for pack in packs_of(scope):
        for dataset in pack.datasets:
            metric = counted_by(pack, dataset)
            if metric is None or not (is_asked or is_due(scope, newest_scan(scope, dataset), now)):
                continue
            found = look(scope, pack, dataset, metric, now, step=stop)
            if found is not None:
                data.unusual.keep_scan(scope, *found)
                done += 1
    return done


def forget_old(now: datetime) -> None:
    """Take away scans of more than two years ago, in all workspaces."""
    data.unusual.remove_scans(now.date() - timedelta(days=round(KEPT_YEARS * 365.25)))


__all__ = [
    "KEPT_DAYS", "LIMITS", "Limit", "PlaceCluster", "PlaceScan", "above_limit", "forget_old", "found_lately",
    "is_due", "is_same", "limit_of", "newest_scan", "next_scan", "scan_workspace", "set_limit",
]  # fmt: skip
