"""How does the worker look after the watched folder?"""

from __future__ import annotations

from services.formats import plural
from services.inbox import Watch, make_folders, take_files
from services.jobs.turns import Turn

_watch = Watch()
_made: list[bool] = []


def watch_folder(turn: Turn) -> str:
    """Import complete files of the watched folder; its folders are made once in the life of a worker."""
    if not _made:
        make_folders()
        _made.append(True)
    done, failed = take_files(_watch, turn.now, turn.should_stop)
    said = f"{plural(done, 'file')} imported" if done else ""
    return f"{said}, {failed} failed".removeprefix(", ") if failed else said
