"""Days on one straight road, where times can be added up by hand: places are minutes from the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from services.routing.plans import Break, Day, Officer, Place, Stop, Travel

NOWHERE = Place(0.0, 0.0)


def minutes(*values: float) -> list[int]:
    """Minutes as seconds."""
    return [round(60 * value) for value in values]


def stop(code: str, takes: float = 10, opens: float = 0, closes: float = 2880, **more: Any) -> Stop:
    """A stop, in minutes after midnight."""
    service, opens_s, closes_s = minutes(takes, opens, closes)
    return Stop(code, NOWHERE, service, opens_s, closes_s, **more)


def officer(
    code: str, starts: float = 0, ends: float = 480, rests: Sequence[tuple[float, float, float]] = (), **more: Any
) -> Officer:
    """An officer based at 0; a rest is opens, latest, lasts."""
    from_s, to_s = minutes(starts, ends)
    return Officer(code, NOWHERE, NOWHERE, from_s, to_s, tuple(Break(*minutes(*rest)) for rest in rests), **more)


def road(stops: Sequence[tuple[float, Stop]], officers: Sequence[Officer], **more: Any) -> Day:
    """The day: each stop with its minutes from the base; a minute is a kilometre."""
    at = np.array([position for position, _ in stops] + [0.0] * 2 * len(officers))
    apart = np.abs(at[:, None] - at[None, :])
    travel = Travel(np.rint(apart * 60).astype(np.int64), np.rint(apart * 1000).astype(np.int64), "a straight road")
    return Day(tuple(one for _, one in stops), tuple(officers), travel, **more)


def longer(day: Day, number: int, extra_s: int) -> Day:
    """The day with one officer's shift longer by so much."""
    crew = list(day.officers)
    crew[number] = replace(crew[number], to_s=crew[number].to_s + extra_s)
    return replace(day, officers=tuple(crew))
