"""Rows are copied straight into partitions."""

from data.migrate import run_file

revision = "0005_writer"
down_revision = "0004_segment_age"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0005_writer.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
