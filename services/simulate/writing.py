"""How does a made-up world get into a workspace, without a gap and without a duplicate?

Everything is written under keys that say until when it reaches: `simulated <until> <part>/<parts>`. The greatest key is
all that has to be known to go on, after an interruption or a night switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.database import Transaction, transaction
from data.engine.batches import Batch, write_batch
from data.simulated import last_key
from data.types import Scope
from services.simulate.simulators import Simulator, get_simulator

PREFIX = "simulated "
PART_DAYS = 30
MOST_AT_ONCE = timedelta(days=2)
EARLIEST = datetime.min.replace(tzinfo=UTC)
_STAMP = "%Y-%m-%dT%H:%M:%S.%f"


@dataclass(frozen=True, slots=True)
class Reached:
    """Until when a world is written, how many days of history it has, and which part of it that was (0: none)."""

    until: datetime
    days: int
    part: int

    @property
    def parts(self) -> int:
        """In how many parts the history is written."""
        return -(-(self.days + 1) // PART_DAYS)

    @property
    def key(self) -> str:
        """As the key of a batch; later ones are greater."""
        return f"{PREFIX}{self.until.astimezone(UTC).strftime(_STAMP)} {self.part:04d} of {self.days} days"

    @property
    def complete(self) -> bool:
        """Is that all until then?"""
        return self.part >= self.parts


def _reached(key: str) -> Reached:
    until, part, _, days, _ = key.removeprefix(PREFIX).split(" ")
    return Reached(datetime.strptime(until, _STAMP).replace(tzinfo=UTC), int(days), int(part))


def _last(tx: Transaction, scope: Scope, simulator: Simulator) -> Reached | None:
    key = last_key(tx, scope.workspace.id, simulator.recipe.cases.id, PREFIX)
    return _reached(key) if key else None


def write_history(scope: Scope, pack: str, days: int, now: datetime) -> Iterator[tuple[int, int, int]]:
    """Write the days before `now` and today, part by part, each in a transaction of its own.

    Yields (rows written, parts written, of how many). Where a history was begun before, its own end and length are kept
    and only what is missing is written.
    """
    simulator = get_simulator(scope.workspace, pack)
    while True:
        with transaction(scope) as tx:
            reached = _last(tx, scope, simulator) or Reached(now, days, 0)
            if reached.complete:
                return
            following = Reached(reached.until, reached.days, reached.part + 1)
            rows = sum(write_batch(tx, scope, batch).inserted for batch in _history_part(simulator, following))
        yield rows, following.part, following.parts


def _history_part(simulator: Simulator, part: Reached) -> list[Batch]:
    """The cases that begin on the days of a part, and what happened to any case on those days."""
    last_day = simulator.local_day(part.until)
    first_day = last_day - timedelta(days=part.days)
    first = first_day + timedelta(days=PART_DAYS * (part.part - 1))
    last = min(first + timedelta(days=PART_DAYS - 1), last_day)
    until = part.until if last == last_day else simulator.before(last + timedelta(days=1))
    cases = simulator.cases(first, last, part.until, part.key)
    steps = simulator.steps(simulator.before(first), until, part.key, first=first_day)
    return [cases, steps] if steps else [cases]


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
            first = simulator.local_day(since) - timedelta(days=reached.days)
            for batch in simulator.since(since, until, Reached(until, reached.days, reached.parts).key, first):
                rows += write_batch(tx, scope, batch).inserted
        since = until
