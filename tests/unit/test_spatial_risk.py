"""Is the risk score a chance that comes true, from the past alone, and is its back-test counted rightly?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from h3.api.basic_int import grid_disk, latlng_to_cell

from data.types import CannotTell
from services.spatial.backtesting import Backtest, Estimate, backtest, hits
from services.spatial.risk import (
    FEATURES,
    WEEK,
    History,
    Memory,
    Risk,
    features,
    neighbours_of,
    remember,
    score,
    train,
)

DAYS = 60 * WEEK


@cache
def city(near: float = 0.0) -> tuple[History, np.ndarray]:
    """A round city of 217 cells with known weekly rates, few of them high, and the rates; `near` repeats next door."""
    cells = np.array(sorted(grid_disk(latlng_to_cell(45.5, -73.6, 8), 8)), np.uint64)
    rng = np.random.default_rng(3)
    rates = rng.gamma(0.5, 1.0, len(cells)) / WEEK
    counts = rng.poisson(rates[:, None], (len(cells), DAYS))
    neighbours = neighbours_of(cells)
    if near:
        for day in range(DAYS - 1):
            for row in np.flatnonzero(counts[:, day]):
                beside = rng.choice(neighbours[row])
                counts[beside, day + 1 : day + 4] += rng.poisson(near / 3, min(3, DAYS - day - 1))
    return History(cells, counts, date(2025, 1, 1), neighbours), rates


def scored(history: History) -> Risk:
    found = score(history)
    assert isinstance(found, Risk)
    return found


def test_neighbours_are_the_cells_that_touch() -> None:
    history, _ = city()
    sizes = [len(rows) for rows in history.neighbours]
    middle = int(np.searchsorted(history.cells, latlng_to_cell(45.5, -73.6, 8)))
    assert sizes[middle] == 6 and set(sizes) == {3, 4, 6} and sizes.count(3) == 6
    assert all(row in history.neighbours[other] for row, rows in enumerate(history.neighbours) for other in rows)


def test_memory_is_a_weeks_rate_by_hand() -> None:
    """One event on the first of two days, half-life seven days: 7 x 0.5^(2/7) over the weights of two days."""
    history = History(np.array([1], np.uint64), np.array([[1, 0]]), date(2026, 1, 1), (np.array([], np.int64),))
    memory = remember(history)
    keep = 0.5 ** (1 / 7)
    assert memory.own[0, 0, 2] == pytest.approx(7 * keep**2 / (keep + keep**2))
    assert memory.own[0, 0, 0] == 0 and (memory.near == 0).all()


def test_nothing_of_the_future_is_known() -> None:
    history, _ = city()
    day = DAYS - 3 * WEEK
    later = history.counts.copy()
    later[:, day:] += 5
    other = replace(history, counts=later)
    here, there = remember(history), remember(other)
    assert (features(history, here, day) == features(other, there, day)).all()
    one, two = train(history, here, day), train(other, there, day)
    assert (one.regression.coef_ == two.regression.coef_).all() and one.calibration == two.calibration
    assert not (features(history, here, day + 1) == features(other, there, day + 1)).all()


def test_scores_are_the_true_chances_of_a_city_that_does_not_change() -> None:
    history, rates = city()
    found = scored(history)
    truth = 100 * -np.expm1(-WEEK * rates)
    assert np.abs(found.score - truth).mean() < 5 and np.corrcoef(found.score, truth)[0, 1] > 0.95
    assert found.expected.sum() == pytest.approx(WEEK * rates.sum(), rel=0.15)
    assert 0 <= found.score.min() <= found.score.max() <= 100


def test_reasons_multiply_to_the_cells_difference() -> None:
    history, _ = city()
    memory = remember(history)
    model, rows = train(history, memory, DAYS), features(history, memory, DAYS)
    added, logs = model.contributions(rows), np.log(model.expected(rows))
    assert added.sum(axis=1) == pytest.approx(logs - logs.mean(), abs=1e-9)
    found = scored(history)
    top = found.reasons[int(found.score.argmax())]
    assert top[0].feature == "the last year" and top[0].factor > 2
    assert {reason.feature for cell in found.reasons for reason in cell} <= set(FEATURES)


def test_what_happens_next_door_counts_where_it_spreads() -> None:
    quiet, spreading = city()[0], city(near=0.8)[0]

    def weight(history: History) -> float:
        memory: Memory = remember(history)
        return float(train(history, memory, DAYS).regression.coef_[FEATURES.index("next door")])

    assert weight(spreading) > 0.1 > abs(weight(quiet))


def test_hits_by_hand_with_ties_drawn_by_lot() -> None:
    """Of 40 cells 5 % are two: the highest, with 7 events, and one of the next three, with 4 + 1 + 1 among them."""
    values, happened = np.zeros(40), np.zeros(40, np.int64)
    values[[5, 1, 2, 3]], happened[[5, 1, 2, 3, 30]] = [9, 4, 4, 4], [7, 4, 1, 1, 50]
    assert hits(values, happened, 0.05) == pytest.approx(7 + 2)
    assert hits(np.zeros(40), happened, 0.05) == pytest.approx(0.05 * 63)


def test_the_backtest_of_a_steady_city() -> None:
    """A year of counts knows a steady city better than four weeks do; both lie below knowing the rates."""
    history, rates = city()
    found = backtest(history, np.random.default_rng(1), weeks=12)
    assert isinstance(found, Backtest) and found.weeks == 12
    events = history.counts[:, -12 * WEEK :].sum(axis=1)
    assert found.events == events.sum()
    best = hits(rates, events, 0.05) / events.sum()
    assert 0.05 < found.plain_hit.value < found.model_hit.value <= best * 1.1
    assert found.model_pai.value == pytest.approx(found.model_hit.value * 20)
    assert found.gained.value == pytest.approx(found.model_hit.value - found.plain_hit.value)
    spread = np.sqrt(best * (1 - best) / events.sum())  # of a share of as many independent events
    assert 2 * spread < found.model_hit.high - found.model_hit.low < 8 * spread
    assert all(one.low <= one.value <= one.high for one in (found.model_hit, found.plain_hit, found.gained))
    assert all(abs(one.said - one.happened) < 15 for one in found.calibration)


def test_two_hit_rates_that_round_to_one_are_told_apart() -> None:
    rate = Estimate(0.294, 0.291, 0.297)
    found = Backtest(5, 0.05, 900, rate, replace(rate, value=0.289), rate, rate, Estimate(0.005, 0.001, 0.009), ())
    told, coarse = (
        one.sentence.replace("\u00a0", " ") for one in (found, replace(found, plain_hit=replace(rate, value=0.2)))
    )
    assert "29.4 % (29.1 % to 29.7 %) of 900" in told and "28.9 % (29.1 % to 29.7 %)" in told
    assert "29 % (29 % to 30 %)" in coarse


def test_no_pattern_is_not_sold_as_one() -> None:
    cells = city()[0].cells
    counts = np.random.default_rng(8).poisson(0.1, (len(cells), DAYS))
    history = History(cells, counts, date(2025, 1, 1), neighbours_of(cells))
    found = backtest(history, np.random.default_rng(1))
    assert isinstance(found, Backtest) and found.gained.low <= 0 <= found.gained.high
    assert found.model_pai.low < 1.15 and "no better for certain" in found.sentence


def test_too_little_is_said() -> None:
    history = city()[0]
    few, short = replace(history, counts=history.counts * 0), replace(history, counts=history.counts[:, :150])
    assert isinstance(score(few), CannotTell) and isinstance(backtest(few, np.random.default_rng(1)), CannotTell)
    found = backtest(short, np.random.default_rng(1))
    assert (
        isinstance(found, CannotTell) and found.reason == "150 days leave fewer than 4 weeks to test; 168 are needed."
    )
