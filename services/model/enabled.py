"""Which packs does a workspace use?"""

from __future__ import annotations

from data.database import transaction
from data.errors import unknown
from data.model import Model, Pack
from data.tables import add_pack, pack_names
from data.types import Scope
from services.model.registry import current


def enable_pack(scope: Scope, pack: str) -> None:
    """The scope's workspace uses this pack from now on; raises UnknownName."""
    known = [p.name for p in current().packs]
    if pack not in known:
        raise unknown("pack", pack, known)
    with transaction(scope) as tx:
        add_pack(tx, scope.workspace.id, pack)


def packs_of(scope: Scope) -> tuple[Pack, ...]:
    """The packs that the scope's workspace was given or has rows of, by name; one whose files are gone is left out."""
    with transaction(scope) as tx:
        names = pack_names(tx, scope.workspace.id)
    return tuple(pack for pack in current().packs if pack.name in names)


def model_of(scope: Scope) -> Model:
    """The part of the model that the scope's workspace uses."""
    return Model(packs_of(scope))
