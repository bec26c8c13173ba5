"""What becomes of a complete file: imported and put among the done, or among the failed with the reason?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import BadInput, BelvedereError, DatabaseDown
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

    A file that was interrupted lies where it was, and its import is taken up where it stopped. Raises DatabaseDown, and
    at the end BadInput for files that cannot be moved away; they lie where they were too.
    """
    done = failed = 0
    stuck: list[str] = []
    for workspace, dataset, path in watch.complete():
        if should_stop():
            break
        try:
            into, note = _taken(workspace, dataset, path, now, should_stop)
        except _Stopped:
            break
        if not path.exists():  # somebody took it away meanwhile
            continue
        try:
            put_away(path, into, note)
        except OSError as error:
            stuck.append(f"{path} cannot be moved to {into}/: {error.strerror}.")
            continue
        done, failed = done + (into == DONE), failed + (into == FAILED)
    if stuck:
        raise BadInput(" ".join(stuck))
    return done, failed


def _taken(
    workspace: str, dataset: str, path: Path, now: datetime, should_stop: Callable[[], bool]
) -> tuple[str, dict[str, Any] | str]:
    """Where the file goes after its import, and what is noted beside it."""
    try:
        found = asdict(_import(workspace, dataset, path, now, should_stop))
    except (_Stopped, DatabaseDown):
        raise
    except BelvedereError as error:
        return FAILED, str(error)
    except Exception:  # noqa: BLE001 - the worker's loop over items
        _log.exception("%s cannot be imported", path)
        return FAILED, "Something went wrong; the worker's log has the details."
    return DONE, {name: found[name] for name in _TOLD}


def _import(workspace: str, dataset: str, path: Path, now: datetime, should_stop: Callable[[], bool]) -> ImportSummary:
    def progress(_: Progress) -> None:
        if should_stop():
            raise _Stopped

    scope = worker_scope(get_workspace(workspace))
    found = find_dataset(current(), dataset)
    rules = path.parent / MAPPING
    mapping = load_mapping_file(rules, found) if rules.is_file() else None
    return import_file(scope, found.qualified, path, mapping, progress, now, path.name)
