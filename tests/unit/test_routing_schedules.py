"""Are the times on a route the earliest that are possible, breaks and windows kept?"""

from __future__ import annotations

import random

from services.routing.checking import wrong_with_day, wrong_with_plan
from services.routing.plans import Day, Plan
from services.routing.schedules import finish_s, fits, route
from services.routing.settling import plan
from tests.unit.routing_days import minutes, officer, road, stop


def earliest(day: Day, sequence: tuple[int, ...]) -> int | None:
    """The end of the day by trying every start of every break in whole minutes, in every leg."""
    who, path = day.officers[0], [*sequence, day.end_of(0)]
    ends: list[int] = []

    def leg(at: int, number: int, now: int, left: int, taken: int) -> None:
        for rest in who.breaks[taken : taken + 1]:
            for begin in range(max(now, rest.opens_s), rest.latest_s + 1, 60):
                leg(at, number, begin + rest.lasts_s, max(0, left - (begin - now)), taken + 1)
        now += left
        if number == len(sequence):
            if all(now <= rest.latest_s for rest in who.breaks[taken:]):
                ends.append(now)
            return
        what = day.stops[path[number]]
        begin = max(now, what.opens_s)
        if begin <= what.closes_s:
            way = int(day.travel.seconds[path[number], path[number + 1]])
            leg(path[number], number + 1, begin + what.service_s, way, taken)

    leg(day.start_of(0), 0, who.from_s, int(day.travel.seconds[day.start_of(0), path[0]]), 0)
    return min(ends, default=None)


def test_the_end_of_a_day_equals_trying_every_way_to_take_breaks() -> None:
    rng, possible = random.Random(5), 0
    for _ in range(300):
        stops = []
        for number in range(3):
            opens = rng.randrange(0, 30)
            stops.append(
                (rng.randrange(1, 9), stop(str(number), rng.randrange(1, 6), opens, opens + rng.randrange(2, 30)))
            )
        first, second = rng.randrange(0, 20), rng.randrange(20, 40)
        rests = [(first, first + rng.randrange(0, 8), rng.randrange(1, 6)), (second, second + 6, 3)]
        day = road(stops, [officer("o", 0, 200, rests[: rng.randrange(0, 3)])])
        sequence = tuple(rng.sample(range(3), 3))
        expected = earliest(day, sequence)
        assert finish_s(day, 0, sequence) == expected
        if expected is not None:
            possible += 1
            made = Plan((route(day, 0, sequence),), (), 0, "")
            assert wrong_with_plan(day, made) == []
    assert 100 < possible < 300


def test_times_of_a_route_by_hand() -> None:
    """8:00 off, 30 min to a (20 min there), break of 30 due 9:00 to 9:30 on the way to b, which opens at 11:00."""
    stops = [(30, stop("a", 20)), (90, stop("b", 15, opens=660, closes=720))]
    day = road(stops, [officer("o", 480, 840, [(540, 570, 30)])])
    found = route(day, 0, (0, 1))
    a, b = found.visits
    assert [a.arrive_s, a.begin_s, a.leave_s] == minutes(510, 510, 530)
    assert [(rest.begin_s, rest.end_s) for rest in found.rests] == [tuple(minutes(540, 570))]
    assert [b.arrive_s, b.begin_s, b.leave_s, b.wait_s] == minutes(620, 660, 675, 40)
    assert (found.end_s, found.drive_s, found.distance_m) == (765 * 60, 180 * 60, 180_000)
    assert [b.drive_s, b.distance_m] == [3600, 60_000]


def test_who_is_back_before_a_break_is_due_needs_none() -> None:
    day = road([(10, stop("a", 10))], [officer("o", 0, 60, [(40, 50, 30)])])
    assert route(day, 0, (0,)).rests == ()
    late = road([(10, stop("a", 35))], [officer("o", 0, 60, [(40, 50, 30)])])
    assert finish_s(late, 0, (0,)) == 85 * 60 and not fits(late, 0, (0,))


def test_skills_load_and_pins_are_limits() -> None:
    stops = [(1, stop("a", skills=frozenset({"gas"}))), (2, stop("b", load=3))]
    plain, skilled = officer("p", capacity=2), officer("s", capacity=3, skills=frozenset({"gas"}))
    day = road(stops, [plain, skilled], pinned={"b": "p"})
    assert [fits(day, 0, (0,)), fits(day, 1, (0,)), fits(day, 0, (1,)), fits(day, 1, (1,))] == [
        False,
        True,
        False,
        False,
    ]


def test_the_check_of_a_plan_finds_what_is_wrong() -> None:
    day = road([(10, stop("a", 10, closes=15)), (30, stop("b", 10))], [officer("o", 0, 90), officer("p", 0, 20)])
    good = plan(day, ((0, 1), ()))
    assert wrong_with_plan(day, good) == []
    assert wrong_with_plan(day, plan(day, ((0,), ()))) == []
    tight = road([(10, stop("a", 10, closes=5)), (30, stop("b", 10))], day.officers)
    assert wrong_with_plan(tight, good) == ["Officer o: stop a begins at 00:10, outside its window"]
    far = road([(12, stop("a", 10)), (30, stop("b", 10))], day.officers)
    assert wrong_with_plan(far, good) == ["Officer o: stop a begins before one can be there"]
    resting = road([(10, stop("a", 10)), (30, stop("b", 10))], [officer("o", 0, 90, [(20, 30, 5)]), officer("p")])
    assert wrong_with_plan(resting, good) == ["Officer o: misses the break that begins by 00:30"]
    assert wrong_with_plan(day, plan(day, ((), (1,)))) == ["Officer p: works outside the shift"]


def test_a_day_that_makes_no_sense_is_told() -> None:
    day = road([(1, stop("a", priority=7)), (2, stop("a"))], [officer("o", 20, 10)])
    assert wrong_with_day(day) == [
        "Two stops are called `a`; expected a name of its own for each.",
        "Stop `a`, field priority: found 7, expected 1 to 5.",
        "The shift of officer `o` ends at 00:10, before it has begun.",
    ]
    begun = road([(50, stop("a", closes=20))], [officer("o")], begun={"o": ("a",)})
    assert wrong_with_day(begun) == ["Officer `o` cannot serve a in this order within windows and breaks."]
