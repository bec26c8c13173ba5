"""How far has a made-up world been written into a workspace?"""

from __future__ import annotations

from data.database import Transaction
from data.statements import sql


def last_key(tx: Transaction, workspace_id: int, dataset_id: int, prefix: str) -> str | None:
    """The greatest batch key with this prefix, after waiting for whoever else writes such keys in this workspace."""
    tx.execute(sql("lock_simulated"), {"workspace": workspace_id})
    values = {"workspace": workspace_id, "dataset": dataset_id, "prefix": prefix}
    row = tx.execute(sql("last_batch_key"), values).fetchone()
    return str(row[0]) if row else None
