"""How does a workspace renew its norms from its own people?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

import data.assessment as stored
from data.assessment import Span
from data.database import Transaction, transaction
from data.engine.batches import Batch, write_batch
from data.errors import BadInput
from data.types import Scope
from services.assessment.definitions import Norms, Scoring
from services.assessment.halves import half_values, reliabilities
from services.assessment.norm_rows import norm_rows, rounded
from services.assessment.norming import first_values, renorm
from services.assessment.pipeline import Summary, definitions, score
from services.assessment.pipeline import datasets as pack_datasets
from services.assessment.trials import Floats, join_columns, read_trials
from services.assessment.writing import columns_of_rows
from services.people import record, require

MOST_FOR_HALVES = 2000  # sessions whose trials are read again for the reliabilities
_READ_AT_ONCE = 250
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Renewed:
    """The new norms, how many people they come from, and what scoring anew changed."""

    norms: Norms
    people: int
    summary: Summary


def renew(scope: Scope, version: str, from_on: date, now: datetime, mapping: str | None = None) -> Renewed:
    """Make a new version of the norms from the valid sessions of the days before `from_on`, and score with it what was
    completed since. Versions that are there stay, and so do scores of earlier days. With a `mapping` the new norms are
    made for that version of the traits, which thereby comes into force.

    Raises NotAllowed, UnknownName, BadInput for a version that exists, a day that lies in the future, or where there is
    nobody in those days and no mapping to bring into force.
    """
    require(scope, "write")
    score(scope, now)
    start = datetime(from_on.year, from_on.month, from_on.day, tzinfo=UTC)
    with transaction(scope) as tx:
        stored.lock(tx, scope)
        rules = definitions(tx, scope)
        _check(version, from_on, rules, now)
        span = start - timedelta(days=rules.renorming.window_days), start
        values, groups = _people(tx, scope, span, rules)
        if not groups and mapping is None:
            raise BadInput(
                f"Norms `{version}`: found nobody with a valid session from {span[0].date()} until {from_on}; expected"
                " people to make norms of."
            )
        halves = _halves(tx, scope, span, rules)
        before = rules.norms_on(from_on - timedelta(days=1))
        before = replace(before, mapping=rules.mapping(mapping).version) if mapping else before
        made = rounded(renorm(values, groups, halves, before, rules, version, from_on))
        dataset = pack_datasets()["norms"]
        write_batch(tx, scope, Batch(dataset, f"norms {version}", columns_of_rows(dataset, norm_rows(made))))
        record(tx, scope, "renewed_norms", f"{dataset.qualified} {version}", {"people": len(groups)})
    return Renewed(made, len(groups), score(scope, now, since=start))


def _check(version: str, from_on: date, rules: Scoring, now: datetime) -> None:
    if not _VERSION.fullmatch(version):
        raise BadInput(f"Version {version!r}: expected letters, digits, dots and hyphens, like `2026-04`.")
    if version in {norms.version for norms in rules.norms}:
        raise BadInput(f"There are already norms `{version}`; a renewal is a new version.")
    if from_on > now.astimezone(UTC).date():
        raise BadInput(f"Norms from {from_on}: expected a day that is not in the future.")


def _people(tx: Transaction, scope: Scope, span: Span, rules: Scoring) -> tuple[Floats, list[str | None]]:
    """One row a person: the first valid value of each metric; and the norm groups."""
    place = {score.name: column for column, score in enumerate(rules.scores)}
    people, groups, values = [], [], []
    for person, group, metric, value in stored.person_values(tx, scope, span):
        if metric in place:
            row = np.full(len(place), np.nan)
            row[place[metric]] = value
            people.append(person)
            groups.append(group)
            values.append(row)
    return first_values(people, groups, values, len(place))


def _halves(tx: Transaction, scope: Scope, span: Span, rules: Scoring) -> dict[str, float]:
    found = sorted(stored.valid_sessions(tx, scope, span, MOST_FOR_HALVES), key=lambda one: one[1])
    dataset, parts = pack_datasets()["trials"], []
    for first in range(0, len(found), _READ_AT_ONCE):
        part = found[first : first + _READ_AT_ONCE]
        around = part[0][1] - timedelta(days=1), part[-1][2] + timedelta(days=1)
        parts.append(stored.trial_columns(tx, scope, dataset, [session for session, _, _ in part], around))
    if not parts:
        return {}
    return reliabilities(*half_values(read_trials(join_columns(parts)), rules), rules)
