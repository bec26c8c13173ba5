"""manage.py dump and manage.py warehouse: how do other tools get at the rows?"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

WORKSPACE = Annotated[str, typer.Option("--workspace", "-w", help="Workspace, by its short name.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
ROLE = Annotated[str, typer.Argument(help="Login role, such as tableau.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Views that other tools read by SQL, and who may.")
    group.command("views")(views)
    group.command("grant")(grant)
    group.command("revoke")(revoke)
    group.command("readers")(readers)
    app.add_typer(group, name="warehouse")
    app.command("dump")(dump)


def views() -> None:
    """Make the views of every dataset anew, and list them."""
    from services.warehouse import make_all_views

    print("\n".join(f"warehouse.{name}" for name in make_all_views()))


def grant(role: ROLE, workspace: WORKSPACE) -> None:
    """Make a login role that reads a workspace's views and nothing else; prints its password once."""
    from services.warehouse import grant as make

    print(make(role, workspace))


def revoke(role: ROLE) -> None:
    """Take a login role away."""
    from services.warehouse import revoke as take_away

    take_away(role)
    print(f"{role} can no longer sign in.")


def readers(as_json: JSON = False) -> None:
    """List login roles with the workspaces they see."""
    from services.warehouse import list_readers

    found = list_readers()
    if as_json:
        print(json.dumps([asdict(reader) for reader in found]))
    else:
        print("\n".join(f"{reader.role}: {', '.join(reader.workspaces)}" for reader in found) or "There is none.")


def dump(
    dataset: Annotated[str, typer.Argument(help="Dataset, such as grievance.complaints.")],
    workspace: WORKSPACE,
    to: Annotated[Path, typer.Option("--to", help="Folder; one for each workspace and dataset is made in it.")],
    full: Annotated[bool, typer.Option("--full", help="Write every month, changed or not.")] = False,
    as_json: JSON = False,
) -> None:
    """Write a dataset as Parquet files by month; again, and only months that changed are written."""
    from services.model import current, find_dataset
    from services.people import command_scope
    from services.warehouse import dump as write

    found = write(command_scope(workspace), find_dataset(current(), dataset), to, datetime.now(UTC), full)
    if as_json:
        print(json.dumps(asdict(found), default=str))
    else:
        print(
            f"{found.folder}: {found.written} files with {found.rows:,} rows written, {found.unchanged} unchanged, "
            f"{found.removed} removed."
        )
