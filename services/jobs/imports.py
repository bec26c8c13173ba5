"""How does the worker import the files that were uploaded?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from data.errors import BelvedereError, DatabaseDown
from data.types import Scope
from services import people
from services.ingest import ImportSummary, Progress, import_file, mapping_of
from services.jobs.turns import Turn
from services.model import current, find_dataset
from services.uploads import requests, store
from services.uploads.requests import State
from services.uploads.requests import Turn as Wanted

_log = logging.getLogger(__name__)
_KEEP = timedelta(days=7)


class _Stopped(BelvedereError):
    """The worker stops; the import goes on with the next turn."""


def import_uploads(turn: Turn) -> str:
    """Import what waits, one file after the other; a file that fails is marked so and the next one is taken."""
    files = 0
    while not turn.should_stop() and (wanted := requests.next_waiting()):
        if not _import(wanted, turn):
            break
        files += 1
    for upload in list(store.all_uploads()):
        if datetime.fromisoformat(upload.at) < turn.now - _KEEP:
            store.remove(upload.id)
    return f"{files} file{'s' if files > 1 else ''}" if files else ""


def _import(wanted: Wanted, turn: Turn) -> bool:
    upload_id = wanted.upload.id

    def progress(now: Progress) -> None:
        requests.note(upload_id, State("running", round(now.share, 4), now.rows))
        if turn.should_stop():
            raise _Stopped

    requests.note(upload_id, State("running"))
    try:
        summary = _run(_scope(wanted), wanted, progress, turn)
    except (_Stopped, DatabaseDown):
        return False
    except BelvedereError as error:
        requests.note(upload_id, State("failed", message=str(error)))
        return True
    except Exception:  # noqa: BLE001 -- one bad file must not stop those behind it
        _log.exception("import of upload %s failed", upload_id)
        requests.note(upload_id, State("failed", message="Something went wrong; the worker's log has the details."))
        return True
    requests.note(upload_id, State("done", 1.0, summary.read, asdict(summary)))
    wanted.upload.path.unlink(missing_ok=True)
    return True


def _run(scope: Scope, wanted: Wanted, progress: Callable[[Progress], None], turn: Turn) -> ImportSummary:
    mapping = mapping_of(wanted.mapping, find_dataset(current(), wanted.dataset))
    path, name = wanted.upload.path, wanted.upload.name
    return import_file(scope, wanted.dataset, path, mapping, progress, turn.now, name)


def _scope(wanted: Wanted) -> Scope:
    """The worker in the upload's workspace, under the name of the person who asked."""
    workspace = people.get_workspace(wanted.upload.workspace)
    found = people.worker_scope(workspace)
    return replace(found, account=wanted.upload.account, account_id=wanted.account_id)
