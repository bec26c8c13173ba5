"""What is in the demo workspaces, and how does it keep moving?

Everything is written under keys that say until when it reaches: `demo <until> <part>/<parts>`. The greatest key is all
that has to be known to go on, after an interruption or a night switched off, without a gap and without a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from data.database import Transaction, transaction
from data.demo import last_key
from data.engine.batches import Batch, write_batch
from data.settings import settings
from data.types import Scope, Workspace
from services.model import enable_pack
from services.people import all_workspaces, create_workspace, worker_scope
from services.simulate import Simulator, get_simulator

PREFIX = "demo "
PACK = "grievance"
HISTORY_DAYS = 180
PART_DAYS = 30
MOST_AT_ONCE = timedelta(days=2)
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class DemoWorkspace:
    """A workspace of the demo."""

    slug: str
    name: str
    kind: str
    timezone: str
    parent: str | None = None


WORKSPACES = (
    DemoWorkspace("demo-county", "Demo county", "organisation", "America/Chicago"),
    DemoWorkspace("riverton", "Riverton", "municipality", "America/Chicago", parent="demo-county"),
)


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """Until when a demo workspace is written, and which part of how many that was."""

    until: datetime
    part: int = 0
    parts: int = field(default=1, compare=False)

    @property
    def key(self) -> str:
        """As the key of a batch."""
        return f"{PREFIX}{self.until.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f} {self.part:02d}/{self.parts:02d}"

    @property
    def complete(self) -> bool:
        """Is that all until then?"""
        return self.part == self.parts


def _reached(key: str) -> Reached:
    until, _, parts = key.removeprefix(PREFIX).partition(" ")
    part, _, of = parts.partition("/")
    return Reached(datetime.strptime(until, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC), int(part), int(of))


def demo_scopes() -> list[Scope]:
    """The scopes of the demo workspaces that are there."""
    slugs = {workspace.slug for workspace in WORKSPACES}
    return [worker_scope(workspace) for workspace in all_workspaces() if workspace.slug in slugs]


def load_demo(progress: Progress, now: datetime | None = None) -> None:
    """Make the demo workspaces and write half a year of history that ends at `now` (the present unless said).

    Does nothing when that was done before; after an interruption it goes on where it stopped, with the same end.
    """
    now = now or datetime.now(UTC)
    scopes = [worker_scope(_ensure_workspace(workspace)) for workspace in WORKSPACES]
    for scope in scopes:
        enable_pack(scope, PACK)
    for number, scope in enumerate(scopes):
        for part, parts in _write_history(scope, now):
            done = (number + part / parts) / len(scopes)
            progress(done, f"{scope.workspace.name}, part {part} of {parts}")
    progress(1.0, "done")


def _ensure_workspace(wanted: DemoWorkspace) -> Workspace:
    found = next((workspace for workspace in all_workspaces() if workspace.slug == wanted.slug), None)
    return found or create_workspace(wanted.slug, wanted.name, wanted.kind, wanted.timezone, wanted.parent)


def _write_history(scope: Scope, now: datetime) -> Iterator[tuple[int, int]]:
    """Writes what is missing, part by part, each in a transaction of its own; yields (parts written, of how many)."""
    simulator = get_simulator(scope.workspace, PACK)
    parts = -(-(HISTORY_DAYS + 1) // PART_DAYS)
    while True:
        with transaction(scope) as tx:
            reached = _last(tx, scope, simulator) or Reached(now, 0, parts)
            if reached.complete:
                return
            following = Reached(reached.until, reached.part + 1, reached.parts)
            for batch in _history_part(simulator, following):
                write_batch(tx, scope, batch)
        yield following.part, following.parts


def _last(tx: Transaction, scope: Scope, simulator: Simulator) -> Reached | None:
    key = last_key(tx, scope.workspace.id, simulator.recipe.cases.id, PREFIX)
    return _reached(key) if key else None


def _history_part(simulator: Simulator, part: Reached) -> list[Batch]:
    """The cases that begin on the days of a part, and what happened to any case on those days."""
    last_day = simulator.local_day(part.until)
    first_day = last_day - timedelta(days=HISTORY_DAYS)
    first = first_day + timedelta(days=PART_DAYS * (part.part - 1))
    last = min(first + timedelta(days=PART_DAYS - 1), last_day)
    until = part.until if last == last_day else simulator.before(last + timedelta(days=1))
    cases = simulator.cases(first, last, part.until, part.key)
    steps = simulator.steps(simulator.before(first), until, part.key, first=first_day)
    return [cases, steps] if steps else [cases]


def stream_once(now: datetime) -> int:
    """Write what happened in the demo workspaces since the last time until `now`; returns how many rows.

    Nothing happens without the demo (setting `demo`) or before its history is complete. A long pause is caught up with
    in several transactions.
    """
    if not settings().demo:
        return 0
    return sum(_stream(scope, now) for scope in demo_scopes())


def _stream(scope: Scope, now: datetime) -> int:
    simulator, rows = get_simulator(scope.workspace, PACK), 0
    while True:
        with transaction(scope) as tx:
            reached = _last(tx, scope, simulator)
            if reached is None or not reached.complete or reached.until >= now:
                return rows
            until = min(now, reached.until + MOST_AT_ONCE)
            key = Reached(until, 1, 1).key
            batches = [simulator.changed(reached.until, until, key), simulator.steps(reached.until, until, key)]
            for batch in batches:
                if batch:
                    rows += write_batch(tx, scope, batch).inserted
