"""Are routes as good as trying everything, and do they keep what is locked?"""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace

import pytest

from data.errors import BadInput
from services.routing import Wish, improve, solve
from services.routing.checking import wrong_with_plan
from services.routing.plans import Day
from services.routing.schedules import fits
from services.routing.settling import Work, fill, work_of, worth_of
from services.routing.solving import longest_s
from tests.unit.routing_days import officer, road, stop

QUICK = Wish(seconds=0.1, processes=1, clock=time.thread_time)


def every(day: Day) -> list[Work]:
    """All possible work of two officers on the day's stops."""
    found = []
    for order in itertools.permutations(range(len(day.stops))):
        for taken in range(len(order) + 1):
            for first in range(taken + 1):
                work = (order[:first], order[first:taken])
                if all(fits(day, number, sequence) for number, sequence in enumerate(work)):
                    found.append(work)
    return found


def random_day(seed: int) -> Day:
    rng = random.Random(seed)
    stops = []
    for number in range(5):
        opens, skills = rng.choice([0, 0, 30, 60]), frozenset({"gas"} if rng.random() < 0.3 else ())
        stops.append((rng.randrange(-25, 25), stop(
            str(number), rng.randrange(5, 25), opens, opens + rng.choice([20, 60, 500]), skills=skills,
            priority=rng.randrange(1, 6), load=rng.randrange(3))))  # fmt: skip
    crew = [officer("o", 0, 100, [(40, 70, 15)], capacity=3), officer("p", 10, 90, skills=frozenset({"gas"}))]
    return road(stops, crew)


@pytest.mark.parametrize("seed", range(5))
def test_small_days_are_solved_as_well_as_by_trying_everything(seed: int) -> None:
    day = random_day(seed)
    best = min(worth_of(day, work) for work in every(day))
    made = solve(day, replace(QUICK, seconds=0.6))
    assert wrong_with_plan(day, made) == []
    assert worth_of(day, work_of(day, made)) == best


def test_the_more_important_stop_is_served_when_there_is_time_for_one() -> None:
    day = road([(20, stop("far", 30, priority=4)), (-5, stop("near", 30, priority=2))], [officer("o", 0, 75)])
    made = solve(day, QUICK)
    assert (made.routes[0].stops, made.unserved, made.cost_s) == (("far",), ("near",), 2400)


def test_stops_begun_with_stay_first_and_pinned_ones_with_their_officer() -> None:
    stops = [(30, stop("far")), (5, stop("near")), (10, stop("next")), (12, stop("mine"))]
    day = road(stops, [officer("o"), officer("p")], begun={"o": ("far", "near")}, pinned={"mine": "p"})
    made = solve(day, QUICK)
    assert wrong_with_plan(day, made) == [] and made.unserved == ()
    assert made.routes[0].stops[:2] == ("far", "near") and "mine" in made.routes[1].stops


def test_what_cannot_be_kept_on_a_route_is_refused_in_words() -> None:
    day = road([(30, stop("a"))], [officer("o", 0, 50)], begun={"o": ("a",)})
    with pytest.raises(BadInput, match="Officer `o` is back at 01:10 from a alone, after the shift"):
        solve(day, QUICK)


def test_balanced_work_is_shared() -> None:
    """One officer alone drives least; shared, nobody works longer than 62 minutes (two stops of 20, 22 of driving)."""
    stops = [(10 + number, stop(str(number), 20)) for number in range(4)]
    day = road(stops, [officer("o", 0, 300), officer("p", 0, 300)])
    alone, shared = solve(day, QUICK), solve(day, Wish(0.4, processes=1, balanced=True, clock=time.thread_time))
    assert longest_s(day, work_of(day, alone)) == 106 * 60
    assert shared.unserved == () and wrong_with_plan(day, shared) == []
    assert longest_s(day, work_of(day, shared)) <= 66 * 60


def test_improving_never_makes_a_plan_worse_and_tells_of_progress() -> None:
    day, heard = random_day(3), []
    made = solve(day, QUICK)
    better = improve(day, made, replace(QUICK, seed=9), lambda share, cost: heard.append((share, cost)))
    assert worth_of(day, work_of(day, better)) <= worth_of(day, work_of(day, made))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[0] >= 0 and 2 / 3 <= shares[-1] <= 1
    assert heard[-1][1] >= better.cost_s


def test_a_day_with_far_more_stops_than_time_is_searched_not_only_filled() -> None:
    """Stops that officers may not serve, and prizes, must not lead the search to routes that keep no limit."""
    rng = random.Random(4)
    stops = []
    for number in range(60):
        opens, skills = rng.choice([0, 0, 120, 300]), frozenset(rng.choice([[], [], ["gas"], ["water"]]))
        stops.append((rng.randrange(-40, 40), stop(
            str(number), rng.choice([10, 15, 30]), opens, opens + 150 if opens else 480, skills=skills,
            priority=rng.randrange(1, 6))))  # fmt: skip
    crew = [officer(name, 0, 480, skills=frozenset({skill})) for name, skill in [("o", "gas"), ("p", "water")]]
    day = road(stops, crew)
    filled = fill(day, ((), ()))
    made = solve(day, replace(QUICK, seconds=0.8))
    assert wrong_with_plan(day, made) == []
    assert worth_of(day, work_of(day, made))[0] < 0.6 * worth_of(day, filled)[0]


def test_nothing_to_do_is_a_plan_too() -> None:
    made = solve(road([], [officer("o")]), QUICK)
    assert (made.routes[0].visits, made.cost_s, made.unserved) == ((), 0, ())
