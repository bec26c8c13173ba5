"""Would the risk score have pointed at the right cells in past weeks, better than a map of the last four weeks?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.formats import grouped, share
from services.spatial.risk import FEWEST_DAYS, WEEK, Floats, History, features, remember, too_little, train

AREA = 0.05
FEW_EVENTS = 50
"""Of fewer events, in all weeks together, no verdict is given."""
_RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval from resampling weeks."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """Cells of like score: how many were said to have an event, in per cent, and how many had one."""

    said: float
    happened: float
    cells: int


@dataclass(frozen=True)
class Backtest:
    """How the model and the plain map did over `weeks` past weeks at `area` of all cells.

    A hit rate is the share of events that fell in the cells pointed at; the predictive accuracy index (Chainey, Tompson
    and Uhlig 2008) is the hit rate over the share of the area. `gained` is the model's hit rate less the plain map's,
    week by week; where its interval holds 0 the model has not been shown to be better.
    """

    weeks: int
    area: float
    events: int
    model_hit: Estimate
    plain_hit: Estimate
    model_pai: Estimate
    plain_pai: Estimate
    gained: Estimate
    calibration: tuple[Calibration, ...]

    @property
    def sentence(self) -> str:
        """Both maps in words."""
        model, plain = self.model_hit, self.plain_hit
        verdict = "better" if self.gained.low > 0 else "worse" if self.gained.high < 0 else "no better for certain"
        verdict = "too few events to tell" if self.events < FEW_EVENTS else verdict
        digits = 1 if share(model.value) == share(plain.value) else 0
        told = [[share(part, digits) for part in (one.value, one.low, one.high)] for one in (model, plain)]
        shown = [f"{value} ({low} to {high})" for value, low, high in told]
        return (
            f"In {self.weeks} past weeks {shown[0]} of {grouped(self.events)} events fell in the {share(self.area)} of "
            f"the area with the highest score, {shown[1]} in that of the last four weeks' map: {verdict}. "
            f"Predictive accuracy index {self.model_pai.value:.1f} against {self.plain_pai.value:.1f}."
        )


def hits(map_values: Floats, happened: NDArray[np.int64], area: float) -> float:
    """Events in the top `area` of equal cells; ties at the edge count by their mean, as if drawn by lot."""
    wanted = area * len(map_values)
    order = np.argsort(-map_values, kind="stable")
    values, events = map_values[order], happened[order].astype(np.float64)
    edge = values[min(len(values), max(1, int(np.ceil(wanted)))) - 1]
    above, tied = values > edge, values == edge
    return float(events[above].sum() + (wanted - above.sum()) * events[tied].mean())


def backtest(history: History, rng: np.random.Generator, weeks: int = 12) -> Backtest | CannotTell:
    """Train, predict and compare in each of the last `weeks` weeks, each from what was known before it."""
    refused = too_little(history)
    if refused:
        return refused
    weeks = min(weeks, (history.days - FEWEST_DAYS) // WEEK)
    if weeks < 4:
        return CannotTell(f"{history.days} days leave fewer than 4 weeks to test; {FEWEST_DAYS + 4 * WEEK} are needed.")
    memory, found, said, seen = remember(history), [], [], []
    for start in range(history.days - weeks * WEEK, history.days - WEEK + 1, WEEK):
        model, rows = train(history, memory, start), features(history, memory, start)
        happened = history.counts[:, start : start + WEEK].sum(axis=1)
        plain = history.counts[:, start - 4 * WEEK : start].sum(axis=1).astype(np.float64)
        expected = model.expected(rows)
        found.append((hits(expected, happened, AREA), hits(plain, happened, AREA), float(happened.sum())))
        said.append(model.chance(rows))
        seen.append(happened > 0)
    return _summed(np.array(found), np.concatenate(said), np.concatenate(seen), rng)


def _summed(found: Floats, said: Floats, seen: NDArray[np.bool_], rng: np.random.Generator) -> Backtest:
    weeks = len(found)
    drawn = found[rng.integers(0, weeks, (_RESAMPLES, weeks))].sum(axis=1)
    total, sums = found.sum(axis=0), np.maximum(drawn[:, 2], 1.0)
    whole = max(float(total[2]), 1.0)
    model = _estimate(total[0] / whole, drawn[:, 0] / sums)
    plain = _estimate(total[1] / whole, drawn[:, 1] / sums)
    gained = _estimate((total[0] - total[1]) / whole, (drawn[:, 0] - drawn[:, 1]) / sums)
    return Backtest(
        weeks, AREA, int(total[2]), model, plain, _over(model), _over(plain), gained, _calibration(said, seen)
    )  # fmt: skip


def _estimate(value: float, drawn: Floats) -> Estimate:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))


def _over(rate: Estimate) -> Estimate:
    return Estimate(rate.value / AREA, rate.low / AREA, rate.high / AREA)


def _calibration(said: Floats, seen: NDArray[np.bool_]) -> tuple[Calibration, ...]:
    groups = np.array_split(np.argsort(said, kind="stable"), 10)
    return tuple(
        Calibration(float(100 * said[rows].mean()), float(100 * seen[rows].mean()), len(rows))
        for rows in groups
        if rows.size
    )
