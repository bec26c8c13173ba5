"""Does the synthetic control find a known effect, say when chance would do, and refuse what it cannot tell?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from data.types import CannotTell
from services.impact import Effect, did_it_work, fit
from services.impact.synthetic import Floats

BEFORE, PERIODS, PLACES = 30, 40, 34


def panel(seed: int, noise: float = 1.0) -> Floats:
    """Places that share two seasons with loadings of their own, and noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(PERIODS)
    seasons = np.stack([np.ones(PERIODS), np.sin(at / 3), at / PERIODS])
    loadings = np.column_stack([rng.uniform(20, 40, PLACES), rng.uniform(0, 8, PLACES), rng.uniform(-5, 5, PLACES)])
    found: Floats = loadings @ seasons + rng.normal(0, noise, (PLACES, PERIODS))
    return found


def asked(outcomes: Floats, treated: list[int], seed: int = 1) -> Effect | CannotTell:
    names = [str(number) for number in range(len(outcomes))]
    return did_it_work(outcomes, names, treated, BEFORE, np.random.default_rng(seed))


def effect(outcomes: Floats, treated: list[int]) -> Effect:
    found = asked(outcomes, treated)
    assert isinstance(found, Effect), found
    return found


def test_weights_and_effect_by_hand() -> None:
    """The treated place is 0.3 of the first donor and 0.7 of the second, and 5 less from the fifth period on."""
    donors = np.array([[10.0, 20, 15, 30, 10, 20], [40.0, 10, 25, 20, 30, 10], [90.0, 95, 92, 97, 90, 91]])
    treated = np.array([0.3, 0.7, 0]) @ donors
    treated[4:] -= 5
    found = fit(treated, donors, 4)
    assert found.weights == pytest.approx([0.3, 0.7, 0], abs=1e-5)
    assert found.path[4:] == pytest.approx([24, 13], abs=1e-3) and found.effect == pytest.approx(-5, abs=1e-3)
    assert found.rmspe_after == pytest.approx(5, abs=1e-3) and found.rmspe_before < 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_those_of_another_optimiser(seed: int) -> None:
    """SLSQP on the same problem: least squares before, weights between 0 and 1 that add up to 1."""
    outcomes = panel(seed)[:9]
    found = fit(outcomes[0], outcomes[1:], BEFORE)
    past, goal = outcomes[1:, :BEFORE], outcomes[0, :BEFORE]
    other = minimize(
        lambda w: float(((goal - w @ past) ** 2).sum()), np.full(8, 1 / 8), method="SLSQP", bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    assert found.weights == pytest.approx(other.x, abs=2e-3)
    assert BEFORE * found.rmspe_before**2 <= other.fun * (1 + 1e-6) and found.weights.sum() == pytest.approx(1)


def test_a_known_effect_is_found_and_its_interval_holds_it() -> None:
    outcomes = panel(4)
    outcomes[:3, BEFORE:] -= 6
    found = effect(outcomes, [0, 1, 2])
    assert found.low < -6 < found.high < 0 and found.effect == pytest.approx(-6, abs=0.8)
    assert found.p == 1 / (1 + found.placebos) and found.relative == pytest.approx(-6 / 28, abs=0.08)
    assert found.actual == pytest.approx(outcomes[:3].mean(axis=0))
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-2) and not {"0", "1", "2"} & set(found.weights)


def test_without_an_effect_intervals_hold_zero_and_p_is_not_small() -> None:
    """Of 40 made-up interventions without effect about 2 may look like one at 5 %; more than 6 would (p < 0.01)."""
    found = [effect(panel(seed), [0]) for seed in range(40)]
    assert sum(one.p <= 0.05 for one in found) <= 6
    assert sum(not one.low <= 0 <= one.high for one in found) <= 7
    assert 0.3 < np.mean([one.p for one in found]) < 0.7


def test_one_treated_place_is_compared_with_every_other() -> None:
    outcomes = panel(7)
    outcomes[5, BEFORE:] += 9
    found = effect(outcomes, [5])
    assert found.placebos <= PLACES - 1 and found.p == 1 / (1 + found.placebos) and found.low > 0


def test_what_cannot_be_told_is_said() -> None:
    outcomes = panel(1)
    apart = outcomes.copy()
    apart[0] = 200 * (1 + np.arange(PERIODS) % 2)
    few, short = asked(outcomes[:15], [0]), did_it_work(outcomes, list("x" * PLACES), [0], 5, np.random.default_rng(1))
    assert isinstance(few, CannotTell) and few.reason.startswith("There are 14 untreated places; at least 20")
    assert isinstance(short, CannotTell) and short.reason.startswith("There are 5 periods before")
    bad = asked(apart, [0])
    assert isinstance(bad, CannotTell) and bad.reason.startswith("Before the intervention no mixture of other places")
    assert isinstance(asked(outcomes, []), CannotTell)
