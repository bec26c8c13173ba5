"""The command that shows the settings in force, and the reference page made from their definition."""

from __future__ import annotations

import json
from typing import Annotated

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(show)


def show(as_json: JSON = False) -> None:
    """Show every setting with its value, and where it comes from."""
    from services.settings_page import in_force

    found = in_force()
    if as_json:
        print(json.dumps({line.name: line.value for line in found}))
        return
    width = max(len(line.variable) for line in found)
    for line in found:
        print(f"{line.variable:{width}}  {line.value}  ({line.source})")
