"""manage.py health: how is each part of the application?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("health")(health)


def health(as_json: JSON = False) -> None:
    """State of every component; exit code 1 when one is critical or down."""
    from services.health import check, worst

    found = check(datetime.now(UTC))
    state = worst(found)
    if as_json:
        print(json.dumps({"state": state, "components": [component.as_dict() for component in found]}))
    else:
        for component in found:
            print(f"{component.state:<12} {component.name}: {component.message}")
    if state in ("critical", "down"):
        raise typer.Exit(1)
