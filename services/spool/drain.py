"""How do batches that wait on disk get into the database when it is back?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import data.people
from data.database import owner_transaction
from data.errors import BelvedereError, DatabaseDown, NotAllowed
from data.spooled import credential_was_good
from data.types import Scope
from services.ingest import ingest_rows
from services.people import allows, get_workspace, worker_scope
from services.spool import store
from services.spool.store import Kept

_log = logging.getLogger(__name__)


def drain(should_stop: Callable[[], bool]) -> tuple[int, int]:
    """Write what waits, oldest first, each batch under the key it was accepted with, so that one that is written twice
    counts once. Batches written, and batches put aside with their reason. Raises DatabaseDown, leaving the rest."""
    written = refused = 0
    for path in store.waiting():
        if should_stop():
            break
        try:
            _write(store.read(path))
            path.unlink()
            written += 1
        except DatabaseDown:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's loop over items
            _log.exception("batch %s cannot be written", path.name)
            known = isinstance(error, BelvedereError)
            store.refuse(path, str(error) if known else "Something went wrong; the worker's log has the details.")
            refused += 1
    return written, refused


def _write(kept: Kept) -> None:
    ingest_rows(_scope(kept), kept.dataset, kept.rows, kept.key, kept.accepted)


def _scope(kept: Kept) -> Scope:
    """Whoever sent the batch, with the rights of now and a credential that was good then. Raises NotAllowed."""
    workspace = get_workspace(kept.workspace)
    with owner_transaction() as tx:
        role = data.people.role_in(tx, workspace.id, kept.account_id) if kept.account_id is not None else None
        good = credential_was_good(tx, kept.credential, kept.accepted)
    if role is None or not good or not allows(role, "write"):
        raise NotAllowed(f"{kept.account} was no longer allowed to send rows to `{kept.workspace}`.")
    return replace(worker_scope(workspace), account=kept.account, account_id=kept.account_id)
