"""The command line: `python manage.py --help`."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

import typer

from data.errors import BelvedereError

TOPICS = (
    "run", "settings", "packs", "query", "engine", "imports", "people", "health", "assessment", "collect", "warehouse",
    "analyse", "analyse_points", "analyse_routes", "retention", "boundaries",
)  # fmt: skip
# These manage the database themselves or do without one.
WITHOUT_DATABASE = {"run", "stop", "doctor", "health", "settings", "pack", "pack-check", "analyse"}

app = typer.Typer(
    name="belvedere", help="Belvedere: live operations analytics on Postgres.", no_args_is_help=True,
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip


@app.callback()
def _before(context: typer.Context) -> None:
    from data.settings import settings

    os.environ.setdefault("NUMBA_CACHE_DIR", str(settings().home.resolve() / "cache" / "numba"))
    command, is_supervised = context.invoked_subcommand, "--parent-fd" in sys.argv
    if command in WITHOUT_DATABASE or "--help" in sys.argv or (command == "web" and is_supervised):
        return
    from data.embedded import needed

    context.with_resource(needed())
    if command != "migrate" and not is_supervised:  # the supervisor has migrated
        from data.migrate import migrate

        migrate()


def main() -> int:
    """Run a command; 2 when it was refused, with the reason on standard error."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for topic in TOPICS:
        importlib.import_module(f"services.cli.{topic}").register(app)
    try:
        app()
    except BelvedereError as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
