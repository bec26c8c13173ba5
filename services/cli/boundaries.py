"""manage.py boundaries: the areas of a workspace that maps know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(help="Boundaries (districts, wards, zones) of a workspace.", no_args_is_help=True)
Slug = Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(commands, name="boundaries")


@commands.command("add")
def add_command(
    file: Annotated[Path, typer.Argument(help="GeoJSON, shapefile (also zipped) or GeoParquet.")],
    workspace: Slug,
    name: Annotated[str, typer.Option("--name", help="What they are called; the same name is replaced.")],
    key: Annotated[str, typer.Option("--key", help="Column that names each area; guessed when left out.")] = "",
    group_by: Annotated[
        str, typer.Option("--group-by", help="Column of larger areas: areas of one name become one.")
    ] = "",
    sums: Annotated[
        list[str] | None, typer.Option("--sum", help="With --group-by, a column of numbers to add up; may repeat.")
    ] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Take flawed areas in their repaired form.")] = False,
) -> None:
    """Keep the areas of a file; a boundary that is drawn wrong is named, with what repairing it would change."""
    from data.errors import BadInput
    from services.maps import boundaries, grouping
    from services.people import command_scope

    if (group_by and key) or (sums and not group_by):
        raise BadInput("Give either --key or --group-by, and --sum only with --group-by.")
    scope = command_scope(workspace)
    found = boundaries.checked(file)
    for said in boundaries.flaws_said(found):
        typer.echo(said, err=True)
    if group_by:
        whole, found = found, grouping.grouped(found, group_by, sums or ())
        print(grouping.grouped_said(whole, found))
    column = key or next(iter(found.keys), "")
    if not column:
        raise BadInput(f"{file.name}: found no column with a different name for each area; expected one (--key).")
    kept = boundaries.add(scope, found, name, column, repair)
    amounts = f"; numbers: {', '.join(kept.amounts)}" if kept.amounts else ""
    print(f"{kept.name}: {kept.size} areas by `{kept.key_column}`, {kept.repaired} repaired{amounts}")


@commands.command("list")
def list_command(workspace: Slug) -> None:
    """The boundaries of a workspace."""
    from services.maps.boundaries import list_boundaries
    from services.people import command_scope

    found = list_boundaries(command_scope(workspace))
    for one in found:
        print(f"{one.name:<24} {one.size:>5} areas by `{one.key_column}` from {one.source}, {one.added_at:%Y-%m-%d}")
    if not found:
        print("No boundaries yet.")


@commands.command("remove")
def remove_command(name: Annotated[str, typer.Argument(help="What they are called.")], workspace: Slug) -> None:
    """Take boundaries away."""
    from services.maps.boundaries import remove
    from services.people import command_scope

    remove(command_scope(workspace), name)
    print(f"{name} is gone.")
