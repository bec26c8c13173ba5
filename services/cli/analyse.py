"""manage.py analyse: what do files say that nobody has imported yet?

A further analysis is a module of its own in this folder: it imports `analyse`, adds its command in `register` and is
named in manage.py after this one.
"""

from __future__ import annotations

import typer

analyse = typer.Typer(help="Analyses of files, without importing them and without a database.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(analyse, name="analyse")
