"""What traits follow from the metrics of some sessions, and how sure is each score?

A metric is standardised in the norm group (its logarithm where its scale says so), bounded at 4 deviations. A trait's
composite is the weighted sum of the metrics that are there, divided by the standard deviation that such a sum has when
its metrics correlate by `mean_r` on average. Scores are T scores: 50 + 10 composite, bounded to 10 to 90.

Reliability of the composite: Mosier 1943, Psychometrika 8:161-168. Standard error of measurement: SD sqrt(1 -
reliability), Lord and Novick 1968, Statistical Theories of Mental Test Scores. Percentiles are read between the points
of the norm group, on the scale of normal quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from services.assessment.definitions import PERCENTILES, Mapping, NormGroup, Norms, Score, Trait, TraitNorm
from services.assessment.trials import Floats

MEAN, SD = 50.0, 10.0
_MOST_Z = 4.0
_LOWEST, _HIGHEST = 10.0, 90.0
_Z_POINTS = ndtri(np.array(PERCENTILES) / 100)


@dataclass(frozen=True, slots=True)
class Traits:
    """Scores by session and trait of the mapping; NaN where too few metrics are there."""

    score: Floats
    se: Floats
    percentile: Floats
    reliability: Floats


def standardise(values: Floats, scores: Sequence[Score], group: NormGroup) -> Floats:
    """z of each metric (a column each) in a norm group; NaN without a norm, or without a logarithm."""
    found = np.full(values.shape, np.nan)
    for column, score in enumerate(scores):
        norm = group.metrics.get(score.name)
        if norm is None:
            continue
        raw = values[:, column]
        if score.scale == "log":
            raw = np.log(raw, out=np.full(len(raw), np.nan), where=raw > 0)
        found[:, column] = np.clip((raw - norm.mean) / norm.sd, -_MOST_Z, _MOST_Z)
    return found


def composite(z: Floats, weights: Floats, mean_r: float) -> tuple[Floats, Floats]:
    """The composite of each row in units of its own standard deviation, and the variance of its weighted sum."""
    there = ~np.isnan(z)
    sizes = np.abs(weights) * there
    squares = (sizes**2).sum(axis=1)
    variance = squares + mean_r * (sizes.sum(axis=1) ** 2 - squares)
    total = np.where(there, z * weights, 0.0).sum(axis=1)
    spread = np.sqrt(np.maximum(variance, 0.0))
    return np.divide(total, spread, out=np.full(len(z), np.nan), where=spread > 0), variance


def composite_reliability(there: Floats, weights: Floats, reliabilities: Floats, variance: Floats) -> Floats:
    """Mosier's reliability of a weighted sum of standardised metrics, between 0 and 1."""
    error = (there * weights**2 * (1 - reliabilities)).sum(axis=1)
    part = np.divide(error, variance, out=np.ones(len(variance)), where=variance > 0)
    found: Floats = np.clip(1 - part, 0.0, 1.0)
    return found


def percentiles(values: Floats, points: Sequence[float]) -> Floats:
    """Percentile of composites among the norm group's, 0.1 to 99.9; beyond the outer points the slope goes on."""
    x = np.asarray(points, float)
    inside = np.interp(values, x, _Z_POINTS)
    low = _Z_POINTS[0] + (values - x[0]) * (_Z_POINTS[1] - _Z_POINTS[0]) / (x[1] - x[0])
    high = _Z_POINTS[-1] + (values - x[-1]) * (_Z_POINTS[-1] - _Z_POINTS[-2]) / (x[-1] - x[-2])
    z = np.where(values < x[0], low, np.where(values > x[-1], high, inside))
    found: Floats = np.clip(ndtr(z) * 100, 0.1, 99.9)
    return found


def score_traits(values: Floats, scores: Sequence[Score], mapping: Mapping, group: NormGroup) -> Traits:
    """Traits of sessions of one norm group from their valid metrics."""
    z = standardise(values, scores, group)
    columns = [_score_trait(z, scores, trait, group) for trait in mapping.traits]
    return Traits(*(np.stack([column[part] for column in columns], axis=1) for part in range(4)))


def _score_trait(
    z: Floats, scores: Sequence[Score], trait: Trait, group: NormGroup
) -> tuple[Floats, Floats, Floats, Floats]:
    place = {score.name: number for number, score in enumerate(scores)}
    mine = z[:, [place[name] for name, _ in trait.weights]]
    weights = np.array([weight for _, weight in trait.weights])
    there = (~np.isnan(mine)).astype(float)
    norm = group.traits.get(trait.name, TraitNorm(0, 0.0, tuple(_Z_POINTS)))
    value, variance = composite(mine, weights, norm.mean_r)
    reliabilities = np.array([_reliability(group, name) for name, _ in trait.weights])
    reliability = composite_reliability(there, weights, reliabilities, variance)
    sizes = np.abs(weights)
    enough = there @ sizes >= trait.least_weight * sizes.sum() - 1e-9
    value = np.where(enough, value, np.nan)
    score = np.clip(MEAN + SD * value, _LOWEST, _HIGHEST)
    error = np.where(enough, SD * np.sqrt(1 - reliability), np.nan)
    return score, error, percentiles(value, norm.points), np.where(enough, reliability, np.nan)


def _reliability(group: NormGroup, metric: str) -> float:
    norm = group.metrics.get(metric)
    return norm.reliability if norm else 0.0


def score_groups(
    values: Floats, groups: Sequence[str | None], norms: Norms, scores: Sequence[Score], mapping: Mapping
) -> Traits:
    """Traits of sessions of several norm groups, each by its own norms."""
    shape = (len(groups), len(mapping.traits))
    found = Traits(*(np.full(shape, np.nan) for _ in range(4)))
    names = np.array([norms.group(group).name for group in groups], dtype=object)
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name)
        part = score_traits(values[rows], scores, mapping, norms.groups[name])
        for field in ("score", "se", "percentile", "reliability"):
            getattr(found, field)[rows] = getattr(part, field)
    return found
