"""Which hotspots, cases or inspections become stops, and with what service time and priority?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.routing.plans import Place, Stop, StopKind

SERVICE_S: dict[StopKind, int] = {"hotspot": 20 * 60, "case": 15 * 60, "inspection": 45 * 60}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that could be visited; `score` is what makes it urgent (a hotspot's z, a case's age in days, a risk)."""

    id: str
    lat: float
    lon: float
    score: float
    name: str = ""
    due_on: date | None = None
    skills: frozenset[str] = frozenset()


def choose(candidates: Sequence[Candidate], kind: StopKind, most: int, on: date, road: str = "urban") -> list[Stop]:
    """The `most` urgent candidates as stops: what is due by the day first, then by score.

    Priority is 5 when due by the day, otherwise 4 to 1 by quarter of the scores among those chosen.
    """
    ranked = sorted(candidates, key=lambda one: (not _is_due(one, on), -one.score, one.id))[:most]
    waiting = [one for one in ranked if not _is_due(one, on)]
    quarter = {one.id: 4 - (4 * number) // len(waiting) for number, one in enumerate(waiting)}
    return [
        Stop(
            one.id, Place(one.lat, one.lon, road), SERVICE_S[kind], priority=quarter.get(one.id, 5),
            skills=one.skills, name=one.name, kind=kind,
        )
        for one in ranked
    ]  # fmt: skip


def _is_due(one: Candidate, on: date) -> bool:
    return one.due_on is not None and one.due_on <= on
