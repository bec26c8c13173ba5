"""How does the worker work out analyses of places that people asked for?"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import data.studies
from data.errors import BelvedereError, DatabaseDown
from data.studies import Taken
from services.formats import plural
from services.jobs.turns import Turn
from services.maps import studies
from services.metrics import freshness
from services.model import current
from services.people import all_workspaces, worker_scope

_SEEN = timedelta(days=14)
_FORGOTTEN = timedelta(days=60)
MOST_TRIES = 3
GIVEN_UP = (
    f"The worker ended {MOST_TRIES} times while it was at this, perhaps for want of memory, so it is not begun again."
    " Ask about fewer rows: a shorter range or a smaller area."
)
_log = logging.getLogger(__name__)


class _Stopped(BelvedereError):
    """The worker stops; the study is begun again by the next one."""


def work_out(turn: Turn) -> str:
    """Work out what waits, one study after the other; one that fails says so and the next one is taken."""
    done = 0
    while not turn.should_stop() and (taken := data.studies.take_study(datetime.now(UTC))):
        try:
            if taken.tries > MOST_TRIES:
                raise BelvedereError(GIVEN_UP)
            _work_out(taken, turn)
        except (_Stopped, DatabaseDown):
            data.studies.release_study(taken, datetime.now(UTC))
            break
        except BelvedereError as error:
            data.studies.finish_study(taken, datetime.now(UTC), failure=str(error))
        except Exception:  # noqa: BLE001 -- the worker's loop over items
            _log.exception("study %s of workspace %s failed", taken.question.kind, taken.workspace)
            said = "Something went wrong; the worker's log has the details."
            data.studies.finish_study(taken, datetime.now(UTC), failure=said)
        done += 1
    return f"{plural(done, 'study', 'studies')} worked out" if done else ""


def _work_out(taken: Taken, turn: Turn) -> None:
    workspace = next(w for w in all_workspaces() if w.id == taken.workspace)
    scope = replace(worker_scope(workspace), account="worker")

    def step(progress: float, doing: str) -> None:
        if turn.should_stop():
            raise _Stopped
        data.studies.note_study(taken, round(progress, 3), doing)

    dataset = next((d for d in current().datasets().values() if d.id == taken.question.dataset), None)
    if dataset is None:
        raise BelvedereError("The pack of this question was taken away.")
    pack = current().pack(dataset.pack)
    metric = next(m for m in pack.metrics if m.qualified == taken.question.asked["metric"])
    version = next((f.version for f in freshness(scope) if f.dataset == dataset.qualified), None)
    found = studies.work_out(scope, pack, dataset, metric, taken.question, datetime.now(UTC), step)
    members = found.pop("members", None)
    data.studies.finish_study(taken, datetime.now(UTC), result=found, members=members, version=version)


def renew(turn: Turn) -> str:
    """Ask anew for what people looked at within two weeks, and forget what nobody looked at for two months."""
    data.studies.renew_studies(turn.now - _SEEN, turn.now - _FORGOTTEN, turn.now)
    return ""
