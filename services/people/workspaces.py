"""Which workspaces are there, and who sees what of them?"""

from __future__ import annotations

import re
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import data.people
from data.database import Transaction, owner_transaction
from data.errors import BadInput, unknown
from data.types import Scope, Workspace
from services.observing import SLUG as SYSTEM

FIRST_ADMINISTRATOR = "admin"
KINDS = ("organisation", "municipality", "department")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def check_slug(slug: str) -> None:
    """Raise BadInput unless the slug fits into addresses and commands."""
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            f"Workspace {slug!r}: expected 1 to 63 lower-case letters, digits and hyphens, like `water-north`."
        )


def check_timezone(timezone: str) -> None:
    """Raise UnknownName, suggesting the nearest, unless it is an IANA time zone."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise unknown("time zone", timezone, available_timezones()) from error


def create_workspace(
    slug: str, name: str = "", kind: str = "organisation", timezone: str = "UTC", parent: str | None = None,
    own: bool = False,
) -> Workspace:  # fmt: skip
    """A new workspace; `parent` is the slug of an existing one. Raises BadInput and UnknownName.

    `own` is for the installation's own workspace, whose slug nobody else may take: its records would be
    theirs. At the top, `admin` becomes its administrator, while being that of every other top workspace.
    """
    check_slug(slug)
    check_timezone(timezone)
    if slug == SYSTEM and not own:
        raise BadInput(f"`{SYSTEM}` is the installation's own workspace: choose another name.")
    if kind not in KINDS:
        raise unknown("workspace kind", kind, KINDS, listed=True)
    if kind == "organisation" and parent:
        raise BadInput("An organisation has no parent: choose the kind municipality or department.")
    with owner_transaction() as tx:
        above = _existing(tx, parent) if parent else None
        if data.people.find_workspace(tx, slug):
            raise BadInput(f"There is already a workspace `{slug}`.")
        made = data.people.create_workspace(tx, slug, name or slug, kind, timezone, above.id if above else None)
        if above is None:
            data.people.give_to_administrator(tx, made.id, FIRST_ADMINISTRATOR)
        return made


def get_workspace(slug: str) -> Workspace:
    """The workspace of that slug, whoever asks; UnknownName with a suggestion when there is none."""
    with owner_transaction() as tx:
        return _existing(tx, slug)


def _existing(tx: Transaction, slug: str) -> Workspace:
    found = data.people.find_workspace(tx, slug)
    if found is None:
        raise unknown("workspace", slug, [w.slug for w in data.people.all_workspaces(tx)])
    return found


def all_workspaces() -> list[Workspace]:
    """Every workspace, each right after its parent; for commands and the worker, not for a viewer's question."""
    with owner_transaction() as tx:
        return data.people.all_workspaces(tx)


def list_workspaces(scope: Scope) -> list[Workspace]:
    """The workspaces a viewer may switch to, each right after its parent."""
    with owner_transaction() as tx:
        if scope.via == "session" and scope.account_id is not None:
            return data.people.workspaces_of_account(tx, scope.account_id)
        return [w for w in data.people.all_workspaces(tx) if w.id in scope.workspace_ids]


def command_scope(workspace_slug: str) -> Scope:
    """The scope of a command: administrator of one workspace and all below it. Raises UnknownName."""
    return _whole_scope(get_workspace(workspace_slug), "command")


def worker_scope(workspace: Workspace) -> Scope:
    """The scope of a background job in one workspace."""
    return _whole_scope(workspace, "worker")


def _whole_scope(workspace: Workspace, via: Literal["command", "worker"]) -> Scope:
    with owner_transaction() as tx:
        ids = data.people.workspace_ids_below(tx, workspace.id)
    return Scope(None, via, "administrator", workspace, ids, via=via)


def runs_installation(scope: Scope) -> bool:
    """Whether this viewer is administrator of every top workspace, and so may change what belongs to none of them."""
    if scope.via == "command":
        return True
    if scope.account_id is None:
        return False
    with owner_transaction() as tx:
        tops = [w.id for w in data.people.all_workspaces(tx) if w.parent_id is None]
        return all(data.people.role_in(tx, top, scope.account_id) == "administrator" for top in tops)
