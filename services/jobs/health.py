"""How was each component, to be remembered?"""

from __future__ import annotations

from services.health import check
from services.jobs.turns import Turn
from services.observing import note


def look(turn: Turn) -> str:
    """Look at every component and note what was found; says which are not healthy."""
    found = check(turn.now)
    for component in found:
        note("checks", component=component.name, state=component.state)
    troubled = [f"{c.name} {c.state}" for c in found if c.state not in ("healthy", "cannot tell")]
    return f"{len(found)} components; {', '.join(troubled) or 'none in trouble'}"
