"""How fresh is the data of each dataset of a workspace?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.types import Scope
from services.model import model_of


@dataclass(frozen=True, slots=True)
class Freshness:
    """State of one dataset: time of its newest row, last commit, how old the newest row usually is at most."""

    dataset: str
    newest_at: datetime | None
    received_at: datetime | None
    usual_delay_s: int
    version: int
    rows: int


def freshness(scope: Scope) -> list[Freshness]:
    """One line for each dataset of the packs that the workspace uses."""
    from data.engine.versions import versions

    datasets = model_of(scope).datasets().values()
    found = versions(scope, [d.id for d in datasets])
    return [
        Freshness(d.qualified, v.newest_at, v.received_at, d.usual_delay_s, v.version, v.rows)
        for d in datasets
        if (v := found[d.id])
    ]


def newest_at(scope: Scope, dataset: str) -> datetime | None:
    """The time of the newest row of a dataset (`pack.name`); None without rows."""
    return next((f.newest_at for f in freshness(scope) if f.dataset == dataset), None)
