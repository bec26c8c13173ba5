"""Who was recommended how often, by group, in a span of time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.errors import unknown
from data.types import CannotTell, MetricQuery, Scope, TimeRange
from services.assessment.fairness import Impact, adverse_impact
from services.metrics import answer
from services.people import require

DIMENSIONS = ("gender", "age_group", "norm_group", "setting", "device", "battery")
ASSESSED, RECOMMENDED = "assessment.candidates", "assessment.recommended"


@dataclass(frozen=True, slots=True)
class Fairness:
    """The four-fifths check of the groups of one dimension; `impacts` says why where there is none."""

    dimension: str
    range: TimeRange
    impacts: list[Impact] | CannotTell


def fairness(scope: Scope, dimension: str, range: TimeRange, now: datetime, confidence: float = 0.95) -> Fairness:
    """The four-fifths check of the sessions that ended in the range. Sessions without a group are left out.

    Raises NotAllowed (the groups are personal data) and UnknownName.
    """
    require(scope, "personal")
    if dimension not in DIMENSIONS:
        raise unknown("dimension", dimension, DIMENSIONS, listed=True)
    query = MetricQuery((ASSESSED, RECOMMENDED), range, by=(dimension,))
    found = answer(scope, [query], now)[0]
    counts = {
        str(row[dimension]): (int(row[ASSESSED] or 0), int(row[RECOMMENDED] or 0))
        for row in found.rows
        if row.get(dimension) is not None
    }
    return Fairness(dimension, range, adverse_impact(counts, confidence))
