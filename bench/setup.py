"""Which database, workspace and model do measurements run in?"""

from __future__ import annotations

from dataclasses import replace

from bench.model import EVENTS, PACK
from bench.pages import END
from bench.rows import FIRST_DAY
from data.database import owner_transaction
from data.migrate import migrate
from data.model import Model
from data.tables import ensure_dataset, ensure_partitions, register_dataset
from data.types import Scope
from services.model.registry import definition
from services.people.workspaces import command_scope, create_workspace

SLUG = "bench"


def prepare() -> None:
    """Migrate, make the workspace and the table with its partitions; nothing is lost when they are there."""
    migrate()
    with owner_transaction() as tx:
        known = tx.execute("SELECT 1 FROM belvedere.workspaces WHERE slug = %s", (SLUG,)).fetchone()
    if known is None:
        create_workspace(SLUG, "Measurements", "organisation", "UTC")
    _, model = open_bench()
    dataset = model.packs[0].datasets[0]
    ensure_dataset(dataset)
    ensure_partitions(dataset, FIRST_DAY.date(), END.date())


def open_bench() -> tuple[Scope, Model]:
    """The viewer and the model of a prepared database."""
    dataset = replace(EVENTS, id=register_dataset("bench", "events", definition(EVENTS)))
    return command_scope(SLUG), Model((replace(PACK, datasets=(dataset,)),))
