"""Are rates smoothed, compared and cross-tabulated as their sources have it?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency

from data.types import CannotTell
from services.spatial.rates import Smoothed, difference, over_represented, smooth


def test_smoothed_rates_are_pysals_on_the_homicides_of_st_louis() -> None:
    """esda's Empirical_Bayes on HC7984 and PO7984."""
    from data.settings import ROOT

    path = ROOT.parent / "shared" / "data" / "geo" / "stl" / "stl_hom.csv"
    if not path.exists():
        pytest.skip(f"no public data in {path.parent}")
    import pandas as pd
    from esda.smoothing import Empirical_Bayes

    table = pd.read_csv(path)
    events, people = table["HC7984"].to_numpy(float), table["PO7984"].to_numpy(float)
    found = smooth(events, people)
    assert isinstance(found, Smoothed)
    np.testing.assert_allclose(found.smoothed, Empirical_Bayes(events, people).r.ravel(), rtol=1e-9)


def test_a_place_without_people_gets_the_mean_and_chance_alone_is_smoothed_away() -> None:
    found = smooth(np.array([10.0, 9, 11, 0]), np.array([1000.0, 1000, 1000, 0]))
    assert isinstance(found, Smoothed) and np.isnan(found.raw[3])
    assert found.variance == 0 and found.smoothed == pytest.approx([0.01] * 4)
    assert isinstance(smooth(np.zeros(3), np.ones(3)), CannotTell)


def test_a_difference_is_the_conditional_test_of_two_rates() -> None:
    first, second = np.array([30.0, 5, 0, 0, 12]), np.array([60.0, 5, 4, 0, 3])
    found = difference(first, second, 30.0, 30.0)
    exact = [binomtest(int(b), int(a + b), 0.5).pvalue for a, b in zip(first[:3], second[:3], strict=True)]
    assert np.all(found.p[:3] <= exact) and found.p[0] == pytest.approx(exact[0], rel=0.4)
    assert found.ratio[:3].tolist() == [2, 1, np.inf] and found.p[1] == 1
    assert np.isnan(found.p[3]) and np.isnan(found.q[3]) and np.isnan(found.ratio[3])
    assert found.low[0] > 1 and found.low[1] < 1 < found.high[1] and np.isinf(found.high[2])
    interval = binomtest(60, 90).proportion_ci(0.95)
    assert (found.low[0], found.high[0]) == pytest.approx(
        (interval.low / (1 - interval.low), interval.high / (1 - interval.high))
    )
    # four events, none before: mid-p by hand is (1/2)^4, both sides
    assert found.p[2] == pytest.approx(2 * 0.5**4 / 2)


def test_a_difference_knows_periods_of_unequal_length() -> None:
    found = difference(np.array([300.0]), np.array([100.0]), 90.0, 30.0)
    assert found.ratio[0] == pytest.approx(1) and found.p[0] > 0.9


def test_over_represented_categories_by_two_by_two() -> None:
    """In a 2 x 2 table the square of the adjusted residual is the chi-square statistic."""
    table = np.array([[30.0, 10], [20, 40]])
    lift, z, q = over_represented(table)
    assert z[0, 0] ** 2 == pytest.approx(chi2_contingency(table, correction=False).statistic)
    assert lift[0, 0] == pytest.approx(30 / (40 * 50 / 100)) and (q < 0.001).all()
    rare = over_represented(np.array([[1.0, 400], [0, 400]]))
    assert np.isnan(rare[2][:, 0]).all() and not np.isnan(rare[2][:, 1]).any()
