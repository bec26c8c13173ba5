"""manage.py assessment: score sessions, renew norms, see a person's profile, check the fairness of a selection."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.formats import share

if TYPE_CHECKING:
    from services.assessment.fairness import Impact
    from services.assessment.profiles import Profile, TraitLine

assessment = typer.Typer(help="Assessments: scores, norms, profiles, fairness.", no_args_is_help=True)

Workspace = Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(assessment, name="assessment")


@assessment.command("score")
def score_command(
    workspace: Workspace,
    everything: Annotated[bool, typer.Option("--all", help="Every session, not only what changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score the sessions that changed since the last time. Scoring again changes nothing."""
    from services.assessment.pipeline import score
    from services.people import command_scope

    done = score(command_scope(workspace), datetime.now(UTC), everything)
    written = ", ".join(f"{count} {name}" for name, count in done.written.items()) or "nothing"
    told = f"{done.scored} of {done.sessions} sessions scored; written: {written}; removed: {done.removed}."
    print(json.dumps(asdict(done)) if as_json else told)


@assessment.command("renorm")
def renorm_command(
    version: Annotated[str, typer.Argument(help="Name of the new version, such as 2026-04.")],
    workspace: Workspace,
    from_on: Annotated[str, typer.Option("--from", help="Day (UTC) from which it counts; today unless said.")] = "",
    mapping: Annotated[str, typer.Option(help="Version of the traits; the one in force unless said.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a new version of the norms from the workspace's own people, and score with it what was completed since."""
    from services.assessment.renewing import renew
    from services.people import command_scope

    now = datetime.now(UTC)
    day = _day(from_on) if from_on else now.date()
    made = renew(command_scope(workspace), version, day, now, mapping or None)
    if as_json:
        told = {"version": version, "from": day.isoformat(), "mapping": made.norms.mapping, "people": made.people}
        print(json.dumps(told | {"groups": list(made.norms.groups), "scored": made.summary.scored}))
        return
    print(
        f"Norms {version} from {made.people} people, in force from {day}; {made.summary.scored} sessions scored anew."
    )


def _day(text: str) -> date:
    from data.errors import BadInput

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"Option --from: found {text!r}, expected a day like 2026-04-01.") from error


@assessment.command("profile")
def profile_command(
    participant: Annotated[str, typer.Argument(help="Pseudonym of the person, such as p-0042.")],
    workspace: Workspace,
    session: Annotated[str, typer.Option(help="Session; the newest that can be believed unless said.")] = "",
    norm_group: Annotated[str, typer.Option(help="Norm group; the session's own unless said.")] = "",
    norms: Annotated[str, typer.Option(help="Version of the norms; that of the session's day unless said.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show a person against the benchmark of a norm group. The reading is audited."""
    from services.assessment.profiles import profile
    from services.people import command_scope

    found = profile(command_scope(workspace), participant, session or None, norm_group or None, norms or None)
    print(json.dumps(asdict(found), default=_plain, ensure_ascii=False) if as_json else _profile(found))


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _profile(found: Profile) -> str:
    head = f"{found.participant}, session {found.session}, completed {found.completed_at:%Y-%m-%d %H:%M} UTC"
    against = f"Against {found.norm_title}, norms {found.norm_version}, mapping {found.mapping_version}."
    state = against if found.valid else f"This session cannot be believed: {found.reason}."
    return "\n".join([head, state, *(_trait(line) for line in found.traits)])


def _trait(line: TraitLine) -> str:
    interval = f"({line.low:.0f} to {line.high:.0f})"
    return (
        f"{line.title:16} {line.score:5.1f} {interval:12} {line.band:14} percentile {line.percentile:4.1f}"
        f"  {line.versus} the benchmark of {line.benchmark:.0f}"
    )


@assessment.command("fairness")
def fairness_command(
    dimension: Annotated[str, typer.Argument(help="gender, age_group, norm_group, setting, device or battery.")],
    workspace: Workspace,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days before now.")] = 180,
    as_json: AsJson = False,
) -> None:
    """Check recommendations by the four-fifths rule, with a 95 % interval of each ratio."""
    from data.types import CannotTell, TimeRange
    from services.assessment.selection import fairness
    from services.people import command_scope

    now = datetime.now(UTC)
    found = fairness(command_scope(workspace), dimension, TimeRange(now - timedelta(days=days), now), now)
    if isinstance(found.impacts, CannotTell):
        print(
            json.dumps({"dimension": dimension, "cannot_tell": found.impacts.reason})
            if as_json
            else found.impacts.reason
        )
        return
    groups = [asdict(impact) for impact in found.impacts]
    told = "\n".join(_impact(impact) for impact in found.impacts)
    print(json.dumps({"dimension": dimension, "groups": groups}) if as_json else told)


def _impact(impact: Impact) -> str:
    part = f"{impact.group:14} {impact.recommended:5} of {impact.assessed:5}  {share(impact.rate, 1):>7}"
    if impact.verdict == "reference":
        return f"{part}  reference"
    return f"{part}  ratio {impact.ratio:.2f} ({impact.low:.2f} to {impact.high:.2f})  {impact.verdict}"
