"""Do like values lie beside like, over the whole map and around each place?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.hotspots import false_discovery, two_sided, unusable
from services.spatial.permuting import permute
from services.spatial.weights import Weights

Floats = NDArray[np.float64]
_BATCH = 64
_QUADRANTS = np.array(["low-low", "low-high", "high-low", "high-high"])


@dataclass(frozen=True)
class Moran:
    """Moran's I, what is expected of it by chance, and how far it is from there."""

    I: float  # noqa: E741  # the field's own name
    expected: float
    z: float  # under randomisation
    p: float  # two-sided, of z
    z_normal: float  # under normality
    p_sim: float | None  # the smaller tail of the permutations
    z_sim: float | None


@dataclass(frozen=True)
class Geary:
    """Geary's C: below one where neighbours are alike, above where they differ."""

    C: float
    z: float  # under randomisation; positive where neighbours are alike
    p: float  # two-sided, of z


@dataclass(frozen=True)
class LocalMoran:
    """Local Moran's I of each place; NaN for a place without a neighbour."""

    values: Floats
    quadrant: list[str]  # the place and its neighbours against the mean: high-high, low-high, ...
    p_sim: Floats  # two-sided, by conditional permutation
    q: Floats  # of p_sim, by Benjamini and Hochberg


def moran(
    weights: Weights, values: Floats, *, standardised: bool = True, permutations: int = 999, seed: int = 0
) -> Moran | CannotTell:
    """Moran's I with rows that add up to one (or binary weights).

    Null hypothesis: the values are spread over the places at random. Moments under normality and under randomisation
    as in Cliff and Ord (1981, pages 42 to 46). p_sim is one-sided, in the direction observed, as esda's and GeoDa's.
    Equal to esda's Moran with transformation "R" (or "B").
    """
    reason = unusable(weights, values)
    if reason:
        return CannotTell(reason)
    matrix = weights.matrix(standardised)
    sums, x, n = _Sums.of(matrix), values - values.mean(), values.size
    scale = n / (sums.s0 * float(x @ x))
    found, expected = scale * float(x @ (matrix @ x)), -1 / (n - 1)
    normal, random = _moran_variances(sums, n, _kurtosis(x))
    z = (found - expected) / np.sqrt(random)
    p_sim = z_sim = None
    if permutations:
        drawn = scale * _shuffled(matrix, x, permutations, np.random.default_rng(seed))
        tail = int(min((drawn >= found).sum(), (drawn < found).sum()))
        p_sim, z_sim = (tail + 1) / (permutations + 1), float((found - drawn.mean()) / drawn.std())
    away = (found - expected) / np.sqrt(normal)
    return Moran(found, expected, float(z), float(two_sided(np.array(z))), float(away), p_sim, z_sim)


def geary(weights: Weights, values: Floats, *, standardised: bool = True) -> Geary | CannotTell:
    """Geary's C with rows that add up to one (or binary weights).

    Null hypothesis: the values are spread over the places at random, which makes C one on average. Variance under
    randomisation as in Cliff and Ord (1981). Equal to esda's Geary with transformation "r" (or "b").
    """
    reason = unusable(weights, values)
    if reason:
        return CannotTell(reason)
    matrix = weights.matrix(standardised)
    sums, x, n = _Sums.of(matrix), values - values.mean(), values.size
    apart = float((matrix.data * (x[weights.rows] - x[weights.others]) ** 2).sum())
    found = (n - 1) * apart / (2 * sums.s0 * float(x @ x))
    z = (1 - found) / np.sqrt(_geary_variance(sums, n, _kurtosis(x)))
    return Geary(found, float(z), float(two_sided(np.array(z))))


def local_moran(weights: Weights, values: Floats, *, permutations: int = 999, seed: int = 0) -> LocalMoran | CannotTell:
    """Local Moran's I (Anselin 1995) with rows that add up to one.

    Null hypothesis for each place: the values of its neighbours are drawn at random from all other places. Equal to
    esda's Moran_Local; p_sim is two-sided here.
    """
    reason = unusable(weights, values)
    if reason:
        return CannotTell(reason)
    x = values - values.mean()
    lag = weights.sums(x) / np.where(weights.counts > 0, weights.counts, np.nan)
    found = (values.size - 1) * x * lag / float(x @ x)
    p_sim = permute(weights, values, permutations, seed).two_sided
    quadrant = _QUADRANTS[2 * (x > 0) + (lag > 0)].tolist()
    return LocalMoran(found, quadrant, p_sim, false_discovery(p_sim))


@dataclass(frozen=True)
class _Sums:
    """S0, S1 and S2 of a weights matrix, in the notation of Cliff and Ord."""

    s0: float
    s1: float
    s2: float

    @classmethod
    def of(cls, matrix: Any) -> _Sums:
        both = matrix + matrix.T
        ends = np.asarray(matrix.sum(axis=0)).ravel() + np.asarray(matrix.sum(axis=1)).ravel()
        return cls(float(matrix.sum()), float((both.data**2).sum() / 2), float((ends**2).sum()))


def _kurtosis(x: Floats) -> float:
    return float((x**4).mean() / (x**2).mean() ** 2)


def _moran_variances(sums: _Sums, n: int, b2: float) -> tuple[float, float]:
    s0, s1, s2 = sums.s0**2, sums.s1, sums.s2
    square = 1 / (n - 1) ** 2
    normal = (n * n * s1 - n * s2 + 3 * s0) / (s0 * (n * n - 1)) - square
    first = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0)
    second = b2 * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0)
    return normal, (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0) - square


def _geary_variance(sums: _Sums, n: int, b2: float) -> float:
    s0, s1, s2 = sums.s0**2, sums.s1, sums.s2
    first = (n - 1) * s1 * (n * n - 3 * n + 3 - (n - 1) * b2)
    second = (n - 1) * s2 * (n * n + 3 * n - 6 - (n * n - n + 2) * b2) / 4
    third = s0 * (n * n - 3 - (n - 1) ** 2 * b2)
    return (first - second + third) / (n * (n - 2) * (n - 3) * s0)


def _shuffled(matrix: Any, x: Floats, permutations: int, rng: np.random.Generator) -> Floats:
    """x' W x for values spread anew, several at a time."""
    parts = []
    for begin in range(0, permutations, _BATCH):
        count = min(_BATCH, permutations - begin)
        mixed = rng.permuted(np.broadcast_to(x, (count, x.size)), axis=1).T
        parts.append(np.einsum("ij,ij->j", mixed, matrix @ mixed))
    return np.concatenate(parts)
