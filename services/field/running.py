"""How does the worker work out what people asked for, one after the other?"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from data import routes
from data.errors import BelvedereError, DatabaseDown
from data.routes import Errand
from data.types import Scope
from services import people
from services.field import effects, planning, repeats
from services.field.planning import Progress

_log = logging.getLogger(__name__)
Run = Callable[[Scope, Mapping[str, Any], Progress, datetime], dict[str, Any]]
TOPICS: dict[str, Run] = {"routes": planning.run, "effect": effects.run, "repeats": repeats.run}
KEEP = timedelta(days=90)
MOST_TRIES = 3
GIVEN_UP = (
    f"The worker ended {MOST_TRIES} times while it was at this, perhaps for want of memory, so it is not begun again."
    " Ask for less at once: fewer stops, places or weeks."
)
_TELL_S = 0.4


class _Stopped(BelvedereError):
    """The worker stops; the errand begins anew with the next turn."""


def run_waiting(should_stop: Callable[[], bool], now: datetime) -> int:
    """Work out what waits, the oldest first; how many. What fails is marked so and the next one is taken."""
    done = 0
    while not should_stop() and (errand := routes.next_errand()):
        if not run_errand(errand, should_stop):
            break
        done += 1
    routes.remove_errands(now - KEEP)
    return done


def run_errand(errand: Errand, should_stop: Callable[[], bool] = lambda: False) -> bool:
    """Work out one errand; False when it was broken off."""
    workspace = next(w for w in people.all_workspaces() if w.id == errand.workspace_id)
    scope = replace(people.worker_scope(workspace), account=errand.asked_by)
    told_at = -_TELL_S

    def progress(share: float, message: str) -> None:
        nonlocal told_at
        if should_stop():
            raise _Stopped
        if time.monotonic() - told_at >= _TELL_S:
            told_at = time.monotonic()
            routes.errand_moved(scope, errand.id, min(max(share, 0.0), 1.0), message)

    def end(found: dict[str, Any] | None, message: str = "") -> None:
        as_of = (found or {}).get("as_of")
        at = datetime.fromisoformat(as_of) if as_of else None
        routes.errand_ended(scope, errand.id, found, message, at, datetime.now(UTC))

    try:
        end(_begun(scope, errand)(scope, errand.ask, progress, datetime.now(UTC)))
    except (_Stopped, DatabaseDown):
        with suppress(DatabaseDown):
            routes.errand_left(scope, errand.id)
        return False
    except BelvedereError as error:
        end(None, str(error))
    except Exception:  # noqa: BLE001 -- one that fails must not stop those behind it
        _log.exception("errand %s failed", errand.id)
        end(None, "Something went wrong; the worker's log has the details.")
    return True


def _begun(scope: Scope, errand: Errand) -> Run:
    """What works the errand out, for the how many-th time is noted first. Raises BelvedereError after too many."""
    if routes.errand_begun(scope, errand.id) > MOST_TRIES:
        raise BelvedereError(GIVEN_UP)
    return TOPICS[errand.topic]
