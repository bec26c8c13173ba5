"""How does the worker remove what is past its time, in every workspace?"""

from __future__ import annotations

from services.formats import plural
from services.jobs.turns import Turn
from services.people import all_workspaces, worker_scope
from services.retention import remove_old_rows as remove


def remove_old_rows(turn: Turn) -> str:
    """Remove old rows; one workspace after the other."""
    found: dict[str, int] = {}
    for workspace in all_workspaces():
        if turn.should_stop():
            break
        for dataset, rows in remove(worker_scope(workspace), turn.now, turn.should_stop).items():
            found[dataset] = found.get(dataset, 0) + rows
    removed = sum(found.values())
    return f"{plural(removed, 'row')} of {plural(len(found), 'dataset')} removed" if removed else ""
