"""How far has the demo's history and stream come in a workspace?"""

from __future__ import annotations

from data.database import Transaction
from data.statements import sql


def last_key(tx: Transaction, workspace_id: int, dataset_id: int, prefix: str) -> str | None:
    """The greatest batch key with this prefix, after waiting for whoever else writes the demo of this workspace."""
    tx.execute(sql("lock_demo"), {"workspace": workspace_id})
    values = {"workspace": workspace_id, "dataset": dataset_id, "prefix": prefix}
    row = tx.execute(sql("last_batch_key"), values).fetchone()
    return str(row[0]) if row else None
