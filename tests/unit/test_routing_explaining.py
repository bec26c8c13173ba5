"""Is each proposed change enough, and would a smaller one not be?"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

from services.routing import Explanation, Wish, explain, solve
from services.routing.changes import apply
from services.routing.checking import wrong_with_plan
from services.routing.plans import Day
from services.routing.schedules import fits
from tests.unit.routing_days import longer, officer, road, stop

QUICK = Wish(seconds=0.1, processes=1, clock=time.thread_time)


def only(day: Day) -> Explanation:
    """The explanation of the one unserved stop; what it proposes is applied and seen to serve."""
    made = solve(day, QUICK)
    assert len(made.unserved) == 1
    found = explain(day, made, seconds=1)[0]
    for proposal in found.proposals:
        changed = apply(day, proposal.change)
        served = {name for route in proposal.plan.routes for name in route.stops}
        assert wrong_with_plan(changed, proposal.plan) == [] and found.stop in served
        dropped = {proposal.change.drops} - {""}
        assert {stop.id for stop in day.stops} - served == dropped
    sizes = [proposal.size for proposal in found.proposals]
    assert sizes == sorted(sizes)
    return found


def serves_all(day: Day) -> bool:
    """Whether one officer can serve every stop in some order."""
    return any(fits(day, 0, order) for order in itertools.permutations(range(len(day.stops))))


def test_overtime_is_the_least_that_is_enough() -> None:
    """Two stops of 30 min at 10 and 20 min from the base need 100 min; the shift has 72."""
    day = road([(10, stop("a", 30, priority=4)), (20, stop("b", 30))], [officer("2", 0, 72)])
    found = only(day)
    assert found.sentence == "There is no room for it beside what is served. Smallest change: +28 min for officer 2."
    assert serves_all(longer(day, 0, 28 * 60)) and not serves_all(longer(day, 0, 27 * 60))


def test_overtime_may_put_the_route_in_another_order() -> None:
    """Inserted on the found route the stop makes the officer later than on the best order of all three."""
    stops = [
        (10, stop("a", 10, opens=0, closes=60, priority=5)), (40, stop("b", 10, opens=0, closes=60, priority=5)),
        (25, stop("c", 40, priority=1)),
    ]  # fmt: skip
    day = road(stops, [officer("o", 0, 100)])
    found = next(one for one in only(day).proposals if one.change.kinds == ("overtime",))
    least = next(extra for extra in range(0, 7200, 60) if serves_all(longer(day, 0, extra)))
    assert found.change.extra_s == least == 40 * 60


def test_a_window_is_opened_no_longer_than_needed() -> None:
    """The officer comes at 8:00 + 20 min at the earliest; the stop wants to be begun by 8:05."""
    day = road([(20, stop("late", 10, closes=485)), (5, stop("a", 10, opens=540))], [officer("o", 480, 600)])
    found = only(day)
    assert found.why == "Nobody can be there within its window and back within the shift."
    assert found.proposals[0].sentence == "window to 08:20" and found.proposals[0].size == 15


def test_a_window_may_have_to_open_earlier() -> None:
    """Begun by 9:20 at the latest the officer is back at 10:00; the stop opens at 9:45."""
    day = road([(30, stop("early", 10, opens=585, closes=700))], [officer("o", 480, 600)])
    sentences = [one.sentence for one in only(day).proposals]
    assert sentences[:2] == ["window from 09:20", "+25 min for officer o"] or sentences[:2] == [
        "+25 min for officer o", "window from 09:20",
    ]  # fmt: skip


def test_a_missing_skill_and_missing_room_are_named() -> None:
    skilled = road([(5, stop("a", skills=frozenset({"electrician"})))], [officer("1", name="Ada"), officer("2")])
    found = only(skilled)
    assert found.why == "No officer who may serve it has electrician."
    assert found.proposals[0].sentence == "skill electrician for Ada"
    heavy = road([(5, stop("a", load=7))], [officer("1", capacity=5)])
    assert only(heavy).proposals[0].sentence == "+2 load for officer 1"


def test_two_changes_together_only_where_neither_is_enough() -> None:
    day = road([(40, stop("a", 30, skills=frozenset({"gas"})))], [officer("1", 0, 100)])
    kinds = [one.change.kinds for one in only(day).proposals]
    assert ("overtime", "skill") in kinds and ("overtime",) not in kinds and ("skill",) not in kinds
    both = next(one for one in only(day).proposals if one.change.kinds == ("overtime", "skill"))
    assert both.sentence == "+10 min for officer 1 and skill gas for officer 1"


def test_leaving_out_another_stop_is_proposed_and_counts_its_priority() -> None:
    stops = [(10, stop("14", 60, priority=3)), (10, stop("b", 60, priority=3))]
    day = road(stops, [officer("o", 0, 90)])
    found = {one.change.kinds: one for one in only(day).proposals}
    assert found[("drop",)].sentence in ("drops stop 14", "drops stop b") and found[("drop",)].size == 120
    higher = replace(day, stops=(replace(day.stops[0], priority=4), day.stops[1]))
    assert {one.change.kinds: one.size for one in only(higher).proposals}[("drop",)] == 360


def test_one_more_officer_serves_what_no_shift_can() -> None:
    day = road([(30, stop("night", 10, opens=1200, closes=1200))], [officer("o", 480, 600)])
    hired = next(one for one in only(day).proposals if one.change.kinds == ("officer",))
    assert hired.sentence == "one more officer, 19:30 to 21:11"


def test_a_pinned_stop_is_not_offered_to_others() -> None:
    day = road([(40, stop("a", 30))], [officer("1", 0, 100), officer("2", 0, 500)], pinned={"a": "1"})
    assert [one.sentence for one in only(day).proposals if one.change.officer == "2"] == []
    assert only(day).proposals[0].sentence == "+10 min for officer 1"
