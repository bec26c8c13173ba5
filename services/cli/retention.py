"""manage.py retention: how long rows are kept."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("retention")(retention)


def retention(
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace.")],
    dataset: Annotated[str, typer.Option(help="Dataset to change, as `pack.name`; without one all are listed.")] = "",
    days: Annotated[int, typer.Option(help="Days to keep its rows; 0: as its pack and the installation say.")] = 0,
) -> None:
    """List how long the datasets of a workspace are kept, or change it for one."""
    from services.people import command_scope
    from services.retention import keep, kept

    scope = command_scope(workspace)
    if dataset:
        keep(scope, dataset, days or None)
    for one in kept(scope):
        told = "for ever" if one.days is None else f"{one.days} days"
        since = f"; rows from {one.kept_from} on are there" if one.kept_from else ""
        print(f"{one.dataset.qualified:<32} {told}{' (changed)' if one.is_own else ''}{since}")
