"""Did it work: how much did an intervention change, and could chance have done the same?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.types import CannotTell
from services.formats import share
from services.impact.synthetic import Floats, Synthetic, fit

MOST_PLACEBOS = 199
FEWEST_BEFORE = 8
FEWEST_PLACEBOS = 19  # with fewer no result can be rarer by chance than 1 in 20
WORST_FIT = 0.25
PLACEBO_FIT = 5.0
LEAST_WEIGHT = 1e-4  # what weighs less is not in the mixture


@dataclass(frozen=True, slots=True)
class Trial:
    """How places did that were treated, or taken as if: the effect, the errors before and after, and their ratio.

    `places` are numbers of donors, none for the treated ones. Placebos that fit much worse than the treated places are
    not compared with them.
    """

    places: tuple[int, ...]
    effect: float
    error_before: float
    error_after: float
    ratio: float
    is_compared: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What an intervention did to the mean treated place, by period.

    `effect` is the mean difference per place and period from the synthetic control, `low` and `high` its 95 % interval,
    `relative` the same as a share of what would have been. `p` is two-sided: the share of placebos (with the treated)
    whose error after over error before is at least as large. `fit` is the error before over the mean before. `controls`
    are the names of all donors, `weights` those of the mixture; `trials` are of the treated places and all placebos.
    """

    effect: float
    low: float
    high: float
    relative: float
    p: float
    fit: float
    placebos: int
    actual: Floats
    synthetic: Floats
    weights: dict[str, float]
    controls: tuple[str, ...]
    trials: tuple[Trial, ...]


def did_it_work(
    outcomes: Floats, names: Sequence[str], treated: Sequence[int], before: int, rng: np.random.Generator
) -> Effect | CannotTell:
    """The effect on the `treated` rows of `outcomes` (places by periods), which began after `before` periods.

    Treated places are taken as their mean; the other rows are donors, so leave out places that the intervention spilt
    over to. Null hypothesis: no effect. Placebos are groups of donors of the same size (all single donors for one
    treated place, else random groups from `rng`), each fitted from the remaining donors; those that fit more than five
    times as badly before are left out (Abadie, Diamond and Hainmueller 2010, figures 6 and 7). The interval is the
    effect less the 2.5 % and 97.5 % quantiles of the placebos' effects, each in units of its own error before, as `p`
    takes them: where little happens, effects are small in numbers. Source: the same, JASA 105, 493-505.
    """
    donors = [row for row in range(len(outcomes)) if row not in set(treated)]
    refused = _refused(outcomes, treated, donors, before)
    if refused:
        return CannotTell(refused)
    mean, control = outcomes[list(treated)].mean(axis=0), outcomes[donors]
    found = fit(mean, control, before)
    level = float(np.abs(mean[:before]).mean())
    if found.rmspe_before > WORST_FIT * level:
        return CannotTell(
            f"Before the intervention no mixture of other places went like these: it misses by "
            f"{share(found.rmspe_before / level if level else 1)} of their level, more than {share(WORST_FIT)}."
        )
    tried = _placebos(control, len(treated), before, rng)
    placebos = [one for _, one in tried if _fits_alike(one, found)]
    if len(placebos) < FEWEST_PLACEBOS:
        return CannotTell(
            f"Only {len(placebos)} of the untreated places can be imitated as well as the treated ones; "
            f"{FEWEST_PLACEBOS} are needed to tell an effect from chance."
        )
    trials = (_trial((), found, True), *(_trial(group, one, _fits_alike(one, found)) for group, one in tried))
    return _effect(found, placebos, mean, tuple(names[row] for row in donors), trials)


def _refused(outcomes: Floats, treated: Sequence[int], donors: Sequence[int], before: int) -> str:
    after = outcomes.shape[1] - before
    if not treated:
        return "No place was treated."
    if before < FEWEST_BEFORE or after < 1:
        return f"There are {before} periods before and {after} after; at least {FEWEST_BEFORE} and 1 are needed."
    if len(donors) < FEWEST_PLACEBOS + len(treated):
        needed = FEWEST_PLACEBOS + len(treated)
        return f"There are {len(donors)} untreated places; at least {needed} are needed to tell an effect from chance."
    return "" if np.isfinite(outcomes).all() else "Some places have no number in some periods."


def _fits_alike(one: Synthetic, found: Synthetic) -> bool:
    return one.rmspe_before <= PLACEBO_FIT * max(found.rmspe_before, 1e-9)


def _trial(places: Sequence[int], one: Synthetic, is_compared: bool) -> Trial:
    numbers = tuple(int(row) for row in places)
    return Trial(numbers, one.effect, one.rmspe_before, one.rmspe_after, one.ratio, is_compared)


def _placebos(
    control: Floats, size: int, before: int, rng: np.random.Generator
) -> list[tuple[Sequence[int], Synthetic]]:
    """Groups of donors, each with what is found when they are treated as if the intervention had been there."""
    count = len(control)
    groups = (
        [[row] for row in range(count)] if size == 1
        else [sorted(rng.choice(count, size, replace=False)) for _ in range(MOST_PLACEBOS)]
    )  # fmt: skip
    if len(groups) > MOST_PLACEBOS:
        groups = [groups[row] for row in rng.choice(len(groups), MOST_PLACEBOS, replace=False)]
    return [(group, fit(control[group].mean(axis=0), np.delete(control, group, axis=0), before)) for group in groups]


def _effect(
    found: Synthetic, placebos: list[Synthetic], mean: Floats, controls: tuple[str, ...], trials: tuple[Trial, ...]
) -> Effect:
    after = found.after
    alike = [one.effect * found.rmspe_before / max(one.rmspe_before, 1e-9) for one in placebos]
    low, high = np.quantile(alike, [0.025, 0.975])
    as_large = sum(one.ratio >= found.ratio for one in placebos)
    would = float(found.path[-after:].mean())
    level = float(np.abs(mean[:-after]).mean())
    return Effect(
        found.effect, found.effect - float(high), found.effect - float(low), found.effect / would if would else 0.0,
        (1 + as_large) / (1 + len(placebos)), found.rmspe_before / level if level else 0.0, len(placebos), mean,
        found.path, {name: float(w) for name, w in zip(controls, found.weights, strict=True) if w > LEAST_WEIGHT},
        controls, trials,
    )  # fmt: skip
