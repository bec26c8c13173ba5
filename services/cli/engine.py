"""manage.py engine: are the segments right, and how are they merged or made anew?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from data.model import Dataset
    from data.types import Scope

engine = typer.Typer(help="Column segments: verify, compact, rebuild.", no_args_is_help=True)

Workspace = Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace; all when left out.")]
Only = Annotated[str, typer.Option("--dataset", "-d", help="Dataset, such as grievance.complaints; all when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(engine, name="engine")


@engine.command("verify")
def verify_command(workspace: Workspace = "", dataset: Only = "", as_json: AsJson = False) -> None:
    """Compare the segments with the rows, day by day. Exit code 1 when something differs."""
    from data.engine.verify import verify

    checked, found = 0, []
    for scope, one in _datasets(workspace, dataset):
        result = verify(scope, one)
        checked += result.checked
        names = {"workspace": scope.workspace.slug, "dataset": one.qualified}
        found += [names | asdict(mismatch) for mismatch in result.mismatches]
    if as_json:
        print(json.dumps({"checked": checked, "mismatches": len(found), "details": found}, default=str))
    else:
        print("\n".join([*map(_line, found), f"{checked} days of streams checked, {len(found)} mismatches."]))
    if found:
        raise typer.Exit(1)


@engine.command("compact")
def compact_command(workspace: Workspace = "", dataset: Only = "", as_json: AsJson = False) -> None:
    """Merge all segments that can be merged now, as the worker does when a day is quiet."""
    from data.engine.compact import Compacted, compact

    done = Compacted()
    for scope, one in _datasets(workspace, dataset):
        done += compact(scope, one, quiet_s=0, settled_s=0)
    if as_json:
        print(json.dumps(asdict(done)))
    else:
        print(f"{done.merged} segments merged into {done.made}, {done.deleted} old ones deleted.")


@engine.command("rebuild")
def rebuild_command(
    workspace: Workspace = "",
    dataset: Only = "",
    day: Annotated[list[datetime] | None, typer.Option(formats=["%Y-%m-%d"], help="Only this local day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Throw segments away and make them again from the rows."""
    from data.engine.rebuild import rebuild

    days = [moment.date() for moment in day] if day else None
    done = [rebuild(scope, one, days) for scope, one in _datasets(workspace, dataset)]
    total = {"days": sum(d.days for d in done), "rows": sum(d.rows for d in done)}
    if as_json:
        print(json.dumps(total))
    else:
        print(f"{total['days']} days of streams made again from {total['rows']:,} rows.")


def _datasets(workspace: str, dataset: str) -> Iterator[tuple[Scope, Dataset]]:
    """What a command is to work on: each workspace with each dataset."""
    from services.model import current, find_dataset
    from services.people import all_workspaces, command_scope

    model = current()
    chosen = [find_dataset(model, dataset)] if dataset else list(model.datasets().values())
    for slug in [workspace] if workspace else [w.slug for w in all_workspaces()]:
        scope = command_scope(slug)
        for one in chosen:
            yield scope, one


def _line(found: dict[str, Any]) -> str:
    where = f"{found['stream']} {found['day']}" if found["stream"] else "in all"
    return (
        f"{found['workspace']} {found['dataset']} {where}: {found['kind']}, "
        f"{found['segments']:,} in segments, {found['rows']:,} in rows"
    )
