"""What does the page of one person show: the profile, what cannot be told and why, the course over sessions?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

import data.assessment as stored
from data.database import transaction
from data.types import CannotTell, Scope
from services.assessment.definitions import Mapping, Scoring
from services.assessment.pipeline import datasets, definitions
from services.assessment.profiles import Z_95, Profile, profile
from services.assessment.traits import score_traits
from services.people import record

LEAST_SESSIONS = 2
REASONS = {
    "too_fast": "answered faster than anybody can", "straight_lining": "gave nearly always the same answer",
    "too_few": "too few trials",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Untold:
    """A trait that the session says nothing about, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of the person: could it be believed, and what was its outcome?"""

    session: str
    completed_at: datetime
    battery: str
    valid: bool
    reason: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Point:
    """One trait in one session, by the norms of the profile."""

    trait: str
    title: str
    session: str
    completed_at: datetime
    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Portrait:
    """A profile with all around it. `trend` holds at least two valid sessions, or says why there is none; `rests_on`
    the metrics of each trait with their weights; `groups` and `versions` are the norms that can be chosen."""

    profile: Profile
    untold: tuple[Untold, ...]
    sittings: tuple[Sitting, ...]
    trend: tuple[Point, ...] | CannotTell
    rests_on: dict[str, tuple[tuple[str, float], ...]]
    groups: dict[str, str]
    versions: tuple[str, ...]


def portrait(
    scope: Scope, participant: str, session: str | None = None, norm_group: str | None = None,
    norm_version: str | None = None,
) -> Portrait:  # fmt: skip
    """A person against a norm group. Reading it is audited. Raises NotAllowed, UnknownName; see `profile`."""
    found = profile(scope, participant, session, norm_group, norm_version)
    with transaction(scope) as tx:
        rules = definitions(tx, scope)
        rows = stored.sessions_of_person(tx, scope, participant)
        valid = [row for row in rows if row["valid"] == "valid"]
        keys = [f"{row['session']}/{score.name}" for row in valid for score in rules.scores]
        values = stored.stored_rows(tx, scope, datasets()["session_metrics"], keys) if keys else {}
        record(tx, scope, "read_personal", f"sessions beside {found.session}", {"rows": len(rows)})
    norms = rules.norms_of(found.norm_version)
    mapping = rules.mapping(norms.mapping)
    table = np.full((len(valid), len(rules.scores)), np.nan)
    for number, row in enumerate(valid):
        for column, score in enumerate(rules.scores):
            metric = values.get(f"{row['session']}/{score.name}")
            if metric and metric["valid"] == "valid" and metric["value"] is not None:
                table[number, column] = metric["value"]
    titles = {score.name: score.title for score in rules.scores}
    return Portrait(
        found, _untold(found, mapping, titles), tuple(_sitting(row) for row in rows),
        _trend(table, valid, rules, mapping, found),
        {t.title: tuple((titles[name], weight) for name, weight in t.weights) for t in mapping.traits},
        {name: group.title for name, group in norms.groups.items()}, tuple(n.version for n in reversed(rules.norms)),
    )  # fmt: skip


def _untold(found: Profile, mapping: Mapping, titles: dict[str, str]) -> tuple[Untold, ...]:
    told = {line.trait for line in found.traits}
    if not found.valid:
        why = REASONS.get(found.reason or "", found.reason or "flagged")
        return tuple(Untold(t.title, f"The session cannot be believed: {why}.") for t in mapping.traits)
    good = {line.metric for line in found.metrics if line.valid and line.value is not None}
    missing = []
    for trait in (t for t in mapping.traits if t.name not in told):
        lacking = [titles[name] for name, _ in trait.weights if name not in good]
        missing.append(Untold(trait.title, f"Not done, or not valid: {', '.join(lacking)}."))
    return tuple(missing)


def _sitting(row: dict[str, object]) -> Sitting:
    reason = str(row["reason"] or "")
    completed = row["completed_at"]
    assert isinstance(completed, datetime)
    return Sitting(
        str(row["session"]), completed, str(row["battery"] or ""), row["valid"] == "valid", REASONS.get(reason, reason),
        str(row["outcome"] or ""),
    )  # fmt: skip


def _trend(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]], valid: list[dict[str, object]], rules: Scoring,
    mapping: Mapping, found: Profile,
) -> tuple[Point, ...] | CannotTell:  # fmt: skip
    """The traits of all valid sessions by the profile's norms, oldest first."""
    if len(valid) < LEAST_SESSIONS:
        told = "One valid session only" if valid else "No valid session"
        return CannotTell(f"{told}: a course takes {LEAST_SESSIONS} or more.")
    norms = rules.norms_of(found.norm_version)
    scored = score_traits(table, rules.scores, mapping, norms.groups[found.norm_group])
    points = []
    for number, row in reversed(list(enumerate(valid))):
        for column, trait in enumerate(mapping.traits):
            score, se = float(scored.score[number, column]), float(scored.se[number, column])
            if not np.isnan(score):
                at = row["completed_at"]
                assert isinstance(at, datetime)
                low, high = score - Z_95 * se, score + Z_95 * se
                points.append(Point(trait.name, trait.title, str(row["session"]), at, score, low, high))
    return tuple(points)
