"""Which things of a kind are there, when somebody types a part of a name?"""

from __future__ import annotations

from dataclasses import dataclass

import data.entities as stored
from data.database import transaction
from data.errors import NotAllowed
from data.types import Scope
from services import metrics, people
from services.entities.kinds import Kind, may_see
from services.exports import personal_columns
from services.formats import grouped, inside

PAGE = 12
_SHOWN = 3
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """A page of things: name and what tells them apart; `more` when there is another page."""

    things: tuple[tuple[str, str], ...]
    more: bool


def require_sight(scope: Scope, kind: Kind) -> None:
    """Raise NotAllowed unless the viewer may look at things of that kind."""
    people.require(scope, "rows")
    if kind.is_personal:
        people.require(scope, "personal")
    if not may_see(scope, kind):
        raise NotAllowed(f"You may not look at {kind.entity.many}.")


def find(scope: Scope, kind: Kind, search: str, page: int) -> Found:
    """One page of those whose name, or a column beside it, contains the text; the newest first of what passes, such
    as complaints, others by name or the most frequent first.

    A list of people is personal data: reading it is audited. Raises NotAllowed.
    """
    require_sight(scope, kind)
    first = page * PAGE
    with transaction(scope) as tx:
        if kind.is_personal:
            people.record(tx, scope, "read_personal", f"list of {kind.entity.many}")
        if kind.own is not None:
            hidden = personal_columns(kind.own)
            shown = [d.name for d in kind.own.dimensions if d.name not in hidden and d.name != kind.by][:_SHOWN]
            rows = stored.things(tx, scope, kind.own, kind.by, shown, search, PAGE + 1, first, kind.passes)
            things = tuple((str(row[0]), ", ".join(str(v) for v in row[1:] if v)) for row in rows[:PAGE])
            return Found(things, len(rows) > PAGE)
    if not kind.named_in:
        return Found((), False)
    dataset = kind.named_in[0]
    known = metrics.values(scope, dataset.qualified, kind.entity.column, search, min(first + PAGE + 2, _MOST))
    names = [(value, f"{grouped(count)} {inside(dataset.title)}") for value, count in known if value is not None]
    return Found(tuple(names[first : first + PAGE]), len(names) > first + PAGE)
