"""What is in the demo workspaces, and how does it keep moving?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from data.settings import settings
from data.types import Scope, Workspace
from services.model import enable_pack
from services.people import all_workspaces, create_workspace, worker_scope
from services.simulate import write_history, write_stream

PACKS = ("grievance",)
HISTORY_DAYS = 180
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


def load_demo(progress: Progress, now: datetime | None = None) -> None:
    """Make the demo workspaces and write half a year of history that ends at `now` (the present unless said).

    Does nothing when that was done before; after an interruption it goes on where it stopped, with the same end.
    """
    now = now or datetime.now(UTC)
    scopes = [worker_scope(_ensure_workspace(workspace)) for workspace in WORKSPACES]
    todo = [(scope, pack) for scope in scopes for pack in PACKS]
    for number, (scope, pack) in enumerate(todo):
        enable_pack(scope, pack)
        for _, part, parts in write_history(scope, pack, HISTORY_DAYS, now):
            progress((number + part / parts) / len(todo), f"{scope.workspace.name}, part {part} of {parts}")
    progress(1.0, "done")


def _ensure_workspace(wanted: DemoWorkspace) -> Workspace:
    found = next((workspace for workspace in all_workspaces() if workspace.slug == wanted.slug), None)
    return found or create_workspace(wanted.slug, wanted.name, wanted.kind, wanted.timezone, wanted.parent)


def demo_scopes() -> list[Scope]:
    """The scopes of the demo workspaces that are there."""
    slugs = {workspace.slug for workspace in WORKSPACES}
    return [worker_scope(workspace) for workspace in all_workspaces() if workspace.slug in slugs]


def stream_once(now: datetime) -> int:
    """Write what happened in the demo workspaces since the last time until `now`; returns how many rows are new.

    Nothing happens without the demo (setting `demo`) or before its history is complete.
    """
    if not settings().demo:
        return 0
    return sum(write_stream(scope, pack, now) for scope in demo_scopes() for pack in PACKS)
