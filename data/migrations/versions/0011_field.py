"""Officers in the field, and what people had the worker work out."""

from data.migrate import run_file

revision = "0011_field"
down_revision = "0010_studies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0011_field.sql")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead: steps back are not kept.")
