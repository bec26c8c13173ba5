"""Which version has each dataset, as far as this process was told, and who waits for the next?

One thread of the process hears Postgres. What it knows wakes those who wait; an answer still asks the database for the
version it is of, so a notification that is lost makes nobody see old numbers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from data.listening import Changed, changes

_changed = threading.Condition()
_versions: dict[tuple[int, int], int] = {}
_stop = threading.Event()
_thread: threading.Thread | None = None
_is_up = False


def start() -> None:
    """Begin to listen; does nothing when this process listens already."""
    global _thread
    with _changed:
        if _thread is None or not _thread.is_alive():
            _stop.clear()
            _thread = threading.Thread(target=_listen, name="engine listener", daemon=True)
            _thread.start()


def stop() -> None:
    """Stop listening, within half a second."""
    _stop.set()
    if _thread is not None:
        _thread.join(timeout=5)
    with _changed:
        _versions.clear()


def is_up() -> bool:
    """Whether changes are being heard."""
    return _is_up


def _listen() -> None:
    global _is_up
    for found in changes(_stop):
        with _changed:
            if isinstance(found, Changed):
                _versions[found.workspace_id, found.dataset_id] = found.version
            else:
                _is_up = found.is_up
            _changed.notify_all()


def wait_for_change(workspace_id: int, known: Mapping[int, int], timeout_s: float) -> bool:
    """Wait until one of the datasets has a later version than `known` says (by dataset id); False when time is up."""
    until = time.monotonic() + timeout_s
    with _changed:
        while not any(_versions.get((workspace_id, id), -1) > version for id, version in known.items()):
            left = until - time.monotonic()
            if left <= 0:
                return False
            _changed.wait(left)
        return True
