"""How does the worker remove what is past its time, in every workspace?"""

from __future__ import annotations

from collections import Counter

from data.errors import DatabaseDown
from services.formats import plural
from services.jobs.turns import Turn
from services.people import all_workspaces, worker_scope
from services.retention import remove_old_rows as remove


def remove_old_rows(turn: Turn) -> str:
    """Remove old rows in each workspace; one that fails does not keep the others, its error is raised at the end."""
    found, failed = Counter[str](), None
    for workspace in all_workspaces():
        if turn.should_stop():
            break
        try:
            found.update(remove(worker_scope(workspace), turn.now, turn.should_stop))
        except DatabaseDown:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's loop over items
            error.add_note(f"in {workspace.slug}")
            failed = failed or error
    if failed:
        raise failed
    removed = sum(found.values())
    return f"{plural(removed, 'row')} of {plural(len(found), 'dataset')} removed" if removed else ""
