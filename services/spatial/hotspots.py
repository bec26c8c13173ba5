"""Which places have high or low values around them, more than chance would?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.permuting import permute
from services.spatial.weights import Weights

Floats = NDArray[np.float64]
HOT, COLD, NEITHER = "hot", "cold", "not significant"
LEAST = 8


@dataclass(frozen=True)
class Hotspots:
    """Gi or Gi* of each place; NaN for a place that cannot have one."""

    z: Floats
    p: Floats  # two-sided, from the normal distribution
    q: Floats  # of p, by Benjamini and Hochberg over all places
    kind: list[str]  # hot, cold, not significant: by q and the sign of z
    p_sim: Floats | None  # two-sided, by conditional permutation
    star: bool


def hotspots(
    weights: Weights, values: Floats, *, star: bool = True, alpha: float = 0.05, permutations: int = 0, seed: int = 0
) -> Hotspots | CannotTell:
    """Getis-Ord Gi* (the place counts as its own neighbour) or Gi of each place, with binary weights.

    Null hypothesis: the values are spread over the places at random. z as in Ord and Getis (1995, equations 14.2 and
    14.3), p two-sided, q by Benjamini-Hochberg over all places with a z. With `permutations` also a pseudo p-value, for
    which the place keeps its value and its neighbours are drawn from the others. The normal approximation is poor
    where a place has few neighbours and values are skew: there trust p_sim. Equal to esda's G_Local with transform "B".
    """
    reason = unusable(weights, values)
    if reason:
        return CannotTell(reason)
    z = z_scores(weights, values, star)
    p = two_sided(z)
    q = false_discovery(p)
    drawn = permute(weights, values, permutations, seed).two_sided if permutations else None
    return Hotspots(z, p, q, kinds(z, q, alpha), drawn, star)


def unusable(weights: Weights, values: Floats) -> str:
    """Why nothing can be said about these values, or an empty text."""
    if values.size < LEAST:
        return f"Only {values.size} places have a value; at least {LEAST} are needed."
    if values.max() == values.min():
        return f"All {values.size} places have the same value, {values[0]:g}."
    if not weights.others.size:
        return "No place has a neighbour by this rule."
    return ""


def z_scores(weights: Weights, values: Floats, star: bool) -> Floats:
    """z of Gi* or Gi; NaN where it is not defined: Gi without a neighbour, or with all others as neighbours."""
    size = values.size
    # z does not change with the origin of the values, and sums around zero lose fewer digits
    x = values - values.mean()
    sums, squares = weights.sums(x), float((x * x).sum())
    if star:
        number, count = float(size), weights.counts + 1.0
        sums, mean = sums + x, np.zeros(size)
        variance = np.full(size, squares / size)
    else:
        number, count = size - 1.0, weights.counts.astype(np.float64)
        mean = -x / number
        variance = (squares - x * x) / number - mean * mean
    spread = np.sqrt(np.maximum(variance * count * (number - count) / (number - 1), 0.0))
    found: Floats = np.divide(sums - count * mean, spread, out=np.full(size, np.nan), where=spread > 0)
    return found


def two_sided(z: Floats) -> Floats:
    """Probability of a standard normal value at least as far from zero."""
    from scipy.special import ndtr

    found: Floats = np.minimum(2 * ndtr(-np.abs(z)), 1.0)
    return found


def false_discovery(p: Floats) -> Floats:
    """q-values of Benjamini and Hochberg (1995): the smallest false discovery rate at which each would be named.

    NaN stays NaN and does not count as a test.
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested])[::-1]]
    ranks = np.arange(order.size, 0, -1)
    q[order] = np.minimum(np.minimum.accumulate(p[order] * order.size / ranks), 1.0) if order.size else []
    return q


def kinds(z: Floats, q: Floats, alpha: float) -> list[str]:
    """hot, cold or not significant."""
    found: list[str] = np.where(~(q <= alpha), NEITHER, np.where(z > 0, HOT, COLD)).tolist()
    return found
