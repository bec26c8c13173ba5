"""The boundaries that people brought to a workspace."""

from data.migrate import run_file

revision = "0009_boundaries"
down_revision = "0008_keeping"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0009_boundaries.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
