"""How does the worker write what was kept on disk while the database was down?"""

from __future__ import annotations

from services.formats import plural
from services.jobs.turns import Turn
from services.spool import drain


def drain_spool(turn: Turn) -> str:
    """Write the batches that wait, oldest first."""
    written, refused = drain(turn.should_stop)
    said = f"{plural(written, 'batch', 'batches')} written" if written else ""
    return f"{said}, {refused} put aside".removeprefix(", ") if refused else said
