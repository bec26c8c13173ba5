"""What happens by itself, when, and did it go well?"""

from services.jobs.managing import (
    JobLine,
    WorkflowLine,
    change_job,
    job_lines,
    may_change,
    recent_runs,
    run_now,
    run_times,
    start_workflow,
    workflow_lines,
)
from services.jobs.schedule import JOBS, Job
from services.jobs.worker import run_worker
from services.jobs.workflows import CUSTOM, WORKFLOWS, Workflow

__all__ = [
    "CUSTOM", "JOBS", "WORKFLOWS", "Job", "JobLine", "Workflow", "WorkflowLine", "change_job", "job_lines",
    "may_change", "recent_runs", "run_now", "run_times", "run_worker", "start_workflow", "workflow_lines",
]  # fmt: skip
