"""How does a made-up world get into a workspace, without a gap and without a duplicate?

Everything is written under keys that say until when it reaches, `simulated <until> <part>/<parts> from <first day>`.
The greatest key is all that has to be known to go on, after an interruption or a night switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from data.database import Transaction, transaction
from data.engine.batches import Batch, write_batch
from data.simulated import last_key
from data.types import Scope
from services.simulate.simulators import get_simulator
from services.simulate.worlds.world import World

PREFIX = "simulated "
PART_DAYS = 30
MOST_AT_ONCE = timedelta(days=2)
EARLIEST = datetime.min.replace(tzinfo=UTC)
_STAMP = "%Y-%m-%dT%H:%M:%S.%f"


@dataclass(frozen=True, slots=True)
class Reached:
    """Until when a world is written, from which day on it has cases, and which part of how many that was (0: none)."""

    until: datetime
    first_day: date
    part: int
    parts: int

    @property
    def key(self) -> str:
        """As the key of a batch; later ones are greater."""
        until = self.until.astimezone(UTC).strftime(_STAMP)
        return f"{PREFIX}{until} {self.part:04d}/{self.parts:04d} from {self.first_day}"

    @property
    def complete(self) -> bool:
        """Is that all until then?"""
        return self.part == self.parts


def _reached(key: str) -> Reached:
    until, parts, _, first_day = key.removeprefix(PREFIX).split(" ")
    part, _, of = parts.partition("/")
    instant = datetime.strptime(until, _STAMP).replace(tzinfo=UTC)
    return Reached(instant, date.fromisoformat(first_day), int(part), int(of))


def _last(tx: Transaction, scope: Scope, world: World) -> Reached | None:
    key = last_key(tx, scope.workspace.id, [dataset.id for dataset in world.anchors], PREFIX)
    return _reached(key) if key else None


def write_history(scope: Scope, pack: str, days: int, now: datetime) -> Iterator[tuple[int, int, int]]:
    """Write the days before `now` and today, part by part, each in a transaction of its own.

    Yields (rows written, parts written, of how many). Where a history was begun before, its own end and length are kept
    and only what is missing is written.
    """
    simulator = get_simulator(scope.workspace, pack)
    first_day = simulator.local_day(now) - timedelta(days=days)
    begin = Reached(now, first_day, 0, -(-(days + 1) // PART_DAYS))
    while True:
        with transaction(scope) as tx:
            reached = _last(tx, scope, simulator) or begin
            if reached.complete:
                return
            following = replace(reached, part=reached.part + 1)
            rows = sum(write_batch(tx, scope, batch).inserted for batch in _history_part(simulator, following))
        yield rows, following.part, following.parts


def _history_part(world: World, part: Reached) -> list[Batch]:
    """What happened on the days of a part."""
    first = part.first_day + timedelta(days=PART_DAYS * (part.part - 1))
    last = min(first + timedelta(days=PART_DAYS - 1), world.local_day(part.until))
    return world.history(first, last, part.until, part.key, part.first_day)


def write_stream(scope: Scope, pack: str, now: datetime) -> int:
    """Write what happened since the last time until `now`; returns how many rows are new.

    Nothing happens before a history is complete. A long pause is caught up with in several transactions.
    """
    simulator, rows, since = get_simulator(scope.workspace, pack), 0, EARLIEST
    while True:
        with transaction(scope) as tx:
            reached = _last(tx, scope, simulator)
            if reached is None or not reached.complete:
                return rows
            since = max(since, reached.until)  # a span in which nothing happened leaves no key
            if since >= now:
                return rows
            until = min(now, since + MOST_AT_ONCE)
            for batch in simulator.since(since, until, replace(reached, until=until).key, reached.first_day):
                rows += write_batch(tx, scope, batch).inserted
        since = until
