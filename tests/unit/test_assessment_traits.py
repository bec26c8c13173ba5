"""Do traits, norms, reliabilities and the four-fifths check give what a hand calculation gives?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from data.types import CannotTell
from services.assessment.definitions import Mapping, MetricNorm, NormGroup, Norms, Score, Trait, TraitNorm
from services.assessment.fairness import adverse_impact, risk_ratio
from services.assessment.halves import half_values, is_odd, reliabilities, spearman_brown
from services.assessment.loading import scoring
from services.assessment.measuring import measure
from services.assessment.norm_rows import norm_rows, read_norms, rounded, with_norms
from services.assessment.norming import first_values, pooled, renorm
from services.assessment.reference import crowd_trials
from services.assessment.scores import Session, band, score_sessions
from services.assessment.traits import percentiles, score_traits

NORMAL = (-1.644854, -1.281552, -0.674490, 0.0, 0.674490, 1.281552, 1.644854)
SCORES = (Score("a", "A", "t", "x", "ms"), Score("b", "B", "t", "y", "ms"), Score("k", "K", "t", "k", "", "log"))
GROUP = NormGroup(
    "all", "All",
    {"a": MetricNorm(100, 50, 10, 0.8), "b": MetricNorm(100, 0, 1, 0.6), "k": MetricNorm(100, -4, 2, 0.9)},
    {"both": TraitNorm(100, 0.5, NORMAL), "steep": TraitNorm(100, 0.0, NORMAL)},
)  # fmt: skip
BOTH = Trait("both", "Both", "It.", (("a", 0.5), ("b", -0.5)), 0.6, 45)
STEEP = Trait("steep", "Steep", "It.", (("k", -1.0),), 1, 45)
MAPPING = Mapping("m", (BOTH, STEEP), ("both",), 50)


def test_a_trait_is_a_weighted_sum_with_its_error() -> None:
    # z = 1 and 2: 0.5 - 1 = -0.5; variance 0.25 + 0.25 + 0.5 (1 - 0.5) = 0.75; composite -0.57735.
    # Mosier: 1 - (0.25 x 0.2 + 0.25 x 0.4) / 0.75 = 0.8; SE 10 sqrt(0.2). Percentile: the normal one, 28.19 %.
    found = score_traits(np.array([[60.0, 2.0, math.exp(-2)]]), SCORES, MAPPING, GROUP)
    assert found.score[0] == pytest.approx([50 - 5.7735, 40.0], abs=1e-4)
    assert found.reliability[0] == pytest.approx([0.8, 0.9]) and found.se[0, 0] == pytest.approx(4.47214, abs=1e-4)
    assert found.percentile[0] == pytest.approx([28.19, 15.87], abs=0.01)


def test_a_trait_without_enough_of_its_metrics_has_no_score() -> None:
    found = score_traits(np.array([[60.0, math.nan, 0.0]]), SCORES, MAPPING, GROUP)
    assert np.isnan(found.score).all() and np.isnan(found.se).all() and np.isnan(found.percentile).all()
    half = replace(MAPPING, traits=(replace(BOTH, least_weight=0.5),))
    assert score_traits(np.array([[60.0, math.nan, 0.0]]), SCORES, half, GROUP).score[0, 0] == pytest.approx(60)


def test_percentiles_rise_and_stay_inside() -> None:
    found = percentiles(np.array([-9, -1.644854, -0.3, 0, 1.644854, 9]), NORMAL)
    assert found == pytest.approx([0.1, 5, 38.21, 50, 95, 99.9], abs=0.01) and (np.diff(found) > 0).all()


def test_bands_begin_at_their_limits() -> None:
    shown = {score: band(score) for score in (34.99, 35, 44.99, 45, 55, 65)}
    assert shown == {
        34.99: "low",
        35: "below average",
        44.99: "below average",
        45: "average",
        55: "above average",
        65: "high",
    }


def test_two_samples_are_pooled_with_the_distance_of_their_means() -> None:
    # means 10 and 14, both with variance 4, 100 people each: mean 12, variance 4 + 2 squared
    mean, sd = pooled(100, 10, 2, MetricNorm(0, 14, 2, 0), 100)
    assert (mean, sd) == (12, pytest.approx(math.sqrt(8)))


def test_halves_become_a_whole_by_spearman_and_brown() -> None:
    assert spearman_brown(0.6) == pytest.approx(0.75) and spearman_brown(-0.4) == 0


def test_new_norms_follow_the_people_and_small_groups_keep_theirs() -> None:
    rules = scoring()
    before, rng = rules.norms[0], np.random.default_rng(5)
    column = [score.name for score in rules.scores].index("adjusted_pumps")
    values = np.full((200, len(rules.scores)), np.nan)
    values[:, column] = rng.normal(40, 5, 200)
    groups = ["managers"] * 180 + ["operators"] * 20
    made = renorm(values, groups, {"adjusted_pumps": 0.5}, before, rules, "new", date(2026, 4, 1))
    norm, old = made.groups["managers"].metrics["adjusted_pumps"], before.groups["managers"].metrics["adjusted_pumps"]
    mine = values[:180, column]
    assert norm.n == 180 and norm.mean == pytest.approx((180 * mine.mean() + 50 * old.mean) / 230)
    assert norm.reliability == pytest.approx((180 * 0.5 + 50 * old.reliability) / 230)
    assert (
        made.groups["operators"] == before.groups["operators"] and made.groups["all"].metrics["adjusted_pumps"].n == 200
    )
    assert made.groups["managers"].metrics["mean_span"] == before.groups["managers"].metrics["mean_span"]


def test_people_scored_by_their_own_norms_have_mean_50_and_deviation_10() -> None:
    rules = scoring()
    measured = measure(crowd_trials(800, 11), rules)
    values = measured.valid_values(rules)
    made = renorm(values, ["managers"] * len(values), {}, rules.norms[0], rules, "own", date(2026, 1, 1))
    found = score_traits(values, rules.scores, rules.mapping("m1"), made.groups["managers"])
    assert np.nanmean(found.score, axis=0) == pytest.approx(np.full(7, 50.0), abs=0.8)
    assert np.nanstd(found.score, axis=0) == pytest.approx(np.full(7, 10.0), abs=0.8)
    assert np.nanmean(found.percentile, axis=0) == pytest.approx(np.full(7, 50.0), abs=2.5)


def test_halves_are_odd_and_even_trials_of_each_condition() -> None:
    trials = crowd_trials(2, 1)
    odd, stroop = is_odd(trials), trials.task.are("stroop")
    first = trials.session.codes == trials.session.codes[0]
    for condition in ("congruent", "incongruent"):
        mine = odd[first & stroop & trials.words["condition"].are(condition)]
        assert mine.tolist() == [True, False] * 6


def test_reliability_is_high_where_people_differ_and_low_where_luck_decides() -> None:
    rules = scoring()
    found = reliabilities(*half_values(crowd_trials(300, 2), rules), rules)
    assert found["simple_reaction_time"] > 0.6 > 0.5 > found["go_criterion"] and "mean_span" not in found


def test_norms_can_be_kept_as_rows() -> None:
    norms = rounded(scoring().norms[0])
    titles = {name: group.title for name, group in norms.groups.items()}
    assert read_norms(norm_rows(norms), titles) == [norms]
    both = with_norms(scoring(), [Norms("later", date(2026, 4, 1), "m1", norms.groups)])
    assert [both.norms_on(date(2026, 3, 31)).version, both.norms_on(date(2026, 4, 1)).version] == ["n1", "later"]
    assert both.fingerprint != scoring().fingerprint


def test_the_first_value_of_each_metric_counts() -> None:
    rows = [np.array(row) for row in ([1.0, math.nan], [2.0, 3.0], [4.0, math.nan])]
    table, groups = first_values(["x", "x", "y"], ["g", "h", None], rows, 2)
    assert np.array_equal(table, [[1, 3], [4, math.nan]], equal_nan=True) and groups == ["g", None]


def test_the_example_of_the_uniform_guidelines_is_below_four_fifths() -> None:
    # Questions and Answers 12 (1979): 48 of 80 and 12 of 40. Katz: ln 0.5 +- 1.96 sqrt(0.7/12 + 0.4/48)
    ratio, low, high = risk_ratio(12, 40, 48, 80)
    assert (ratio, low, high) == (0.5, pytest.approx(0.30143, abs=1e-5), pytest.approx(0.82937, abs=1e-5))
    found = adverse_impact({"black": (40, 12), "white": (80, 48), "few": (4, 0)})
    assert isinstance(found, list)
    assert [(one.group, one.verdict) for one in found] == [("white", "reference"), ("black", "possible")]


def test_ten_times_the_people_make_it_sure() -> None:
    found = adverse_impact({"a": (400, 120), "b": (800, 480), "c": (500, 290)})
    assert isinstance(found, list) and [one.verdict for one in found] == ["reference", "shown", "no sign"]


def test_the_interval_covers_what_it_should() -> None:
    rng = np.random.default_rng(8)
    a, b = rng.binomial(60, 0.4, 2000), rng.binomial(90, 0.5, 2000)
    inside = [low <= 0.8 <= high for low, high in (risk_ratio(x, 60, y, 90)[1:] for x, y in zip(a, b, strict=True))]
    assert stats.binomtest(sum(inside), 2000, 0.95).pvalue > 1e-3


def test_nobody_of_a_group_still_has_an_interval() -> None:
    ratio, low, high = risk_ratio(0, 20, 10, 20)
    assert ratio == 0 and low == 0 and 0 < high < 1
    assert isinstance(adverse_impact({"a": (20, 0), "b": (20, 0)}), CannotTell)
    assert isinstance(adverse_impact({"a": (20, 3)}), CannotTell)


def test_a_session_that_cannot_be_believed_has_metrics_but_no_traits() -> None:
    rules = scoring()
    trials = crowd_trials(3, 4, careless=1)
    found = score_sessions(measure(trials, rules), {"p-0001": Session("p", 86_400_000 * 20_000)}, rules)
    states = {row["session"]: (row["valid"], row["reason"], row["outcome"]) for row in found.results}
    assert states["p-0000"] == ("flagged", "too_fast", "not assessed") and states["p-0001"][0] == "valid"
    assert {row["session"] for row in found.traits} == {"p-0001", "p-0002"}
    assert {row["valid"] for row in found.session_metrics if row["session"] == "p-0000"} == {"flagged"}
