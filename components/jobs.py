"""How are jobs and workflows shown, changed and started?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from components.markdown import as_sentence
from components.states import empty, guard
from components.tokens import table
from data.types import Scope
from services import jobs

_SHOWN_RUNS = 20
_OWN = "One of your own"
_COLUMNS = {
    "Job": st.column_config.TextColumn("Job", width=300),
    "State": st.column_config.TextColumn("State", width=80, help="`waiting`: it has not run yet."),
    "Result": st.column_config.TextColumn("Result", width=220),
    "Times": st.column_config.TextColumn("Times (UTC)", help="Minute, hour, day, month, weekday, and second if given."),
}


def job_table(scope: Scope) -> None:
    """Every job with its last run, its next and what waits; failed ones with their reason above the table."""
    lines = jobs.job_lines(scope, datetime.now(UTC))
    waiting = sum(line.queued.waiting for line in lines)
    failed = [line for line in lines if line.state == "failed"]
    with st.container(horizontal=True):
        st.metric("Jobs", len(lines), border=True)
        st.metric("Waiting in the queue", waiting, border=True)
        st.metric("Running", sum(line.queued.running for line in lines), border=True)
        st.metric("Failed in their last run", len(failed), border=True)
    for line in failed:
        st.error(as_sentence(line.last.failure) if line.last else "", title=f"{line.title} failed")
    rows = [_row(line) for line in lines]
    table(scope, rows, ("Last run", "Next run", "Last failure"), _COLUMNS, height="content")


def _row(line: jobs.JobLine) -> dict[str, Any]:
    last = line.last
    return {
        "Job": line.title,
        "State": line.state,
        "Last run": last.started_at if last else None,
        "Took": _span(line.took),
        "Next run": line.next_at,
        "Result": last.message if last else "",
        "Waiting": line.queued.waiting,
        "Runs": last.runs if last else 0,
        "Failures": last.failures if last else 0,
        "Last failure": last.failed_at if last else None,
        "Reason": last.failure if last else "",
        "Times": f"{line.cron} (changed by {line.changed_by})" if line.is_changed else line.cron,
        "Name": line.job,
    }


def _span(took: timedelta | None) -> str:
    return "" if took is None else f"{took.total_seconds():.2f} s"


def job_form(scope: Scope) -> None:
    """Start a job now, change its times, pause it."""
    lines = {line.job: line for line in jobs.job_lines(scope, datetime.now(UTC))}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Job", list(lines), format_func=lambda name: lines[name].title, key="job", width=420)
        line = lines[chosen]
        label = "Try again now" if line.state == "failed" else "Run now"
        if st.button(label, type="primary", key="run_job"):
            with guard():
                fresh = jobs.run_now(scope, chosen)
                st.toast(f"{line.title}: {'in the queue' if fresh else 'waits in the queue already'}.")
    with st.form(f"times_{chosen}", border=True):
        cron = st.text_input(
            "Times in UTC: minute, hour, day, month, weekday, and second if needed", line.cron,
            help="`0 1 * * *` is every day at 01:00, `*/5 * * * *` every five minutes. Empty: as it came.",
        )  # fmt: skip
        paused = st.toggle("Pause this job", line.paused)
        asked = st.form_submit_button("Save")
    if asked:
        with guard():
            jobs.change_job(scope, chosen, cron, paused)
            st.rerun()


def workflow_table(scope: Scope) -> None:
    """The declared workflows, and the newest runs step by step."""
    rows = [
        {
            "Workflow": line.workflow.title,
            "Steps": " → ".join(_title(step) for step in line.workflow.steps),
            "Last run": line.last.started_at if line.last else None,
            "Outcome": line.last.outcome if line.last else "",
            "Next run": line.next_at,
        }
        for line in jobs.workflow_lines(scope, datetime.now(UTC))
    ]
    table(scope, rows, ("Last run", "Next run"))
    runs = jobs.recent_runs(scope, _SHOWN_RUNS)
    if not runs:
        empty("No workflow has run yet", "The first one runs by itself at its time, or at once with the button below.")
        return
    steps = [
        {
            "Run": run.id,
            "Workflow": jobs.WORKFLOWS[run.workflow].title if run.workflow in jobs.WORKFLOWS else _OWN,
            "Asked by": run.asked_by,
            "Started": run.started_at,
            "Step": _title(step.job),
            "Outcome": step.outcome,
            "Took": f"{step.seconds:.2f} s" if step.seconds else "",
            "Result": step.said,
        }
        for run in runs
        for step in run.steps
    ]
    with st.expander("Steps of the last run" if len(runs) == 1 else f"Steps of the last {len(runs)} runs"):
        table(scope, steps, ("Started",))


def workflow_form(scope: Scope) -> None:
    """Start a declared workflow, or a chain of one's own."""
    names = [*jobs.WORKFLOWS, jobs.CUSTOM]
    titles = {name: workflow.title for name, workflow in jobs.WORKFLOWS.items()} | {jobs.CUSTOM: _OWN}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Workflow", names, format_func=titles.__getitem__, key="workflow", width=420)
        steps: list[str] = []
        if chosen == jobs.CUSTOM:
            steps = st.multiselect("Jobs, in this order", list(jobs.JOBS), format_func=_title, key="steps", width=420)
        if st.button("Run workflow now", key="run_workflow"):
            with guard():
                number = jobs.start_workflow(scope, chosen, steps)
                st.toast(f"{titles[chosen]}: run {number} is in the queue.")


def _title(job: str) -> str:
    return jobs.JOBS[job].title if job in jobs.JOBS else job
