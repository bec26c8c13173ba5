"""Commands for packs: list, begin and check them, make up data."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.model import Pack

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
packs = typer.Typer(help="Domain packs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to manage.py."""
    app.command("packs")(list_packs)
    app.command("metrics")(list_metrics)
    app.add_typer(packs, name="pack")
    app.command("pack-check", hidden=True)(check)
    app.command("simulate")(simulate)
    app.command("load-demo")(load_demo)


def list_packs(as_json: Json = False) -> None:
    """List every pack with its datasets and metrics."""
    from services import packs as of_packs
    from services.model import load_model

    found = of_packs.list_packs(load_model())
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for pack in found:
        datasets = ", ".join(f"{dataset['name']} ({dataset['kind']})" for dataset in pack["datasets"])
        print(f"{pack['name']}: {pack['title']}\n  {datasets}; {len(pack['metrics'])} metrics; {pack['folder']}")


def list_metrics(as_json: Json = False) -> None:
    """List every metric with its unit, target and meaning."""
    from services import packs as of_packs
    from services.model import load_model

    found = of_packs.list_metrics(load_model())
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for metric in found:
        target = "" if metric["target"] is None else f", target {metric['target']:g}"
        print(f"{metric['pack']}.{metric['name']} ({metric['unit']}{target}): {metric['description']}")


@packs.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores, such as trees.")],
    file: Annotated[Path | None, typer.Option("--from", help="File whose columns the pack is made for.")] = None,
    built_in: Annotated[bool, typer.Option("--built-in", help="Into data/packs instead of the data folder.")] = False,
    as_json: Json = False,
) -> None:
    """Begin a pack: pack.yaml with guesses and comments, a mapping for such files, sample rows."""
    from services.packs import create_pack

    folder = create_pack(name, file, built_in)
    load = f"manage.py import {name}.{name} {file or 'FILE'}"
    told = f"{folder}\nLook at pack.yaml, then: manage.py pack check {name}, and: {load}"
    print(json.dumps({"pack": name, "folder": str(folder)}) if as_json else told)


@packs.command("check")
def check(
    name: Annotated[str, typer.Argument(help="Pack; all of them unless said.")] = "", as_json: Json = False
) -> None:
    """Check packs against the grammar and every rule, with their simulator, mappings and sample rows."""
    from data.errors import BadInput
    from services.model import pack_folders
    from services.packs import check_pack

    checked = [check_pack(one) for one in ([name] if name else pack_folders())]
    problems = [problem for one in checked for problem in one.problems]
    if problems:
        raise BadInput("\n".join(problems))
    found = [
        {
            "pack": one.pack.name, "datasets": len(one.pack.datasets), "metrics": len(one.pack.metrics),
            "simulator": one.simulator, "mappings": one.mappings, "samples": one.samples,
        }
        for one in checked
    ]  # fmt: skip
    print(json.dumps(found) if as_json else "\n".join(_told(one.pack) for one in checked))


def _told(pack: Pack) -> str:
    return f"{pack.name}: {_some(len(pack.datasets), 'dataset')}, {_some(len(pack.metrics), 'metric')}, no problem."


def _some(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def simulate(
    pack: Annotated[str, typer.Argument(help="Pack with a simulator, such as grievance.")],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days of history before today.")] = 30,
    as_json: Json = False,
) -> None:
    """Make up believable rows that end now. Where that was begun before, what is missing since then is added."""
    from services.model import enable_pack
    from services.people import command_scope
    from services.simulate import write_history, write_stream

    scope, now, rows = command_scope(workspace), datetime.now(UTC), 0
    enable_pack(scope, pack)
    with _progress(as_json) as show:
        for inserted, part, parts in write_history(scope, pack, days, now):
            rows += inserted
            show(part / parts, f"{inserted:,} rows")
    rows += write_stream(scope, pack, now)
    print(json.dumps({"pack": pack, "workspace": workspace, "inserted": rows}) if as_json else f"{rows:,} new rows.")


def load_demo(as_json: Json = False) -> None:
    """Make the demo workspaces and load their history; what is there already stays."""
    from services import demo

    with _progress(as_json) as show:
        demo.load_demo(show)
    slugs = [workspace.slug for workspace in demo.WORKSPACES]
    print(json.dumps({"workspaces": slugs}) if as_json else f"Ready: {', '.join(slugs)}.")


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[float, str], None]]:
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns: tuple[Any, ...] = (BarColumn(), TextColumn("{task.percentage:3.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, what: bar.update(task, completed=done, description=what)
