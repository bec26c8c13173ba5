"""Which rows do the scored sessions give: metrics, traits and results?"""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from services.assessment.definitions import Mapping, Norms, Scoring
from services.assessment.flags import FLAGS
from services.assessment.measuring import Measured
from services.assessment.traits import Traits, score_groups
from services.assessment.trials import Bools, Floats, Ints

BANDS = ((35.0, "low"), (45.0, "below average"), (55.0, "average"), (65.0, "above average"))
HIGHEST_BAND = "high"
Row = dict[str, Any]
_SHARED = ("battery", "norm_group")
_FACTS = (*_SHARED, "setting", "device", "gender", "age_group")


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of a session beside its trials; `completed_ms` is None while it is not completed."""

    participant: str | None = None
    completed_ms: int | None = None
    facts: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows for the datasets `session_metrics`, `traits` and `results`, times as UTC milliseconds; without scored_at."""

    session_metrics: list[Row]
    traits: list[Row]
    results: list[Row]


def band(score: float) -> str:
    """A score in words."""
    return next((word for limit, word in BANDS if score < limit), HIGHEST_BAND)


def score_sessions(measured: Measured, known: Named[str, Session], scoring: Scoring) -> Scored:
    """Metrics, traits and results of measured sessions. Each is scored by the norms of the day it was completed."""
    sessions = [known.get(name, Session()) for name in measured.sessions]
    completed = np.array(
        [s.completed_ms if s.completed_ms is not None else last
         for s, last in zip(sessions, measured.last_ms.tolist(), strict=True)], np.int64,
    )  # fmt: skip
    heads = [
        {"session": name, "participant": s.participant, "completed_at": at, **dict(s.facts)}
        for name, s, at in zip(measured.sessions, sessions, completed.tolist(), strict=True)
    ]
    valid = valid_sessions(measured, scoring)
    found = Scored(_metric_rows(measured, heads, scoring), [], [])
    for norms, rows in _by_norms(completed, scoring):
        mapping = scoring.mapping(norms.mapping)
        values = np.where(valid[rows, None], measured.valid_values(scoring)[rows], np.nan)
        groups = [heads[row].get("norm_group") for row in rows]
        traits = score_groups(values, groups, norms, scoring.scores, mapping)
        part = [heads[row] for row in rows]
        found.traits.extend(_trait_rows(part, traits, norms, mapping))
        found.results.extend(_result_rows(part, rows, measured, valid, traits, mapping))
    return found


def valid_sessions(measured: Measured, scoring: Scoring) -> Bools:
    """Which sessions have enough tasks without a flag?"""
    tasks = (measured.trials > 0).sum(axis=1)
    good = measured.is_valid.sum(axis=1)
    found: Bools = (tasks > 0) & (good >= scoring.least_valid_share * tasks - 1e-9)
    return found


def _by_norms(completed: Ints, scoring: Scoring) -> list[tuple[Norms, Ints]]:
    days = completed // 86_400_000
    versions = {
        int(day): scoring.norms_on(date.fromordinal(date(1970, 1, 1).toordinal() + int(day)))
        for day in set(days.tolist())
    }
    names = np.array([versions[day].version for day in days.tolist()], dtype=object)
    return [(scoring.norms_of(name), np.flatnonzero(names == name)) for name in dict.fromkeys(names)]


def _flag_texts(measured: Measured) -> dict[tuple[bool, ...], str | None]:
    patterns = {tuple(pattern) for pattern in measured.flags.reshape(-1, len(FLAGS)).tolist()}
    return {p: "+".join(flag for flag, up in zip(FLAGS, p, strict=True) if up) or None for p in patterns}


def _metric_rows(measured: Measured, heads: list[Row], scoring: Scoring) -> list[Row]:
    texts, tasks = _flag_texts(measured), {task.name: number for number, task in enumerate(scoring.tasks)}
    flags, trials, values = measured.flags.tolist(), measured.trials.tolist(), measured.values.tolist()
    wanted = [(score.name, score.task, tasks[score.task], column) for column, score in enumerate(scoring.scores)]
    rows: list[Row] = []
    for number, head in enumerate(heads):
        shared = {name: head.get(name) for name in ("session", "participant", "completed_at", *_SHARED)}
        for metric, task, place, column in wanted:
            count = trials[number][place]
            if count:
                raised = texts[tuple(flags[number][place])]
                value = values[number][column]
                rows.append({
                    "entry": f"{head['session']}/{metric}", **shared, "task": task, "metric": metric,
                    "valid": "flagged" if raised else "valid", "flags": raised,
                    "value": None if value != value else round(value, 6), "trial_count": count,
                })  # fmt: skip
    return rows


def _trait_rows(heads: list[Row], traits: Traits, norms: Norms, mapping: Mapping) -> list[Row]:
    rows: list[Row] = []
    columns = [np.round(part, places).tolist() for part, places in (
        (traits.score, 2), (traits.se, 2), (traits.percentile, 1), (traits.reliability, 3),
    )]  # fmt: skip
    for number, head in enumerate(heads):
        shared = {name: head.get(name) for name in ("session", "participant", "completed_at", "battery")}
        group = norms.group(head.get("norm_group")).name
        for column, trait in enumerate(mapping.traits):
            score, se, percentile, reliability = (part[number][column] for part in columns)
            if score == score:
                rows.append({
                    "entry": f"{head['session']}/{trait.name}", **shared, "trait": trait.name, "band": band(score),
                    "benchmark": "met" if score >= trait.benchmark else "not met", "norm_group": group,
                    "norm_version": norms.version, "mapping_version": mapping.version,
                    "score": score, "se": se, "percentile": percentile, "reliability": reliability,
                })  # fmt: skip
    return rows


def overall_scores(traits: Traits, mapping: Mapping) -> Floats:
    """Mean of the selection's traits that a session has; NaN unless it has at least half of them."""
    chosen = [number for number, trait in enumerate(mapping.traits) if trait.name in mapping.selection]
    scores = traits.score[:, chosen]
    there = ~np.isnan(scores)
    count = there.sum(axis=1)
    total = np.where(there, scores, 0.0).sum(axis=1)
    return np.where(count * 2 >= len(chosen), total / np.maximum(count, 1), np.nan)


def _result_rows(
    heads: list[Row], places: Ints, measured: Measured, valid: Bools, traits: Traits, mapping: Mapping
) -> list[Row]:
    rows: list[Row] = []
    overall = np.round(overall_scores(traits, mapping), 2).tolist()
    for number, (head, place) in enumerate(zip(heads, places.tolist(), strict=True)):
        raised = measured.flags[place].any(axis=0)
        score = overall[number]
        passed = "recommended" if score >= mapping.selection_score else "not recommended"
        rows.append({
            **{name: head.get(name) for name in ("session", "participant", "completed_at", *_FACTS)},
            "valid": "valid" if valid[place] else "flagged",
            "reason": next((flag for flag, up in zip(FLAGS, raised, strict=True) if up), None),
            "outcome": passed if score == score else "not assessed",
            "task_count": int((measured.trials[place] > 0).sum()),
            "flagged_count": int(measured.flags[place].any(axis=1).sum()),
            "trial_count": int(measured.trials[place].sum()), "overall": None if score != score else score,
        })  # fmt: skip
    return rows
