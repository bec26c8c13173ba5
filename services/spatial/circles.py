"""Which circles of places are looked at, and is one of them high in a population?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Circles:
    """Of each place the others by distance, itself first; every beginning of such a row is a circle."""

    starts: Ints
    nearest: Ints
    distance: Floats  # in the unit of the positions

    @property
    def count(self) -> int:
        """How many circles there are."""
        return int(self.nearest.size)


@dataclass(frozen=True)
class Circle:
    """The most likely circle, and how likely chance would have made it."""

    places: list[int]
    radius: float  # in the unit of the positions
    observed: float
    expected: float
    ratio: float  # the log-likelihood ratio
    p: float
    looked_at: int


def circles(positions: Floats, weights: Floats, share: float = 0.5, radius: float = float("inf")) -> Circles:
    """Circles around each place, as long as they hold at most `share` of all weights and reach no farther than asked.

    `positions` are rows of coordinates, for degrees those of `earth.in_space`. The place itself is always there, even
    when it holds more.
    """
    total = float(weights.sum())
    starts, nearest, distance = [0], [], []
    for place in range(len(positions)):
        away = np.linalg.norm(positions - positions[place], axis=1)
        away[place] = -1.0
        order = np.argsort(away, kind="stable")
        held = np.cumsum(weights[order])
        kept = max(1, int(((held <= share * total * (1 + 1e-12)) & (away[order] <= radius)).sum()))
        nearest.append(order[:kept])
        distance.append(np.maximum(away[order[:kept]], 0.0))
        starts.append(starts[-1] + kept)
    return Circles(np.array(starts), np.concatenate(nearest), np.concatenate(distance))


def most_likely_circle(
    positions: Floats,
    cases: Floats,
    population: Floats,
    *,
    share: float = 0.5,
    replicas: int = 999,
    seed: int = 0,
) -> Circle | CannotTell:
    """The purely spatial scan of Kulldorff (1997) for high rates, with the Poisson model.

    Null hypothesis: cases fall on people wherever they live. Circles hold at most `share` of the population; p by Monte
    Carlo, cases dealt to places by population. On New York's leukaemia, with degrees taken as a plane, its ratio is
    SaTScan's 14.083511.
    """
    if cases.sum() < 2 or population.sum() <= 0:
        return CannotTell("There are fewer than two cases, or nobody who could be one.")
    found = circles(positions, population, share)
    total = float(cases.sum())
    expected = _sums(found, population) * total / float(population.sum())
    observed = _sums(found, cases)
    ratios = _ratios(observed, expected, total)
    best = int(ratios.argmax())
    rng = np.random.default_rng(seed)
    chances = population / population.sum()
    drawn = np.array([
        _ratios(_sums(found, rng.multinomial(int(total), chances).astype(np.float64)), expected, total).max()
        for _ in range(replicas)
    ])  # fmt: skip
    begin = int(found.starts[np.searchsorted(found.starts, best, side="right") - 1])
    p = (1 + int((drawn >= ratios[best] - 1e-12).sum())) / (replicas + 1)
    return Circle(
        found.nearest[begin : best + 1].tolist(), float(found.distance[best]), float(observed[best]),
        float(expected[best]), float(ratios[best]), p, found.count,
    )  # fmt: skip


def _sums(found: Circles, values: Floats) -> Floats:
    """The sum of values in each circle."""
    running = np.cumsum(values[found.nearest])
    before = np.concatenate([[0.0], running])[found.starts[:-1]]
    sums: Floats = running - np.repeat(before, np.diff(found.starts))
    return sums


def _ratios(observed: Floats, expected: Floats, total: float) -> Floats:
    """Kulldorff's log-likelihood ratio of each circle; 0 where there are not more than expected."""
    from scipy.special import xlogy

    inside = xlogy(observed, np.divide(observed, expected, out=np.ones(observed.shape), where=expected > 0))
    rest, left = total - observed, total - expected
    outside = xlogy(rest, np.divide(rest, left, out=np.ones(rest.shape), where=left > 0))
    return np.where(observed > expected, inside + outside, 0.0)
