"""Hourly, daily, weekly and monthly summaries of metrics."""

from data.migrate import run_file

revision = "0007_summaries"
down_revision = "0006_ways_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0007_summaries.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
