"""What are the norms now, given the people of the last months and the norms before?

Adaptive: the norms before count as `prior_people` people of their own distribution, so that small groups move slowly
and large ones follow the data. Means and variances are those of the two samples taken together; the points of a
composite are averaged quantile by quantile (Vincent averaging; Ratcliff 1979, Psychological Bulletin 86:446-461).
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from collections.abc import Sequence
from datetime import date

import numpy as np

from services.assessment.definitions import (
    EVERYBODY,
    PERCENTILES,
    MetricNorm,
    NormGroup,
    Norms,
    Score,
    Scoring,
    Trait,
    TraitNorm,
)
from services.assessment.traits import composite, standardise
from services.assessment.trials import Floats

UNKNOWN = TraitNorm(0, 0.2, (-1.645, -1.282, -0.674, 0.0, 0.674, 1.282, 1.645))
"""Of a trait that had no norm before: normal, its metrics hanging together a little."""
_UNKNOWN_RELIABILITY = 0.5


def pooled(n: int, mean: float, sd: float, prior: MetricNorm, prior_people: int) -> tuple[float, float]:
    """Mean and standard deviation of n people together with `prior_people` of the norms before."""
    total = n + prior_people
    middle = (n * mean + prior_people * prior.mean) / total
    spread = n * (sd**2 + (mean - middle) ** 2) + prior_people * (prior.sd**2 + (prior.mean - middle) ** 2)
    return middle, float(np.sqrt(spread / total))


def renorm(
    values: Floats, groups: Sequence[str | None], reliable: Named[str, float], before: Norms, scoring: Scoring,
    version: str, from_on: date,
) -> Norms:  # fmt: skip
    """New norms from one row of valid metrics a person, the norm group of each, and reliabilities by metric."""
    names = np.array([group or EVERYBODY for group in groups], dtype=object)
    made = {
        name: _group(values if name == EVERYBODY else values[names == name], reliable, group, before, scoring)
        for name, group in before.groups.items()
    }
    return Norms(version, from_on, before.mapping, made)


def _group(values: Floats, reliable: Named[str, float], prior: NormGroup, before: Norms, scoring: Scoring) -> NormGroup:
    made = {
        score.name: _metric(_on_scale(values[:, column], score), score, prior, reliable, scoring)
        for column, score in enumerate(scoring.scores)
    }
    metrics = {name: norm for name, norm in made.items() if norm is not None}
    group = NormGroup(prior.name, prior.title, metrics, prior.traits)
    z = standardise(values, scoring.scores, group)
    mapping = scoring.mapping(before.mapping)
    traits = {trait.name: _trait(z, trait, prior.traits.get(trait.name, UNKNOWN), scoring) for trait in mapping.traits}
    return NormGroup(prior.name, prior.title, metrics, traits)


def _on_scale(values: Floats, score: Score) -> Floats:
    known = values[~np.isnan(values)]
    return np.log(known[known > 0]) if score.scale == "log" else known


def _metric(
    values: Floats, score: Score, group: NormGroup, reliable: Named[str, float], scoring: Scoring
) -> MetricNorm | None:
    """The new norm, the one before where there are too few people, or None where there was none either."""
    rules, prior = scoring.renorming, group.metrics.get(score.name)
    n = len(values)
    if n < max(rules.least_people, 2) or values.std() == 0:
        return prior
    own = float(values.mean()), float(values.std(ddof=1))
    if prior is None:
        return MetricNorm(n, *own, reliable.get(score.name, _UNKNOWN_RELIABILITY))
    mean, sd = pooled(n, *own, prior, rules.prior_people)
    seen = reliable.get(score.name, prior.reliability)
    reliability = (n * seen + rules.prior_people * prior.reliability) / (n + rules.prior_people)
    return MetricNorm(n, mean, sd, reliability)


def mean_correlation(z: Floats, signs: Floats, least: int) -> float | None:
    """Mean correlation of the columns, each turned by its sign, over pairs that enough people have, or None."""
    found = []
    for one in range(z.shape[1]):
        for other in range(one + 1, z.shape[1]):
            x, y = z[:, one], z[:, other]
            both = ~np.isnan(x) & ~np.isnan(y)
            if both.sum() >= least and x[both].std() > 0 and y[both].std() > 0:
                found.append(float(np.corrcoef(x[both], y[both])[0, 1] * signs[one] * signs[other]))
    return sum(found) / len(found) if found else None


def _trait(z: Floats, trait: Trait, prior: TraitNorm, scoring: Scoring) -> TraitNorm:
    rules = scoring.renorming
    place = {score.name: number for number, score in enumerate(scoring.scores)}
    weights = np.array([weight for _, weight in trait.weights])
    mine = z[:, [place[name] for name, _ in trait.weights]]
    seen = mean_correlation(mine, np.sign(weights), rules.least_people)
    sizes = np.abs(weights)
    enough = (~np.isnan(mine)).astype(float) @ sizes >= trait.least_weight * sizes.sum() - 1e-9
    n = int(enough.sum())
    if n < rules.least_people:
        return prior
    share = n / (n + rules.prior_people)
    mean_r = prior.mean_r if seen is None else share * seen + (1 - share) * prior.mean_r
    values, _ = composite(mine[enough], weights, mean_r)
    points = share * np.percentile(values, PERCENTILES) + (1 - share) * np.array(prior.points)
    return TraitNorm(n, mean_r, tuple(float(point) for point in np.maximum.accumulate(points + _RISING)))


_RISING = np.arange(len(PERCENTILES)) * 1e-9  # equal points would leave no slope between them


def first_values(
    people: Sequence[str], groups: Sequence[str | None], values: Sequence[Floats], columns: int
) -> tuple[Floats, list[str | None]]:
    """One row a person: of each metric the first value there is, in the order given; and the group given first."""
    rows: dict[str, int] = {}
    of: list[str | None] = []
    table: list[Floats] = []
    for person, group, found in zip(people, groups, values, strict=True):
        if person not in rows:
            rows[person] = len(table)
            table.append(np.full(columns, np.nan))
            of.append(group)
        kept = table[rows[person]]
        missing = np.isnan(kept)
        kept[missing] = found[missing]
    return np.array(table).reshape(-1, columns), of
