"""How long rows are kept, and what people asked of followed tables."""

from data.migrate import run_file

revision = "0008_keeping"
down_revision = "0007_summaries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0008_keeping.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
