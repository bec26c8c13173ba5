"""How new is the data of each dataset of a workspace?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from data.database import read_once
from data.statements import sql
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Version:
    """`version` grows with each batch that changed rows; 0 before the first."""

    version: int = 0
    received_at: datetime | None = None
    newest_at: datetime | None = None
    rows: int = 0
    change: int = 0


def versions(scope: Scope, dataset_ids: Iterable[int]) -> dict[int, Version]:
    """The version of each dataset in the active workspace."""
    ids = sorted(set(dataset_ids))
    listed = "{" + ",".join(map(str, ids)) + "}"
    rows = read_once(scope, sql("dataset_versions"), (str(scope.workspace.id), listed))
    found = {row[0]: Version(*row[1:]) for row in rows}
    return {id: found.get(id, Version()) for id in ids}
