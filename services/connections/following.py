"""How far has each table that a workspace follows come, and how is it let rest or compared now?"""

from __future__ import annotations

from dataclasses import dataclass

from data import followed
from data.database import transaction
from data.errors import unknown
from data.followed import Followed
from data.model import Dataset
from data.types import Scope
from data.ways import Source
from services.follow import following_states
from services.model import model_of, packs_of
from services.people import record, require


@dataclass(frozen=True, slots=True)
class FollowedLine:
    """A dataset, the table it follows, and how far it has come."""

    dataset: Dataset
    source: Source
    state: Followed

    @property
    def status(self) -> str:
        """In a word."""
        if self.state.paused_at is not None:
            return "resting"
        if self.state.message:
            return "in trouble"
        return "following" if self.state.read_at else "not read yet"


def followed_lines(scope: Scope) -> list[FollowedLine]:
    """The tables that datasets of the active workspace follow. Raises NotAllowed."""
    require(scope, "operate")
    sources = {f"{pack.name}.{source.dataset}": source for pack in packs_of(scope) for source in pack.sources}
    return [FollowedLine(dataset, sources[dataset.qualified], state) for dataset, state in following_states(scope)]


def rest(scope: Scope, dataset_name: str, resting: bool) -> None:
    """Let the following of a table rest, or go on, from the worker's next turn. Raises NotAllowed, UnknownName."""
    dataset = _followed(scope, dataset_name)
    with transaction(scope) as tx:
        followed.pause(tx, scope, dataset.id, resting)
        record(tx, scope, "following_paused" if resting else "following_resumed", dataset_name)


def compare_now(scope: Scope, dataset_name: str) -> None:
    """Have all rows compared with the table at the worker's next turn. Raises NotAllowed, UnknownName."""
    dataset = _followed(scope, dataset_name)
    with transaction(scope) as tx:
        followed.ask_compare(tx, scope, dataset.id)
        record(tx, scope, "following_compared", dataset_name)


def _followed(scope: Scope, name: str) -> Dataset:
    known = [line.dataset.qualified for line in followed_lines(scope)]
    if name not in known:
        raise unknown("followed dataset", name, known)
    return model_of(scope).datasets()[name]
