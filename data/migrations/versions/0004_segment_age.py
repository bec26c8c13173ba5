"""Segments know when they were added."""

from data.migrate import run_file

revision = "0004_segment_age"
down_revision = "0003_dictionary"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0004_segment_age.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
