"""The cluster of each place that was looked at."""

from data.migrate import run_file

revision = "0013_members"
down_revision = "0012_unusual"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0013_members.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
