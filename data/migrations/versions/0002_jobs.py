"""The job queue and what became of each job."""

from data.migrate import run_file

revision = "0002_jobs"
down_revision = "0001_foundation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0002_jobs.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
