"""What does a person do trial by trial?

Reaction times are ex-Gaussian (Luce 1986), detection follows signal detection theory, choices over time a logistic rule
around the person's k, pumps scatter around the person's own target: the models behind the formulas, so that scores can
be compared with what was put in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from services.assessment.simulated.people import Person

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
NUMBERS = ("reaction_ms", "level", "amount", "reference_amount", "delay_days")
TEXTS = ("condition", "stimulus", "response", "correct")
_COLOURS = np.array(["red", "green", "blue", "yellow"], object)
_SIDES = np.array(["left", "right"], object)
_LETTERS = np.array(list("BCDFGHKLMNPRST"), object)
# Now, later, days: the 27 choices of Kirby, Petry and Bickel 1999.
CHOICES = np.array([
    (54, 55, 117), (55, 75, 61), (19, 25, 53), (31, 85, 7), (14, 25, 19), (47, 50, 160), (15, 35, 13), (25, 60, 14),
    (78, 80, 162), (40, 55, 62), (11, 30, 7), (67, 75, 119), (34, 35, 186), (27, 50, 21), (69, 85, 91), (49, 60, 89),
    (80, 85, 157), (24, 35, 29), (33, 80, 14), (28, 30, 179), (34, 50, 30), (25, 30, 80), (41, 75, 20), (54, 60, 111),
    (54, 80, 30), (22, 25, 136), (20, 55, 7),
], float)  # fmt: skip


def _columns(n: int, **given: Any) -> Columns:
    columns: Columns = {name: np.full(n, np.nan) for name in NUMBERS}
    columns |= {name: np.full(n, None, object) for name in TEXTS}
    for name, values in given.items():
        columns[name] = np.broadcast_to(np.asarray(values, columns[name].dtype), n).copy()
    return columns


def _times(rng: np.random.Generator, n: int, middle: float, spread: float, tail: float) -> Floats:
    return middle + spread * rng.standard_normal(n) + rng.exponential(tail, n)


def _words(right: NDArray[np.bool_]) -> NDArray[Any]:
    return np.where(right, "yes", "no").astype(object)


def balloon_risk(person: Person, rng: np.random.Generator) -> Columns:
    """20 balloons that burst at a pump drawn evenly from 1 to 64."""
    n = 20
    wanted = np.maximum(1, np.round(26 + 8 * person.risk + 5 * rng.standard_normal(n)))
    bursts_at = rng.integers(1, 65, n)
    burst = wanted >= bursts_at
    pumps = np.where(burst, bursts_at, wanted)
    times = pumps * rng.uniform(160, 260, n) + rng.exponential(500, n) + 300
    response = np.where(burst, "burst", "collected").astype(object)
    return _columns(n, stimulus="balloon", response=response, level=pumps, reaction_ms=times)


def _detect(rng: np.random.Generator, signal: NDArray[np.bool_], d_prime: float, criterion: float) -> NDArray[np.bool_]:
    part = np.where(signal, ndtr(d_prime / 2 - criterion), ndtr(-d_prime / 2 - criterion))
    return np.asarray(rng.random(len(signal)) < part)


def _pressed(pressed: NDArray[np.bool_], signal: NDArray[np.bool_], times: Floats) -> dict[str, Any]:
    return {
        "response": np.where(pressed, "press", "none").astype(object), "correct": _words(pressed == signal),
        "reaction_ms": np.where(pressed, times, np.nan),
    }  # fmt: skip


def go_no_go(person: Person, rng: np.random.Generator) -> Columns:
    """32 trials, one in four of them no-go."""
    signal = rng.permutation(np.repeat([True, False], [24, 8]))
    pressed = _detect(rng, signal, 2.7 + 0.5 * person.control, -0.45)
    times = _times(rng, 32, 345 - 28 * person.speed, 32, 60)
    condition = np.where(signal, "go", "no_go").astype(object)
    return _columns(32, condition=condition, stimulus=condition, **_pressed(pressed, signal, times))


def n_back(person: Person, rng: np.random.Generator) -> Columns:
    """30 letters, one in three the one of two before."""
    signal = rng.permutation(np.repeat([True, False], [10, 20]))
    pressed = _detect(rng, signal, 2.2 + 0.6 * person.memory, 0.15)
    times = _times(rng, 30, 520 - 30 * person.speed, 60, 110)
    condition = np.where(signal, "target", "other").astype(object)
    return _columns(30, condition=condition, stimulus=rng.choice(_LETTERS, 30), **_pressed(pressed, signal, times))


def _conflict(
    rng: np.random.Generator, options: NDArray[Any], middle: float, cost: float, errors: tuple[float, float]
) -> Columns:
    n = 24
    hard = rng.permutation(np.repeat([True, False], n // 2))
    wanted = rng.integers(0, len(options), n)
    right = rng.random(n) >= np.where(hard, errors[1], errors[0])
    other = (wanted + rng.integers(1, len(options), n)) % len(options)
    times = _times(rng, n, middle, 45, 70) + np.where(hard, cost + 15 * rng.standard_normal(n), 0.0)
    condition = np.where(hard, "incongruent", "congruent").astype(object)
    return _columns(
        n, condition=condition, stimulus=options[wanted], response=options[np.where(right, wanted, other)],
        correct=_words(right), reaction_ms=np.where(right, times, times - 40),
    )  # fmt: skip


def stroop(person: Person, rng: np.random.Generator) -> Columns:
    """24 words, half of them in the ink of another colour than the one they name."""
    ease = 0.6 * person.focus + 0.4 * person.control
    errors = (0.02, float(expit(-2.4 - 0.5 * ease)))
    return _conflict(rng, _COLOURS, 610 - 45 * person.speed, max(10.0, 125 - 34 * ease), errors)


def flanker(person: Person, rng: np.random.Generator) -> Columns:
    """24 rows of arrows, half of them with neighbours that point the other way."""
    errors = (0.02, float(expit(-2.7 - 0.5 * person.focus)))
    return _conflict(rng, _SIDES, 415 - 38 * person.speed, max(5.0, 64 - 19 * person.focus), errors)


def digit_span(person: Person, rng: np.random.Generator) -> Columns:
    """Two sequences of each length from 4 on, until both fail."""
    levels, right = [], []
    span = 6.0 + person.memory
    for length in range(4, 13):
        good = rng.random(2) < expit((span - length + 0.5) / 0.45)
        levels += [length, length]
        right += good.tolist()
        if not good.any():
            break
    n, level = len(levels), np.array(levels, float)
    correct = _words(np.array(right))
    times = level * rng.uniform(500, 750, n)
    return _columns(n, stimulus="digits", response="repeated", level=level, correct=correct, reaction_ms=times)


def delay_discounting(person: Person, rng: np.random.Generator) -> Columns:
    """The 27 choices in a random order."""
    now, later, days = CHOICES[rng.permutation(len(CHOICES))].T
    log_k = np.log(0.012) - 1.1 * person.patience
    waits = rng.random(len(now)) < expit(2.5 * (np.log((later / now - 1) / days) - log_k))
    return _columns(
        len(now), stimulus="amounts", response=np.where(waits, "later", "now").astype(object), amount=now,
        reference_amount=later, delay_days=days, reaction_ms=_times(rng, len(now), 1400, 200, 1100),
    )  # fmt: skip


def _shares(rng: np.random.Generator, middle: float, had: Floats) -> Floats:
    part = expit(middle + 0.45 * rng.standard_normal(len(had)))
    return np.asarray(np.round(part * had))


def trust_game(person: Person, rng: np.random.Generator) -> Columns:
    """Six rounds with an endowment of 10, four as trustee of a tripled amount."""
    had = np.concatenate([np.full(6, 10.0), 3.0 * rng.integers(2, 11, 4)])
    sent = _shares(rng, 0.1 + 0.7 * person.cooperation, had[:6])
    back = _shares(rng, -0.6 + 0.5 * person.cooperation, had[6:])
    condition = np.repeat(np.array(["investor", "trustee"], object), [6, 4])
    times = _times(rng, 10, 2200, 400, 2400)
    given = np.concatenate([sent, back])
    return _columns(10, condition=condition, response="given", amount=given, reference_amount=had, reaction_ms=times)


def dictator(person: Person, rng: np.random.Generator) -> Columns:
    """Four rounds with 20."""
    had = np.full(4, 20.0)
    given = _shares(rng, -1.0 + 0.7 * person.cooperation, had)
    times = _times(rng, 4, 2000, 400, 2000)
    return _columns(4, condition="dictator", response="given", amount=given, reference_amount=had, reaction_ms=times)


def simple_reaction(person: Person, rng: np.random.Generator) -> Columns:
    """20 dots after an uneven wait."""
    times = _times(rng, 20, 232 - 20 * person.speed, 18, 38)
    luck = rng.random(20)
    early, lapse = luck > 0.985, luck < 0.01
    response = np.select([early, lapse], ["early", "none"], "press").astype(object)
    times = np.where(early, rng.uniform(40, 95, 20), np.where(lapse, np.nan, times))
    return _columns(20, stimulus="dot", response=response, reaction_ms=times)


PLAYS: dict[str, Callable[[Person, np.random.Generator], Columns]] = {
    "balloon_risk": balloon_risk, "go_no_go": go_no_go, "n_back": n_back, "stroop": stroop, "flanker": flanker,
    "digit_span": digit_span, "delay_discounting": delay_discounting, "trust_game": trust_game, "dictator": dictator,
    "simple_reaction": simple_reaction,
}  # fmt: skip
_CLICKED = {"go_no_go": "press", "n_back": "press", "stroop": "red", "flanker": "left", "delay_discounting": "now"}


def monotonously(task: str, person: Person, rng: np.random.Generator) -> Columns:
    """The task as somebody plays it who gives the same answer all the time, at an ordinary pace."""
    columns = PLAYS[task](person, rng)
    n = len(columns["reaction_ms"])
    columns["reaction_ms"] = np.where(np.isnan(columns["reaction_ms"]), 450.0, columns["reaction_ms"])
    if task in _CLICKED:
        columns["response"] = np.full(n, _CLICKED[task], object)
    if task in ("go_no_go", "n_back"):
        columns["correct"] = _words(np.isin(columns["condition"].astype(str), ["go", "target"]))
    if task in ("stroop", "flanker"):
        columns["correct"] = _words(columns["stimulus"] == _CLICKED[task])
    if task == "balloon_risk":
        columns["level"], columns["response"] = np.ones(n), np.full(n, "collected", object)
    return columns


def carelessly(task: str, person: Person, rng: np.random.Generator) -> Columns:
    """The task as somebody plays it who clicks through: always the same, and faster than one can see."""
    columns = monotonously(task, person, rng)
    n = len(columns["reaction_ms"])
    columns["reaction_ms"] = rng.uniform(45, 140, n)
    if task == "digit_span":
        columns["correct"] = _words(np.zeros(n, bool))
        columns = {name: values[:2] for name, values in columns.items()}
    return columns
