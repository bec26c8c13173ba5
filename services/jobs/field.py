"""When does the worker plan routes and work out effects?"""

from __future__ import annotations

from services.jobs.turns import Turn


def work_out(turn: Turn) -> str:
    """Work out what people asked for; numpy and the solver are loaded only when somebody did."""
    from data.routes import next_errand

    if next_errand() is None:
        return ""
    from services.field.running import run_waiting

    done = run_waiting(turn.should_stop, turn.now)
    return f"{done} worked out" if done else ""
