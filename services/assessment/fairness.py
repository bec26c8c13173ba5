"""Is one group recommended much less often than another?

Four-fifths rule (Uniform Guidelines on Employee Selection Procedures 1978, 29 CFR 1607.4 D): the selection rate of each
group divided by the highest one is at least 0.8. The ratio of two small samples says little by itself, so it comes with
an interval on the logarithmic scale (Katz et al. 1978, Biometrics 34:469-474; for adverse impact Morris and Lobsenz
2000, Personnel Psychology 53:89-111). Where nobody or everybody of a group was recommended, 0.5 is added to each
cell of the two groups for the interval (Haldane 1956, Annals of Human Genetics 20:309-311).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Literal

from scipy.special import ndtri

from data.types import CannotTell

FOUR_FIFTHS = 0.8
LEAST_PEOPLE = 5
Verdict = Literal["reference", "no sign", "possible", "shown"]


@dataclass(frozen=True, slots=True)
class Impact:
    """One group: how many were assessed and recommended, its rate, the ratio to the highest rate with its interval.

    `shown`: ratio and whole interval lie below four fifths. `possible`: the ratio does, the interval does not.
    """

    group: str
    assessed: int
    recommended: int
    rate: float
    ratio: float
    low: float
    high: float
    verdict: Verdict


def risk_ratio(a: int, m: int, b: int, n: int, confidence: float = 0.95) -> tuple[float, float, float]:
    """(a/m) / (b/n) with its two-sided Katz interval; b above 0. An interval that touches 0 or infinity is avoided."""
    ratio = (a / m) / (b / n)
    x, p, y, q = (float(v) for v in (a, m, b, n))
    if a in (0, m) or b in (0, n):
        x, p, y, q = x + 0.5, p + 1, y + 0.5, q + 1
    spread = sqrt((1 - x / p) / x + (1 - y / q) / y) * float(ndtri(0.5 + confidence / 2))
    middle = log((x / p) / (y / q))
    return ratio, min(ratio, exp(middle - spread)), max(ratio, exp(middle + spread))


def adverse_impact(counts: Mapping[str, tuple[int, int]], confidence: float = 0.95) -> list[Impact] | CannotTell:
    """The four-fifths check of groups given as (assessed, recommended); the highest rate is the reference.

    Groups of fewer than LEAST_PEOPLE are left out. Rates are compared as they are; the interval alone knows chance.
    """
    large = {group: pair for group, pair in counts.items() if pair[0] >= LEAST_PEOPLE}
    if len(large) < 2:
        return CannotTell(f"Fewer than two groups have {LEAST_PEOPLE} people or more who were assessed.")
    rates = {group: recommended / assessed for group, (assessed, recommended) in large.items()}
    reference = max(rates, key=lambda group: (rates[group], large[group][0]))
    if rates[reference] == 0:
        return CannotTell("Nobody was recommended.")
    n, b = large[reference]
    found = []
    for group in sorted(large, key=lambda group: (group != reference, rates[group])):
        m, a = large[group]
        if group == reference:
            found.append(Impact(group, m, a, rates[group], 1.0, 1.0, 1.0, "reference"))
            continue
        ratio, low, high = risk_ratio(a, m, b, n, confidence)
        found.append(Impact(group, m, a, rates[group], ratio, low, high, _verdict(ratio, high)))
    return found


def _verdict(ratio: float, high: float) -> Verdict:
    if ratio >= FOUR_FIFTHS:
        return "no sign"
    return "shown" if high < FOUR_FIFTHS else "possible"
