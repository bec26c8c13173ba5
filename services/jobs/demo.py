"""How does the demo go on by itself?"""

from __future__ import annotations

from services.formats import plural
from services.jobs.turns import Turn


def stream(turn: Turn) -> str:
    """Write what happened in the demo workspaces since the last turn."""
    from services.demo import stream_once

    rows = stream_once(turn.now)
    return f"{plural(rows, 'row')} written" if rows else ""
