"""Where have more events come lately than place and day alone explain, and how often would chance do that?"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.formats import grouped
from services.spatial.circles import Circles, circles
from services.spatial.earth import arc, chord, in_space
from services.spatial.scanning import best_of_each, replicas

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LEAST_EVENTS = 10


@dataclass(frozen=True)
class Scanning:
    """How cylinders are drawn and tested."""

    longest_days: int = 14
    radius_m: float = float("inf")
    share: float = 0.5  # of all events that a circle may hold
    least: int = 3  # events of a cylinder
    alive: bool = True  # only cylinders that last to the last day
    replicas: int = 999
    seed: int = 0
    every_days: float = 1.0  # how often the analysis is run, for the recurrence interval
    between: tuple[int, int] | None = None  # the first and last day that are looked at, else those of events


@dataclass(frozen=True)
class Cylinder:
    """A cluster in space and time."""

    places: list[int]  # the centre first
    radius_m: float
    first_day: int
    last_day: int
    observed: int
    expected: float
    ratio: float  # the log-likelihood ratio
    p: float
    recurrence_days: float | None  # none for clusters of the past, which were not looked for day by day

    @property
    def says(self) -> str | None:
        """How rare it is, in words."""
        if self.recurrence_days is None:
            return None
        return f"such a cluster would arise by chance once in {spelled(self.recurrence_days)}"


@dataclass(frozen=True)
class Scanned:
    """Clusters that share no place, the most likely first; and how much was looked at."""

    clusters: list[Cylinder]
    cylinders: int
    events: int
    days: int


def scan(lat: Floats, lon: Floats, place: Ints, day: Ints, wanted: Scanning) -> Scanned | CannotTell:
    """The space-time permutation scan of Kulldorff et al. (2005, PLoS Medicine 2:e59).

    `lat` and `lon` are of places; each event has the number of its `place` and its `day`. Null hypothesis: which days a
    place's events fall on has nothing to do with where it is. Expected in a cylinder: events of its places times events
    of its days over all events. p: the share of replicas, with days dealt to events anew, whose largest ratio is at
    least as large, the observed one counted in; so it holds for all cylinders looked at together. Recurrence interval:
    days between analyses over p. Only more events than expected are clusters.
    """
    if day.size < _LEAST_EVENTS:
        return CannotTell(f"Only {day.size} events; at least {_LEAST_EVENTS} are needed.")
    first, last = wanted.between or (int(day.min()), int(day.max()))
    days = last - first + 1
    if days < 2 or lat.size < 2:
        return CannotTell("All events are of one day, or at one place.")
    if lat.size * days > 50_000_000:
        return CannotTell(
            f"{grouped(lat.size)} places times {grouped(days)} days are too many; take larger cells or fewer days."
        )
    longest, when = min(wanted.longest_days, days - 1), np.ascontiguousarray(day - first)
    weights = np.bincount(place, minlength=lat.size).astype(np.float64)
    drawn = circles(in_space(lat, lon), weights, wanted.share, chord(wanted.radius_m))
    tails = np.sort(_replicated(np.ascontiguousarray(place), when, drawn, days, longest, wanted))
    counts = np.zeros((lat.size, days), np.int64)
    np.add.at(counts, (place, when), 1)
    best, expected, found = np.zeros(lat.size), np.zeros(lat.size), np.zeros(4 * lat.size, np.int64)
    best_of_each(
        counts, drawn.starts, drawn.nearest, longest, wanted.least, day.size, int(wanted.alive), best, expected, found
    )
    clusters = _apart(drawn, best, expected, found, tails, first, wanted)
    return Scanned(clusters, drawn.count * _windows(days, longest, wanted.alive), int(day.size), days)


def _apart(
    drawn: Circles, best: Floats, expected: Floats, found: Ints, tails: Floats, first: int, wanted: Scanning
) -> list[Cylinder]:
    """The best cylinder of each centre, from the most likely on, without those that share a place with a better one."""
    clusters: list[Cylinder] = []
    taken: set[int] = set()
    for centre in np.argsort(-best, kind="stable").tolist():
        size, begin, length, count = found[4 * centre : 4 * centre + 4].tolist()
        start = int(drawn.starts[centre])
        members = drawn.nearest[start : start + size].tolist()
        if best[centre] <= 0 or taken.intersection(members):
            continue
        taken.update(members)
        above = tails.size - int(np.searchsorted(tails, best[centre] - 1e-9))
        radius_m = float(arc(drawn.distance[start + size - 1 : start + size])[0])
        p = (1 + above) / (wanted.replicas + 1)
        clusters.append(
            Cylinder(
                members, radius_m, first + begin, first + begin + length - 1, count,
                float(expected[centre]), float(best[centre]), p, wanted.every_days / p if wanted.alive else None,
            )
        )  # fmt: skip
    return clusters


def _windows(days: int, longest: int, alive: bool) -> int:
    return longest if alive else sum(min(end, longest) for end in range(1, days + 1))


def _replicated(place: Ints, day: Ints, drawn: Circles, days: int, longest: int, wanted: Scanning) -> Floats:
    best = np.zeros(wanted.replicas)
    threads = min(os.cpu_count() or 1, max(1, wanted.replicas // 50))
    edges = np.linspace(0, wanted.replicas, threads + 1).astype(int).tolist()

    def part(number: int) -> None:
        replicas(
            place, day, drawn.starts, drawn.nearest, days, longest, wanted.least, int(wanted.alive), wanted.seed,
            edges[number], edges[number + 1], best,
        )  # fmt: skip

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))
    return best


def spelled(days: float) -> str:
    """A number of days in the unit a person would use: `14 months`."""
    for limit, unit, length in ((14, "day", 1.0), (60, "week", 7.0), (730, "month", 365.25 / 12)):
        if days < limit:
            count = max(1, round(days / length))
            return f"{count} {unit}{'s' if count > 1 else ''}"
    years = days / 365.25
    return f"{years:.{1 if years < 10 else 0}f} years"
