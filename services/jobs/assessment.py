"""When are sessions of assessments scored by themselves?"""

from __future__ import annotations

import time

from data import queue
from services.jobs.turns import Turn
from services.model import current
from services.people import all_workspaces, worker_scope

PACK = "assessment"
_AGAIN_S = 60.0  # sessions that nobody completes become idle without any change
_passes: dict[int, tuple[tuple[int, ...], float]] = {}  # by workspace: changes at this process's last pass, and when


def score_sessions(turn: Turn) -> str:
    """Score what came since the last turn in every workspace that has sessions."""
    pack = next((pack for pack in current().packs if pack.name == PACK), None)
    if pack is None:
        return ""
    ids = [dataset.id for dataset in pack.datasets if dataset.name in ("trials", "sessions", "norms")]
    changes = queue.dataset_changes()
    scored = 0
    for workspace in all_workspaces():
        found = tuple(changes.get((workspace.id, id), 0) for id in ids)
        if turn.should_stop() or not any(found) or not _is_waiting(workspace.id, found):
            continue
        from services.assessment.pipeline import score

        _passes[workspace.id] = found, time.monotonic()
        scored += score(worker_scope(workspace), turn.now, stop=turn.should_stop).scored
    return f"{scored} sessions scored" if scored else ""


def _is_waiting(workspace: int, found: tuple[int, ...]) -> bool:
    last = _passes.get(workspace)
    return last is None or last[0] != found or time.monotonic() - last[1] > _AGAIN_S
