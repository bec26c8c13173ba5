"""What happens by itself, when, and did it go well?"""

from services.jobs.schedule import JOBS, Job
from services.jobs.status import JobStatus, statuses
from services.jobs.worker import run_worker

__all__ = ["JOBS", "Job", "JobStatus", "run_worker", "statuses"]
