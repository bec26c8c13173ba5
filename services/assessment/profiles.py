"""How does a person compare with the benchmark of a norm group?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from scipy.special import ndtri

import data.assessment as stored
from data.database import Transaction, transaction
from data.errors import UnknownName, unknown
from data.types import Scope
from services.assessment.definitions import EVERYBODY, PERCENTILES, Norms, Scoring, Trait, TraitNorm
from services.assessment.pipeline import datasets, definitions
from services.assessment.scores import band
from services.assessment.traits import MEAN, SD, Traits, percentiles, score_traits
from services.people import record, require

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class TraitLine:
    """One trait of a person: T score with its 95 % interval, percentile among the norm group, and the benchmark.

    The ends of the interval and the benchmark are there as percentiles too; `people` is the size of the norm group.
    `versus`: `above` or `below` when the benchmark lies outside of the interval, else `at` it: the difference is within
    the error of measurement.
    """

    trait: str
    title: str
    description: str
    score: float
    se: float
    low: float
    high: float
    percentile: float
    reliability: float
    band: str
    benchmark: float
    versus: str
    percentile_low: float = 0.0
    percentile_high: float = 0.0
    percentile_benchmark: float = 0.0
    people: int = 0


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric of the session, with mean and standard deviation of the norm group on its scale, if there are any.

    On the scale `log` these are of the natural logarithm.
    """

    metric: str
    title: str
    unit: str
    value: float | None
    valid: bool
    flags: str | None
    norm_mean: float | None
    norm_sd: float | None
    scale: str = "plain"


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's session against a norm group."""

    participant: str
    session: str
    completed_at: datetime
    battery: str | None
    valid: bool
    reason: str | None
    outcome: str | None
    norm_group: str
    norm_title: str
    norm_version: str
    mapping_version: str
    traits: tuple[TraitLine, ...]
    metrics: tuple[MetricLine, ...]
    earlier: tuple[str, ...]


def profile(
    scope: Scope, participant: str, session: str | None = None, norm_group: str | None = None,
    norm_version: str | None = None,
) -> Profile:  # fmt: skip
    """The newest session of a person that can be believed (or the newest, or the one asked for) against a benchmark.

    The session's own norm group and the norms of its day are used unless others are asked for, so the same session can
    be held against another group or newer norms; what is stored does not change. Reading it is audited. A session that
    cannot be believed has no traits. Raises NotAllowed, UnknownName.
    """
    require(scope, "personal")
    with transaction(scope) as tx:
        chosen, sessions = _session(tx, scope, participant, session)
        rules = definitions(tx, scope)
        day = chosen["completed_at"].astimezone(UTC).date()
        norms = rules.norms_of(norm_version) if norm_version else rules.norms_on(day)
        group = norm_group or chosen["norm_group"] or EVERYBODY
        if norm_group and norm_group not in norms.groups:
            raise unknown("norm group", norm_group, norms.groups)
        keys = [f"{chosen['session']}/{score.name}" for score in rules.scores]
        rows = stored.stored_rows(tx, scope, datasets()["session_metrics"], keys)
        record(tx, scope, "read_personal", f"profile {chosen['session']}")
    found = {row["metric"]: row for row in rows.values()}
    valid = chosen["valid"] == "valid"
    name = norms.group(group).name
    return Profile(
        participant, chosen["session"], chosen["completed_at"], chosen["battery"], valid, chosen["reason"],
        chosen["outcome"], name, norms.groups[name].title, norms.version, norms.mapping,
        _traits(found, rules, norms, name) if valid else (), _metrics(found, rules, norms, name),
        tuple(row["session"] for row in sessions if row["session"] != chosen["session"]),
    )  # fmt: skip


Row = dict[str, Any]
Rows = dict[str, Row]


def _session(tx: Transaction, scope: Scope, participant: str, session: str | None) -> tuple[Row, list[Row]]:
    sessions = stored.sessions_of_person(tx, scope, participant)
    if not sessions:
        raise UnknownName(f"No scored session of `{participant}` in this workspace.")
    if session:
        found = [row for row in sessions if row["session"] == session]
        if not found:
            raise unknown("session", session, [str(row["session"]) for row in sessions], f"those of `{participant}`")
        return found[0], sessions
    return next((row for row in sessions if row["valid"] == "valid"), sessions[0]), sessions


def _traits(found: Rows, rules: Scoring, norms: Norms, group: str) -> tuple[TraitLine, ...]:
    values = np.full((1, len(rules.scores)), np.nan)
    for column, score in enumerate(rules.scores):
        row = found.get(score.name)
        if row and row["valid"] == "valid" and row["value"] is not None:
            values[0, column] = row["value"]
    mapping = rules.mapping(norms.mapping)
    scored = score_traits(values, rules.scores, mapping, norms.groups[group])
    return tuple(
        _line(scored, column, trait, norms.groups[group].traits.get(trait.name))
        for column, trait in enumerate(mapping.traits)
        if not np.isnan(scored.score[0, column])
    )


def _line(scored: Traits, column: int, trait: Trait, norm: TraitNorm | None) -> TraitLine:
    parts = (scored.score, scored.se, scored.percentile, scored.reliability)
    score, se, percentile, reliability = (float(part[0, column]) for part in parts)
    low, high = score - Z_95 * se, score + Z_95 * se
    versus = "above" if low > trait.benchmark else "below" if high < trait.benchmark else "at"
    at_low, at_high, at_benchmark = percentiles_of((low, high, trait.benchmark), norm)
    score = round(score, 2)
    return TraitLine(
        trait.name, trait.title, trait.description, score, round(se, 2), round(low, 2), round(high, 2),
        round(percentile, 1), round(reliability, 3), band(score), trait.benchmark, versus,
        at_low, at_high, at_benchmark, norm.n if norm else 0,
    )  # fmt: skip


def percentiles_of(scores: Sequence[float], norm: TraitNorm | None) -> tuple[float, ...]:
    """The percentiles of T scores in a norm group; those of the normal distribution where it has no norm."""
    points = norm.points if norm else tuple(ndtri(np.array(PERCENTILES) / 100))
    found = percentiles((np.asarray(scores, float) - MEAN) / SD, points)
    return tuple(round(float(value), 1) for value in found)


def _metrics(found: Rows, rules: Scoring, norms: Norms, group: str) -> tuple[MetricLine, ...]:
    lines = []
    for score in rules.scores:
        row = found.get(score.name)
        if row is None:
            continue
        norm = norms.groups[group].metrics.get(score.name)
        mean, sd = (norm.mean, norm.sd) if norm else (None, None)
        valid = row["valid"] == "valid"
        lines.append(
            MetricLine(score.name, score.title, score.unit, row["value"], valid, row["flags"], mean, sd, score.scale)
        )
    return tuple(lines)
