"""Which jobs belong together, one after the other, and how did such a chain go?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data import schedule
from data.database import owner_transaction
from data.errors import BadInput, DatabaseDown, unknown
from data.schedule import Step, WorkflowRun
from services.jobs.running import run_job
from services.jobs.schedule import JOBS
from services.jobs.turns import Turn

TASK = "workflow"
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Workflow:
    """A chain of jobs; `cron` says when it runs by itself."""

    name: str
    title: str
    steps: tuple[str, ...]
    cron: str = ""


WORKFLOWS: dict[str, Workflow] = {
    workflow.name: workflow
    for workflow in (
        Workflow("continuous-monitor", "Continuous monitor", ("spool", "inbox", "follow", "health"), "*/15 * * * *"),
        Workflow("daily-insights", "Daily insights", ("tensors", "collect-hourly", "collect-daily"), "30 1 * * *"),
        Workflow("weekly-reports", "Weekly reports", ("collect-daily", "collect-weekly"), "0 6 * * 1"),
        Workflow("monthly-analytics", "Monthly analytics", ("collect-daily", "collect-monthly", "tidy"), "0 7 1 * *"),
    )
}


def ask_for(name: str, by: str, steps: Sequence[str] = ()) -> int:
    """Put a workflow into the queue, or with `custom` these jobs one after the other; the number of the run.

    Raises UnknownName, and BadInput when it waits already or there is nothing to do.
    """
    if name != CUSTOM:
        if name not in WORKFLOWS:
            raise unknown("workflow", name, (*WORKFLOWS, CUSTOM))
        steps = WORKFLOWS[name].steps
    for job in steps:
        if job not in JOBS:
            raise unknown("job", job, JOBS)
    if not steps:
        raise BadInput("A workflow of one's own needs at least one job.")
    with owner_transaction() as tx:
        number = schedule.begin_workflow(tx, name, steps, by)
    if not schedule.defer(TASK, f"{TASK}:{name}", number=number):
        schedule.note_workflow(number, (), "failed")
        raise BadInput(f"The workflow {name} waits in the queue already.")
    return number


def run_workflow(number: int, turn: Turn) -> WorkflowRun | None:
    """Do the steps of a run in order, up to the first that fails; what was done before an interruption stays done."""
    found = schedule.workflow_run(number)
    if found is None:
        return None
    steps = list(found.steps)
    for position, step in enumerate(steps):
        if step.outcome == "done":
            continue
        if turn.should_stop():
            return schedule.workflow_run(number)
        schedule.note_workflow(number, _with(steps, position, replace(step, outcome="running")), "running")
        steps = _with(steps, position, _done(step, turn))
        outcome = "failed" if steps[position].outcome == "failed" else "running"
        schedule.note_workflow(number, steps, outcome)  # type: ignore[arg-type]
        if outcome == "failed":
            return schedule.workflow_run(number)
    schedule.note_workflow(number, steps, "done")
    return schedule.workflow_run(number)


def _with(steps: list[Step], position: int, step: Step) -> list[Step]:
    return [*steps[:position], step, *steps[position + 1 :]]


def _done(step: Step, turn: Turn) -> Step:
    started = time.perf_counter()
    try:
        said = run_job(JOBS[step.job], turn)
    except DatabaseDown:
        raise
    except Exception as error:  # noqa: BLE001 - the worker's loop over items; the run keeps the reason
        return replace(step, outcome="failed", said=str(error), seconds=round(time.perf_counter() - started, 2))
    return replace(step, outcome="done", said=said, seconds=round(time.perf_counter() - started, 2))
