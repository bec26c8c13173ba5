"""How long are rows kept, and what becomes of those that are past their time?

The application's own records are kept as long as the setting says, other rows as long as their pack says (for ever
where it says nothing), unless somebody said otherwise for a dataset of their workspace. What was summed up stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from data import retention
from data.database import transaction
from data.errors import BadInput
from data.model import Dataset
from data.retention import LEAST_DAYS, MOST_DAYS, Rule
from data.settings import settings
from data.types import Scope
from services.model import find_dataset, model_of
from services.observing import PACK, SLUG
from services.people import record, require
from services.rollups import PERIODS, collect, span_of


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a dataset is kept: None is for ever. `is_own` when somebody of the workspace said so."""

    dataset: Dataset
    days: int | None
    is_own: bool
    kept_from: date | None


def kept(scope: Scope) -> list[Kept]:
    """How long each dataset of the active workspace is kept. Raises NotAllowed."""
    require(scope, "manage")
    return _kept(scope)


def keep(scope: Scope, dataset_name: str, days: int | None) -> None:
    """Keep the rows of a dataset of the active workspace so many days; None: as pack and installation say.

    Raises NotAllowed, UnknownName, BadInput.
    """
    require(scope, "manage")
    dataset = find_dataset(model_of(scope), dataset_name)
    if days is not None and days < LEAST_DAYS:
        raise BadInput(f"Days to keep: found {days}; expected {LEAST_DAYS} at least: months are summed up first.")
    if days is not None and days > MOST_DAYS:
        raise BadInput(f"Days to keep: found {days:,}; expected {MOST_DAYS:,} at most, which is a hundred years.")
    with transaction(scope) as tx:
        retention.set_rule(tx, scope, dataset.id, days)
        record(tx, scope, "retention_changed", dataset.qualified, {"days": days})


def remove_old_rows(scope: Scope, now: datetime, should_stop: Callable[[], bool]) -> dict[str, int]:
    """Sum up and then remove what is past its time in the active workspace; rows removed by dataset.

    Done again after an interruption it goes on where it was. Raises DatabaseDown.
    """
    from data.engine.removal import first_day, remove_before

    today = now.astimezone(ZoneInfo(scope.workspace.timezone)).date()
    due: dict[Dataset, tuple[date, date]] = {}
    for one in _kept(scope):
        first = first_day(scope, one.dataset) if one.days is not None else None
        if one.days is not None and first is not None and first < today - timedelta(days=one.days):
            due[one.dataset] = first, today - timedelta(days=one.days)
    if due:
        _sum_up(scope, min(first for first, _ in due.values()), max(end for _, end in due.values()), now)
    removed: dict[str, int] = {}
    for dataset, (_, end) in due.items():
        if should_stop():
            break
        retention.note_kept_from(scope, dataset.id, end)
        removed[dataset.qualified] = remove_before(scope, dataset, end, should_stop)
    return removed


def _kept(scope: Scope) -> list[Kept]:
    rules, own = retention.rules(scope), settings().system_keep_days if _is_own(scope) else None
    found = []
    for dataset in model_of(scope).datasets().values():
        rule = rules.get(dataset.id, Rule())
        usual = own if own is not None and dataset.pack == PACK else dataset.keep_days
        days = usual if rule.keep_days is None else rule.keep_days
        found.append(Kept(dataset, days, rule.keep_days is not None, rule.kept_from))
    return found


def _is_own(scope: Scope) -> bool:
    """Whether this is the workspace of the installation's own records."""
    return scope.workspace.slug == SLUG and scope.workspace.parent_id is None


def _sum_up(scope: Scope, first: date, end: date, now: datetime) -> None:
    last = end - timedelta(days=1)
    for period in PERIODS.values():
        span = span_of(period, last, (last - first).days, scope.workspace.timezone, now)
        if span:
            collect(scope, period, span, now)
