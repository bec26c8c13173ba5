"""Clusters in space and time that the nightly scan found, and how often a worker began what people asked for."""

from data.migrate import run_file

revision = "0012_unusual"
down_revision = "0011_field"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0012_unusual.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
