"""Who reads the views of the schema `warehouse`, and which workspaces do they see?"""

from __future__ import annotations

import re

from data import warehouse
from data.database import owner_transaction
from data.errors import BadInput, unknown
from data.warehouse import Reader
from services.exports.visible import personal_columns
from services.model import current
from services.people import command_scope, record
from services.people.secret import new_secret

_ROLE = re.compile(r"[a-z][a-z0-9_]{0,40}")


def make_all_views() -> list[str]:
    """Make the views of every dataset anew, in one transaction; their names."""
    with owner_transaction() as tx:
        for dataset in current().datasets().values():
            warehouse.make_views(tx, dataset, personal_columns(dataset))
        return warehouse.views(tx)


def grant(role: str, workspace: str) -> str:
    """A login role that sees a workspace and those below it, by the views alone; returns its new password.

    A role that is there already gets a new password and these workspaces in place of its own. Raises UnknownName, and
    BadInput for a name that cannot be one or belongs to somebody else.
    """
    if not _ROLE.fullmatch(role):
        raise BadInput(f"Role {role!r}: expected lower-case letters, digits and underscores, like `tableau`.")
    scope = command_scope(workspace)
    make_all_views()
    password = new_secret()
    with owner_transaction() as tx:
        if warehouse.role_exists(tx, role) and role not in {reader.role for reader in warehouse.readers(tx)}:
            raise BadInput(f"The server has a role `{role}` that was not made here: choose another name.")
        warehouse.make_reader(tx, role, password)
        warehouse.let_read(tx, role, scope.workspace_ids)
        record(tx, scope, "warehouse_granted", role)
    return password


def revoke(role: str) -> None:
    """Take a login role away. Raises UnknownName."""
    with owner_transaction() as tx:
        known = [reader.role for reader in warehouse.readers(tx)]
        if role not in known:
            raise unknown("reader", role, known)
        warehouse.drop_reader(tx, role)


def list_readers() -> list[Reader]:
    """Every login role with the workspaces that it sees."""
    with owner_transaction() as tx:
        return warehouse.readers(tx)
