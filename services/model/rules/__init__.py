"""Which rules must a pack obey? One a file; this table is the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.model.drafts import Draft
from services.model.problems import Problem
from services.model.rules import (
    additivity,
    comparisons,
    cycles,
    derived,
    duplicates,
    entities,
    exposures,
    flags,
    keeping,
    keys,
    measures,
    names,
    owners,
    percentiles,
    references,
    reserved,
    shapes,
    sources,
    subscriptions,
    targets,
    times,
    tracking,
    units,
)

Rule = Callable[[Draft], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    names.check,
    reserved.check,
    duplicates.check,
    keys.check,
    times.check,
    measures.check,
    flags.check,
    derived.check,
    shapes.check,
    references.check,
    comparisons.check,
    percentiles.check,
    additivity.check,
    cycles.check,
    exposures.check,
    units.check,
    targets.check,
    owners.check,
    subscriptions.check,
    sources.check,
    tracking.check,
    entities.check,
    keeping.check,
)
