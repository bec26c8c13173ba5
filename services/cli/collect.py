"""manage.py collect: make or make again the summaries of hours, days, weeks and months."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from data.types import Scope


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("collect")(collect_command)


def collect_command(
    period: Annotated[Literal["hourly", "daily", "weekly", "monthly"], typer.Option(help="Length of the buckets.")],
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Last local day; today unless said.")
    ] = None,
    days_back: Annotated[int, typer.Option(min=0, max=36_600, help="As many days before that day too.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Compute again what is there and still right.")] = False,
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace; all unless said.")] = "",
    system_health: Annotated[bool, typer.Option("--system-health", help="Look at every component as well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the summaries of the buckets that hold the given days; what is right already stays."""
    from services.people import all_workspaces, command_scope

    now = datetime.now(UTC)
    slugs = [workspace] if workspace else [one.slug for one in all_workspaces()]
    last = day.date() if day else None
    found = {slug: _collected(command_scope(slug), period, last, days_back, force, now) for slug in slugs}
    health = _health(now) if system_health else None
    if as_json:
        print(json.dumps({"period": period, "workspaces": found} | ({"health": health} if system_health else {})))
        return
    for slug, done in found.items():
        told = f"{done['written']:,} written, {done['unchanged']:,} unchanged, {done['removed']:,} removed"
        print(f"{slug}: {done['buckets']:,} buckets; summaries: {told}.")
    for component in health or []:
        print(f"{component['state']:<12} {component['name']}: {component['message']}")


def _collected(
    scope: Scope, period: str, last: date | None, days_back: int, force: bool, now: datetime
) -> dict[str, int]:
    from services.rollups import PERIODS, Collected, collect, span_of

    zone = scope.workspace.timezone
    until = last or now.astimezone(ZoneInfo(zone)).date()
    span = span_of(PERIODS[period], until, days_back, zone, now)
    return asdict(collect(scope, PERIODS[period], span, now, force) if span else Collected())


def _health(now: datetime) -> list[dict[str, Any]]:
    from data.errors import BadInput

    try:
        from services.health import check
    except ImportError as error:
        raise BadInput(f"The health of the system cannot be looked at in this installation: {error}.") from error
    return [component.as_dict() for component in check(now)]
