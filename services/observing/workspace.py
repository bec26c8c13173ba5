"""In which workspace does the installation keep what it notes about itself?"""

from __future__ import annotations

from data.errors import BadInput
from data.types import Scope, Workspace
from services.model import enable_pack
from services.observing import PACK, SLUG
from services.people import all_workspaces, create_workspace, worker_scope


def find_workspace() -> Workspace | None:
    """The installation's own workspace, once something was noted."""
    return next((one for one in all_workspaces() if one.slug == SLUG and one.parent_id is None), None)


def find_scope() -> Scope | None:
    """The scope in which its notes can be read, or None before there are any."""
    found = find_workspace()
    return worker_scope(found) if found else None


def own_scope() -> Scope:
    """The scope in which notes are written; makes the workspace, for administrators alone, where it is missing."""
    found = find_workspace()
    if found is None:
        try:
            found = create_workspace(SLUG, "This installation", "organisation", "UTC", own=True)
        except BadInput:  # the other process was faster
            found = find_workspace()
        assert found is not None
    scope = worker_scope(found)
    enable_pack(scope, PACK)
    return scope
