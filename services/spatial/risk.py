"""How likely is it in each cell that something happens in the next seven days, and why?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.formats import grouped
from services.spatial.weights import rings

Floats = NDArray[np.float64]
WEEK = 7
TRAIN_WEEKS = 52
FEWEST_DAYS = 20 * WEEK
FEWEST_EVENTS = 200
HALF_LIVES = (7.0, 28.0, 182.0)  # days: what is fresh, what is recent, what is usual
NEAR_HALF_LIFE = 14.0  # near repeats fade within two to four weeks (Townsley, Homel and Chaseling 2003)
FEATURES = ("this week", "the last weeks", "the last year", "next door", "exposure", "season")


@dataclass(frozen=True)
class History:
    """Daily counts of events: one row a cell, one column a day from `first_on` on.

    `neighbours` lists for each cell the rows of those next to it; `exposure` is what events could happen to (people,
    km of main), None where it is not known.
    """

    cells: NDArray[np.uint64]
    counts: NDArray[np.int64]
    first_on: date
    neighbours: tuple[NDArray[np.int64], ...]
    exposure: Floats | None = None

    @property
    def days(self) -> int:
        """How many days are known."""
        return int(self.counts.shape[1])


@dataclass(frozen=True)
class Reason:
    """By what factor a feature moves a cell's expected number from that of the average cell."""

    feature: str
    factor: float


@dataclass(frozen=True)
class Risk:
    """`expected` events in each cell within seven days, and `score`: the chance of at least one, from 0 to 100.

    Null: a cell differs from others only as the features say. `reasons` has the strongest first.
    """

    cells: NDArray[np.uint64]
    expected: Floats
    score: Floats
    reasons: tuple[tuple[Reason, ...], ...]


@dataclass(frozen=True)
class Memory:
    """Decayed sums of all days before each day: (half-life, cell, day)."""

    own: Floats
    near: Floats


@dataclass(frozen=True)
class Model:
    """A Poisson regression with log link, on features that were brought to mean 0 and deviation 1."""

    regression: Any
    mean: Floats
    deviation: Floats
    calibration: tuple[float, float]

    def expected(self, features: Floats) -> Floats:
        """Events within seven days."""
        found: Floats = self.regression.predict((features - self.mean) / self.deviation)
        return found

    def chance(self, features: Floats) -> Floats:
        """Chance of at least one event: 1 - exp(-e^a rate^b), where a and b make it agree with past weeks."""
        a, b = self.calibration
        return np.asarray(-np.expm1(-np.exp(a + b * np.log(np.maximum(self.expected(features), 1e-9)))))

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to the logarithm of the expected number, beside the average cell of the same week."""
        moved = features - features.mean(axis=0)
        return np.asarray(moved / self.deviation * self.regression.coef_)


def neighbours_of(cells: NDArray[np.uint64]) -> tuple[NDArray[np.int64], ...]:
    """The rows of the H3 cells that touch each, among `cells`."""
    beside = rings(cells)
    return tuple(np.split(beside.others, beside.starts[1:-1]))


def remember(history: History) -> Memory:
    """Decayed sums for every day, from earlier days only."""
    counts = history.counts.astype(np.float64)
    near = np.stack([counts[rows].sum(axis=0) if rows.size else np.zeros(history.days) for rows in history.neighbours])
    return Memory(np.stack([_decayed(counts, life) for life in HALF_LIVES]), _decayed(near, NEAR_HALF_LIFE))


def _decayed(counts: Floats, half_life: float) -> Floats:
    """Column t: the sum of 0.5^(age / half-life) over days before t, scaled to a week's rate; one column more."""
    keep = 0.5 ** (1 / half_life)
    found = np.zeros((counts.shape[0], counts.shape[1] + 1))
    for day in range(counts.shape[1]):
        found[:, day + 1] = keep * (found[:, day] + counts[:, day])
    spent = keep * (1 - keep ** np.arange(counts.shape[1] + 1)) / (1 - keep)  # the weight of the days so far
    return np.asarray(WEEK * found / np.maximum(spent, 1e-9))


def features(history: History, memory: Memory, day: int) -> Floats:
    """What is known of each cell on the morning of a day (an index), one column a name in FEATURES."""
    own = [np.log(memory.own[life, :, day] + 0.1) for life in range(len(HALF_LIVES))]
    near = np.log(memory.near[:, day] + 0.1)
    count = len(history.cells)
    exposure = np.zeros(count) if history.exposure is None else np.log(np.maximum(history.exposure, 1e-9))
    return np.stack([*own, near, exposure, np.full(count, _season(history, day))], axis=1)


def _season(history: History, day: int) -> float:
    """Log of last year's coming week over its nine weeks around, over all cells; 0 where last year is not known."""
    begin = day - 52 * WEEK
    if begin - 4 * WEEK < 0:
        return 0.0
    week = float(history.counts[:, begin : begin + WEEK].sum())
    around = float(history.counts[:, begin - 4 * WEEK : begin + 5 * WEEK].sum()) / 9
    return float(np.log((week + 10) / (around + 10)))


def train(history: History, memory: Memory, day: int) -> Model:
    """The model from up to a year of weeks that were over before the day.

    Its calibration comes from the last quarter of those weeks, predicted by a model of the earlier ones.
    """
    last = day - WEEK
    starts = [start for start in range(last, last - TRAIN_WEEKS * WEEK, -WEEK) if start >= 8 * WEEK][::-1]
    rows = [features(history, memory, start) for start in starts]
    counts = [history.counts[:, start : start + WEEK].sum(axis=1) for start in starts]
    held = max(1, len(starts) // 4)
    first = _fitted(np.concatenate(rows[:-held]), np.concatenate(counts[:-held]))
    calibration = _calibrated(first.expected(np.concatenate(rows[-held:])), np.concatenate(counts[-held:]) > 0)
    whole = _fitted(np.concatenate(rows), np.concatenate(counts))
    return Model(whole.regression, whole.mean, whole.deviation, calibration)


def _fitted(rows: Floats, counts: NDArray[np.int64]) -> Model:
    from sklearn.linear_model import PoissonRegressor

    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    deviation = np.where(deviation > 1e-9, deviation, 1.0)
    regression = PoissonRegressor(alpha=1e-4, solver="newton-cholesky", max_iter=200)
    regression.fit((rows - mean) / deviation, counts)
    return Model(regression, mean, deviation, (0.0, 1.0))


def _calibrated(expected: Floats, happened: NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope of a complementary log-log regression of "at least one" on the log of the expectation."""
    from scipy.optimize import minimize

    logs = np.log(np.maximum(expected, 1e-9))

    def loss(at: Floats) -> float:
        rate = np.exp(np.clip(at[0] + at[1] * logs, -30, 6))
        likely = np.where(happened, np.log(np.maximum(-np.expm1(-rate), 1e-12)), -rate)
        return float(-likely.mean() + 1e-4 * (at[0] ** 2 + (at[1] - 1) ** 2))

    found = minimize(loss, np.array([0.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9})
    return float(found.x[0]), float(max(found.x[1], 0.05))


def too_little(history: History) -> CannotTell | None:
    """Why there is no score, if there is none."""
    events = int(history.counts.sum())
    if history.days < FEWEST_DAYS or events < FEWEST_EVENTS:
        return CannotTell(
            f"There are {grouped(events)} events in {history.days} days; at least {FEWEST_EVENTS} in {FEWEST_DAYS} "
            "days are needed."
        )
    return None


def score(history: History) -> Risk | CannotTell:
    """The risk of each cell in the seven days after the history ends.

    Model: Poisson regression of a cell's weekly count on its own decayed counts (half-lives of one, four and 26 weeks),
    its neighbours' (near repeats; Mohler et al. 2011 model the same decay as a point process), its exposure and the
    season, from the last 52 weeks, without the week being predicted.
    """
    refused = too_little(history)
    if refused:
        return refused
    memory = remember(history)
    model = train(history, memory, history.days)
    rows = features(history, memory, history.days)
    told = tuple(_reasons(one) for one in model.contributions(rows))
    return Risk(history.cells, model.expected(rows), 100 * model.chance(rows), told)


def _reasons(added: Sequence[float] | Floats) -> tuple[Reason, ...]:
    ranked = sorted(zip(FEATURES, added, strict=True), key=lambda one: -abs(one[1]))
    return tuple(Reason(name, float(np.exp(value))) for name, value in ranked if abs(value) >= 0.05)
