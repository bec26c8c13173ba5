"""What the worker found out about places."""

from data.migrate import run_file

revision = "0010_studies"
down_revision = "0009_boundaries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0010_studies.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
