"""What becomes of a complete file: imported and put among the done, or among the failed with the reason?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from data.errors import BelvedereError, DatabaseDown
from services.inbox.folders import DONE, FAILED, MAPPING, put_away
from services.inbox.looking import Watch
from services.ingest import ImportSummary, Progress, import_file, load_mapping_file
from services.model import current, find_dataset
from services.people import get_workspace, worker_scope

_log = logging.getLogger(__name__)
_TOLD = ("read", "inserted", "updated", "unchanged", "rejected", "flagged", "seconds", "mapping", "rejects_file")


class _Stopped(BelvedereError):
    """The worker stops; the import goes on after its next start."""


def take_files(watch: Watch, now: datetime, should_stop: Callable[[], bool]) -> tuple[int, int]:
    """Import every complete file; how many were done, and how many failed.

    A file that was interrupted lies where it was, and its import is taken up where it stopped. Raises DatabaseDown.
    """
    done = failed = 0
    for workspace, dataset, path in watch.complete():
        if should_stop():
            break
        try:
            summary = _import(workspace, dataset, path, now, should_stop)
        except _Stopped:
            break
        except DatabaseDown:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's loop over items
            failed += _failed(path, error)
        else:
            found = asdict(summary)
            put_away(path, DONE, {name: found[name] for name in _TOLD})
            done += 1
    return done, failed


def _failed(path: Path, error: Exception) -> bool:
    """Put the file among the failed with the reason; False when somebody took it away meanwhile."""
    if not path.exists():
        return False
    known = isinstance(error, BelvedereError)
    if not known:
        _log.error("%s cannot be imported", path, exc_info=error)
    put_away(path, FAILED, str(error) if known else "Something went wrong; the worker's log has the details.")
    return True


def _import(workspace: str, dataset: str, path: Path, now: datetime, should_stop: Callable[[], bool]) -> ImportSummary:
    def progress(_: Progress) -> None:
        if should_stop():
            raise _Stopped

    scope = worker_scope(get_workspace(workspace))
    found = find_dataset(current(), dataset)
    rules = path.parent / MAPPING
    mapping = load_mapping_file(rules, found) if rules.is_file() else None
    return import_file(scope, found.qualified, path, mapping, progress, now, path.name)
