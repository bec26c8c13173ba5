"""How far has a made-up world been written into a workspace?"""

from __future__ import annotations

from collections.abc import Sequence

from data.database import Transaction
from data.statements import sql


def last_key(tx: Transaction, workspace_id: int, dataset_ids: Sequence[int], prefix: str) -> str | None:
    """The greatest batch key of these datasets with this prefix.

    Waits first for whoever else writes such keys in this workspace.
    """
    tx.execute(sql("lock_simulated"), {"workspace": workspace_id})
    values = {"workspace": workspace_id, "datasets": list(dataset_ids), "prefix": prefix}
    row = tx.execute(sql("last_batch_key"), values).fetchone()
    return str(row[0]) if row else None
