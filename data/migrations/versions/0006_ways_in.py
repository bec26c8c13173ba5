"""Messages that were taken, tables that are followed, readers of the warehouse, schedules that people changed."""

from data.migrate import run_file

revision = "0006_ways_in"
down_revision = "0005_writer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0006_ways_in.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
