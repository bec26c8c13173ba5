"""When does the worker look for unusual clusters, in every workspace?"""

from __future__ import annotations

import logging

from data.errors import BelvedereError, DatabaseDown
from services.formats import plural
from services.jobs.turns import Turn
from services.people import all_workspaces, worker_scope

_log = logging.getLogger(__name__)


class _Stopped(BelvedereError):
    """The worker stops; what is left is scanned by the next turn."""


def scan_places(turn: Turn) -> str:
    """Scan what is due, one dataset after the other; a workspace that fails is logged and the next one is taken.

    It runs every hour, because nights of workspaces are not at the same time; numpy is loaded by the first that is due.
    """
    from services.maps.unusual import forget_old, scan_workspace

    def stop() -> None:
        if turn.should_stop():
            raise _Stopped

    done, failed = 0, []
    for workspace in all_workspaces():
        try:
            stop()
            done += scan_workspace(worker_scope(workspace), turn.now, turn.is_asked, stop)
        except (_Stopped, DatabaseDown):
            break
        except Exception:  # noqa: BLE001 -- one that fails must not stop those behind it
            _log.exception("the scan of workspace %s failed", workspace.slug)
            failed.append(workspace.slug)
    forget_old(turn.now)
    if failed:
        raise BelvedereError(f"{', '.join(failed)}: the scan failed; the worker's log has the details.")
    return f"{plural(done, 'dataset')} scanned" if done else ""
