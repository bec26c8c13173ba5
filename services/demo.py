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

HISTORY_DAYS = 180
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class DemoWorkspace:
    """A workspace of the demo and the pack whose history it has."""

    slug: str
    name: str
    kind: str
    pack: str
    parent: str | None = None
    timezone: str = "America/Chicago"


WORKSPACES = (
    DemoWorkspace("demo-county", "Demo county", "organisation", "grievance"),
    DemoWorkspace("riverton", "Riverton", "municipality", "grievance", parent="demo-county"),
    DemoWorkspace("riverton-water", "Riverton water", "department", "water", parent="riverton"),
    DemoWorkspace("riverton-care", "Riverton social services", "department", "services", parent="riverton"),
    DemoWorkspace("riverton-partners", "Riverton partner office", "department", "meetings", parent="riverton"),
    DemoWorkspace("riverton-talent", "Riverton assessment centre", "department", "assessment", parent="riverton"),
    DemoWorkspace("riverton-platform", "Riverton platform", "department", "system", parent="riverton"),
)
PACK_OF = {workspace.slug: workspace.pack for workspace in WORKSPACES}


def load_demo(progress: Progress, now: datetime | None = None) -> None:
    """Make the demo workspaces and write half a year of history that ends at `now` (the present unless said).

    Does nothing when that was done before; after an interruption it goes on where it stopped, with the same end.
    """
    now = now or datetime.now(UTC)
    scopes = [worker_scope(_ensure_workspace(workspace)) for workspace in WORKSPACES]
    for number, scope in enumerate(scopes):
        pack = PACK_OF[scope.workspace.slug]
        enable_pack(scope, pack)
        for _, part, parts in write_history(scope, pack, HISTORY_DAYS, now):
            progress((number + part / parts) / len(scopes), f"{scope.workspace.name}, part {part} of {parts}")
    progress(1.0, "done")


def _ensure_workspace(wanted: DemoWorkspace) -> Workspace:
    found = next((workspace for workspace in all_workspaces() if workspace.slug == wanted.slug), None)
    return found or create_workspace(wanted.slug, wanted.name, wanted.kind, wanted.timezone, wanted.parent)


def demo_scopes() -> list[Scope]:
    """The scopes of the demo workspaces that are there."""
    return [worker_scope(workspace) for workspace in all_workspaces() if workspace.slug in PACK_OF]


def stream_once(now: datetime) -> int:
    """Write what happened in the demo workspaces since the last time until `now`; returns how many rows are new.

    Nothing happens without the demo (setting `demo`) or before its history is complete.
    """
    if not settings().demo:
        return 0
    return sum(write_stream(scope, PACK_OF[scope.workspace.slug], now) for scope in demo_scopes())
