"""How high is a rate really, where few people live; and did it change from one period to the next?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.hotspots import false_discovery, two_sided

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothed:
    """Raw and shrunken rates of places; NaN where there is no exposure and so no raw rate."""

    raw: Floats
    smoothed: Floats
    weight: Floats  # of the raw rate in the smoothed one, 0 to 1
    mean: float  # towards which rates are drawn
    variance: float  # between places, beyond chance; 0 when chance explains all


@dataclass(frozen=True)
class Difference:
    """From a first period to a second; NaN for a place without exposure in one of them or events in both."""

    ratio: Floats  # of rates, second over first; infinite where the first had no events
    low: Floats  # of a 95 % interval of the ratio
    high: Floats
    p: Floats  # two-sided
    q: Floats


def smooth(events: Floats, exposure: Floats) -> Smoothed | CannotTell:
    """Empirical-Bayes rates by the moments of Marshall (1991, global), as PySAL's and GeoDa's.

    mean = all events / all exposure; variance = weighted variance of the raw rates less mean / mean exposure, at least
    0; each rate is drawn to the mean by variance / (variance + mean / exposure). Without exposure it is the mean.
    """
    total = float(exposure.sum())
    if total <= 0 or events.sum() <= 0:
        return CannotTell("There are no events, or nothing that is exposed to them.")
    known = exposure > 0
    raw = np.divide(events, exposure, out=np.full(events.shape, np.nan), where=known)
    mean = float(events.sum()) / total
    spread = float((exposure[known] * (raw[known] - mean) ** 2).sum()) / total
    variance = max(spread - mean / (total / exposure.size), 0.0)
    weight = np.divide(variance * exposure, variance * exposure + mean)
    return Smoothed(raw, mean + weight * np.where(known, raw - mean, 0.0), weight, mean, variance)


def difference(
    first: Floats, second: Floats, exposed_first: Floats | float, exposed_second: Floats | float
) -> Difference:
    """Change of the rate of counts of each place, with its significance.

    Null hypothesis: events fall on the two periods as their exposure (days, people times days, km) does. Conditional
    exact test of two Poisson rates (Przyborowski and Wilenski 1940): the second count is binomial of the sum; p is
    twice the smaller tail with half of the point's own probability (mid-p). The interval is Clopper and Pearson's,
    which covers at least 95 %. q by Benjamini-Hochberg over all places.
    """
    from scipy.stats import beta, binom

    before, after = np.broadcast_to(exposed_first, first.shape), np.broadcast_to(exposed_second, first.shape)
    count = first + second
    known = (before > 0) & (after > 0) & (count > 0)
    share = np.divide(after, before + after, out=np.full(first.shape, np.nan), where=known)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = before / after
        own = binom.pmf(second, count, share) / 2
        tail = np.minimum(binom.cdf(second, count, share), binom.sf(second - 1, count, share)) - own
        low = np.where(second > 0, beta.ppf(0.025, second, first + 1), 0.0)
        high = np.where(first > 0, beta.ppf(0.975, second + 1, first), 1.0)
        bounds = [scale * bound / (1 - bound) for bound in (low, high)]
        ratio = scale * second / first
    p = np.where(known, np.minimum(2 * tail, 1.0), np.nan)
    hidden = [np.where(known, part, np.nan) for part in (ratio, *bounds)]
    return Difference(hidden[0], hidden[1], hidden[2], p, false_discovery(p))


def over_represented(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Which categories (columns) are more frequent at a place (row) than elsewhere: lift, z and q of each pair.

    Lift is the observed count over the one expected if place and category had nothing to do with each other; z is the
    adjusted residual of Haberman (1973); q is of its two-sided p over all pairs with an expected count of at least 1,
    by Benjamini-Hochberg, and NaN for the others, for which the normal approximation says nothing.
    """
    total = table.sum()
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    expected = rows * columns / max(total, 1e-300)
    spread = np.sqrt(expected * (1 - rows / max(total, 1e-300)) * (1 - columns / max(total, 1e-300)))
    nothing = np.full(table.shape, np.nan)
    lift: Floats = np.divide(table, expected, out=nothing.copy(), where=expected > 0)
    z: Floats = np.divide(table - expected, spread, out=nothing.copy(), where=spread > 0)
    p = np.where(expected >= 1, two_sided(z), np.nan)
    return lift, z, false_discovery(p.ravel()).reshape(p.shape)
