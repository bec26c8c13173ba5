"""manage.py import: how does a file become rows, from the command line?"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

SHOWN = ("read", "inserted", "updated", "unchanged", "rejected", "flagged", "seconds", "rejects_file")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_command)


def import_command(
    dataset: Annotated[str, typer.Argument(help="Dataset, such as grievance.complaints.")],
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSON lines, Parquet, .gz or .zip.")],
    mapping: Annotated[Path | None, typer.Option(help="Mapping file; without one it is found or guessed.")] = None,
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Slug; not needed if there is one only.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Import a file. Running it again takes up an unfinished import; a finished one changes nothing."""
    from services.ingest import Progress, import_file, load_mapping_file
    from services.model import current, find_dataset

    scope = _scope(workspace)
    chosen = load_mapping_file(mapping, find_dataset(current(), dataset)) if mapping else None
    with nullcontext() if as_json else _bar() as bar:
        task = bar.add_task(file.name, total=1.0) if bar else None

        def show(progress: Progress) -> None:
            if bar is not None and task is not None:
                bar.update(task, completed=progress.share, description=f"{file.name}  {progress.rows:,} rows")

        summary = import_file(scope, dataset, file, chosen, show, datetime.now(UTC))
    found = asdict(summary)
    print(json.dumps({name: found[name] for name in SHOWN}) if as_json else _told(found))


def _scope(workspace: str) -> Any:
    from data.errors import BadInput
    from services.observing import SLUG as SYSTEM
    from services.people import all_workspaces, command_scope

    if workspace:
        return command_scope(workspace)
    slugs = [w.slug for w in all_workspaces() if w.slug != SYSTEM]
    if len(slugs) != 1:
        known = f"one of {', '.join(slugs)}" if slugs else "a workspace; make one with manage.py workspace add"
        raise BadInput(f"Which workspace? Say --workspace and {known}.")
    return command_scope(slugs[0])


def _bar() -> AbstractContextManager[Bar]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip


def _told(found: dict[str, Any]) -> str:
    counts = ", ".join(f"{found[name]:,} {name}" for name in SHOWN[:6])
    lines = [f"{counts} in {found['seconds']:.1f} s, by the mapping {found['mapping']}."]
    lines += [f"  flag {name}: {count:,} rows" for name, count in sorted(found["flags"].items())]
    if found["rejects_file"]:
        lines.append(f"Refused rows with their reasons: {found['rejects_file']}")
    return "\n".join(lines)
