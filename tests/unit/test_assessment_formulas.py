"""Do the formulas of assessments give what a hand calculation gives?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from services.assessment.definitions import Task
from services.assessment.flags import flags_of
from services.assessment.formulas import FORMULAS
from services.assessment.formulas.detection import sensitivity
from services.assessment.formulas.discounting import choice_k
from services.assessment.groups import commonest_shares, longest_runs, medians
from services.assessment.trials import NUMBERS, WORDS, Played, played, read_trials


def task(kind: str, **rules: Any) -> Task:
    return Task("it", "It", "Do it.", kind, 10, rules.pop("least_trials", 1), "Nobody 1900", **rules)


def trials(session: str = "s", **columns: Any) -> dict[str, Any]:
    n = max(len(values) for values in columns.values())
    found: dict[str, Any] = {"session": [session] * n, "task": ["it"] * n, "occurred_at": list(range(n))}
    found |= {name: [float("nan")] * n for name in NUMBERS} | {name: [None] * n for name in WORDS}
    return found | {"trial_no": [float(i + 1) for i in range(n)]} | {k: list(v) for k, v in columns.items()}


def play(*parts: dict[str, Any]) -> Played:
    return played(read_trials({name: [v for part in parts for v in part[name]] for name in parts[0]}), "it")


def measures(kind: str, *parts: dict[str, Any], **rules: Any) -> dict[str, list[float]]:
    found = FORMULAS[kind](play(*parts), task(kind, **rules))
    return {name: values.tolist() for name, values in found.items()}


def test_adjusted_pumps_are_the_mean_of_balloons_that_did_not_burst() -> None:
    some = trials(level=[10, 20, 30, 6], response=["collected", "collected", "burst", "collected"])
    none = trials("t", level=[9, 8], response=["burst", "burst"])
    found = measures("balloons", some, none)
    assert found["adjusted_pumps"][0] == 12 and math.isnan(found["adjusted_pumps"][1])
    assert found["burst_share"] == [0.25, 1.0]


def test_sensitivity_and_criterion_follow_from_corrected_rates() -> None:
    # 20 hits of 24: (20 + 0.5) / 25 = 0.82, z 0.91537; 2 alarms of 8: 2.5 / 9 = 0.27778, z -0.58946
    d_prime, criterion = sensitivity(*(np.array([n], float) for n in (20, 24, 2, 8)))
    assert d_prime[0] == pytest.approx(0.91537 + 0.58946, abs=2e-5)
    assert criterion[0] == pytest.approx(-(0.91537 - 0.58946) / 2, abs=2e-5)


def test_rates_of_nought_and_one_stay_finite() -> None:
    # 24 of 24: 24.5 / 25 = 0.98, z 2.05375; 0 of 8: 0.5 / 9 = 0.05556, z -1.59322
    d_prime, criterion = sensitivity(*(np.array([n], float) for n in (24, 24, 0, 8)))
    assert d_prime[0] == pytest.approx(3.64697, abs=2e-5) and criterion[0] == pytest.approx(-0.230265, abs=2e-5)
    nothing, _ = sensitivity(*(np.array([n], float) for n in (0, 0, 3, 8)))
    assert math.isnan(nothing[0])


def test_go_no_go_counts_commission_and_omission_errors() -> None:
    some = trials(
        condition=["go"] * 6 + ["no_go"] * 4, response=["press"] * 5 + ["none", "press", "none", "none", "none"],
        reaction_ms=[300, 310, 320, 330, 340, math.nan, 250, math.nan, math.nan, math.nan],
    )  # fmt: skip
    found = measures("detection", some)
    assert (found["false_alarms"], found["false_alarm_share"]) == ([1.0], [0.25])
    assert found["miss_share"] == [pytest.approx(1 / 6)] and found["reaction_ms"] == [320.0]


def test_reaction_times_are_trimmed_in_three_steps() -> None:
    # 90 is no reaction, 5000 a lapse; of the others the median is 325 and the deviation 15: 900 lies 575 away, more
    # than 3 x 1.4826 x 15 = 66.7. The median of what remains is 320.
    some = trials(reaction_ms=[300, 310, 320, 330, 340, 900, 90, 5000], response=["press"] * 8)
    found = measures("reactions", some, fastest_ms=100, slowest_ms=2000)
    assert found == {"reaction_ms": [320.0], "early_share": [0.125], "lapse_share": [0.125]}
    assert math.isnan(measures("reactions", trials(reaction_ms=[300] * 4))["reaction_ms"][0])


def test_interference_is_the_difference_of_medians_of_correct_answers() -> None:
    some = trials(
        condition=["congruent"] * 6 + ["incongruent"] * 6, correct=["yes"] * 5 + ["no"] + ["yes"] * 5 + ["no"],
        reaction_ms=[400, 410, 420, 430, 440, 200, 460, 470, 480, 490, 500, 1400],
    )  # fmt: skip
    found = measures("interference", some)
    assert found == {"interference_ms": [60.0], "reaction_ms": [420.0], "accuracy": [pytest.approx(10 / 12)]}


def test_spans_count_every_attempt() -> None:
    # 4: 2 of 2, 5: 2 of 2, 6: 1 of 2, 7: none: mean span 3.5 + 1 + 1 + 0.5
    some = trials(level=[4, 4, 5, 5, 6, 6, 7, 7], correct=["yes"] * 4 + ["no", "yes", "no", "no"])
    found = measures("spans", some, trials("t", level=[4, 4], correct=["no", "no"]))
    assert found == {"longest_span": [6.0, 0.0], "mean_span": [6.0, 3.5]}


def choices(log_k: list[float], later: list[bool], session: str = "s") -> dict[str, Any]:
    k = np.exp(log_k)
    return trials(
        session, amount=[10.0] * len(k), reference_amount=(10 * (1 + 100 * k)).tolist(), delay_days=[100.0] * len(k),
        response=["later" if waits else "now" for waits in later],
    )  # fmt: skip


def test_a_choice_is_indifferent_where_the_hyperbola_says_so() -> None:
    # 55 now or 75 in 61 days: (75/55 - 1) / 61 = 0.005961, as Kirby's table has it (0.0060)
    found = choice_k(*(np.array(values, float) for values in ([55, 10, 10], [75, 9, 20], [61, 30, 0])))
    assert found[0] == pytest.approx(0.0060, abs=5e-5) and np.isnan(found[1:]).all()


def test_discounting_is_fitted_to_the_choices() -> None:
    # consistent choices, symmetric around ln k = -4.5: the geometric mean of the two nearest
    steady = choices([-6, -5, -4, -3], [False, False, True, True])
    found = measures("discounting", steady)
    assert found["k"] == [pytest.approx(math.exp(-4.5))] and found["consistency"] == [1.0]
    # the same with one contradiction on each side stays in the middle, with two in six against it
    torn = choices([-7, -6, -5, -4, -3, -2], [False, True, False, True, False, True])
    found = measures("discounting", torn)
    assert found["k"] == [pytest.approx(math.exp(-4.5))] and found["consistency"] == [pytest.approx(4 / 6)]


def test_discounting_finds_the_k_that_made_the_choices() -> None:
    rng, truth = np.random.default_rng(3), np.array([-6.5, -4.5, -2.5])
    log_k = rng.uniform(-8, -1, (3, 400))
    parts = [
        choices(log_k[i].tolist(), (rng.random(400) < 1 / (1 + np.exp(-2 * (log_k[i] - t)))).tolist(), f"s{i}")
        for i, t in enumerate(truth)
    ]
    assert np.log(measures("discounting", *parts)["k"]) == pytest.approx(truth, abs=0.25)


def test_who_never_waits_gets_the_steepest_k_that_can_be_told() -> None:
    found = measures("discounting", choices([-6, -5, -4], [False] * 3), choices([-6, -5, -4], [True] * 3, "t"))
    assert found["k"][0] == pytest.approx(2 * math.exp(-4), rel=0.03)
    assert found["k"][1] == pytest.approx(math.exp(-6) / 2, rel=0.03)


def test_what_is_sent_returned_and_given_is_a_part_of_what_one_had() -> None:
    roles = ["investor", "investor", "trustee", "trustee", "dictator", "dictator"]
    some = trials(condition=roles, amount=[5, 10, 6, 0, 4, 6], reference_amount=[10, 10, 15, 15, 20, 20])
    assert measures("exchanges", some) == {"sent_share": [0.75], "returned_share": [0.2], "given_share": [0.25]}
    lone = measures("exchanges", trials(condition=["dictator"], amount=[5], reference_amount=[20]))
    assert math.isnan(lone["sent_share"][0]) and lone["given_share"] == [0.25]


def test_medians_of_groups_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    group, values = np.sort(rng.integers(0, 30, 500)), rng.normal(size=500)
    kept = rng.random(500) < 0.8
    ours = medians(group, 31, values, kept)
    assert np.isnan(ours[30])
    for number in range(30):
        assert ours[number] == pytest.approx(np.median(values[kept & (group == number)]))


def test_runs_and_common_answers_end_with_the_group() -> None:
    group, answers = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([7, 5, 5, 5, 5, 6, 5])
    assert longest_runs(group, 3, answers).tolist() == [2, 2, 0]
    assert commonest_shares(group, 2, answers).tolist() == [pytest.approx(2 / 3), 0.75]


def test_flags_tell_the_careless_from_the_careful() -> None:
    steady = trials("careful", response=["left", "right"] * 5, reaction_ms=[400 + 10 * i for i in range(10)])
    quick = trials("quick", response=["left", "right"] * 5, reaction_ms=[100] * 3 + [400] * 7)
    same = trials("same", response=["left"] * 10, reaction_ms=[400] * 10)
    short = trials("short", response=["left", "right"], reaction_ms=[400, 410])
    rules = task("interference", least_trials=5, too_fast_share=0.2, same_answer="response", same_share=0.9)
    found = play(steady, quick, same, short)
    names = [found.trials.session.values[code] for code in found.sessions]
    raised = {
        flag: {n for n, up in zip(names, values, strict=True) if up} for flag, values in flags_of(found, rules).items()
    }
    assert raised == {"too_fast": {"quick"}, "straight_lining": {"same"}, "too_few": {"short"}}


def test_a_median_below_what_reading_takes_is_too_fast() -> None:
    quick, slow = trials("a", reaction_ms=[300, 350, 2000]), trials("b", reaction_ms=[300, 900, 2000])
    rules = task("discounting", fastest_ms=250, too_fast_median_ms=400)
    assert flags_of(play(quick, slow), rules)["too_fast"].tolist() == [True, False]


def test_a_trial_that_came_twice_counts_once_and_order_does_not_matter() -> None:
    once = trials(level=[10, 20, 30], response=["collected"] * 3)
    twice = {name: [*values[::-1], values[0]] for name, values in once.items()}
    assert measures("balloons", once) == measures("balloons", twice) == {"adjusted_pumps": [20.0], "burst_share": [0.0]}
