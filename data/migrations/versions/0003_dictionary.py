"""New dictionary values are cheap to add."""

from data.migrate import run_file

revision = "0003_dictionary"
down_revision = "0002_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0003_dictionary.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
