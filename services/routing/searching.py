"""Which routes are best, as far as can be found in the time given?

Hybrid genetic search (Vidal 2012) as PyVRP implements it (Wouda, Lan & Kool 2024). With two processes each searches
from a seed of its own and hands the best it has to the other every second.
"""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyvrp import CostEvaluator, PenaltyManager, Population, ProblemData, Solution

Progress = Callable[[float, int], None]
Clock = Callable[[], float]
Sequences = tuple[tuple[int, tuple[int, ...]], ...]
_HAND_OVER_S = 1.0
_TELL_S = 0.25
_WORTH_S = 3.0  # starting a second process takes a second or so
_GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class Found:
    """The best solution: (vehicle type, visits as location indices) by route, its cost, whether it keeps all limits."""

    routes: Sequences
    cost: int
    feasible: bool
    iterations: int


class _Watch:
    """Says when to stop; on the way tells of progress and exchanges solutions with the other process."""

    def __init__(self, seconds: float, clock: Clock, progress: Progress | None, other: Connection | None) -> None:
        self._clock, self._progress, self._other = clock, progress, other
        self._began = clock()
        self._ends = self._began + seconds
        self._seconds = seconds
        self._tell_at = self._began
        self._hand_at = self._began + _HAND_OVER_S
        self._sent = float("inf")
        self.population: Population | None = None
        self.evaluator: Callable[[], CostEvaluator] | None = None
        self.data: ProblemData | None = None
        self.iterations = 0

    def __call__(self, best_cost: float) -> bool:
        self.iterations += 1
        now = self._clock()
        if self._progress is not None and now >= self._tell_at:
            self._tell_at = now + _TELL_S
            self._progress(min(1.0, (now - self._began) / self._seconds), int(min(best_cost, 2**62)))
        if self._other is not None and now >= self._hand_at:
            self._hand_at = now + _HAND_OVER_S
            self._exchange(self._other)
        return now >= self._ends

    def _exchange(self, other: Connection) -> None:
        assert self.population is not None and self.evaluator is not None and self.data is not None
        evaluator = self.evaluator()
        feasible = [solution for solution in self.population if solution.is_feasible()]
        best = min(feasible, key=evaluator.cost, default=None)
        try:
            while other.poll():
                self.population.add(_solution(self.data, other.recv()), evaluator)
            if best is not None and evaluator.cost(best) < self._sent:
                self._sent = evaluator.cost(best)
                other.send(_sequences(best))
        except (EOFError, OSError):
            self._other = None  # the other one is done


def search(
    data: ProblemData,
    seconds: float,
    seed: int,
    warm: Sequence[Sequences] = (),
    progress: Progress | None = None,
    processes: int = 1,
    clock: Clock = time.monotonic,
) -> Found:
    """The best solution found in about `seconds`, beginning from `warm` ones where given.

    `progress` hears the share of the time gone and the best cost. Two `processes` are used where there is time for it.
    """
    if processes > 1 and seconds > _WORTH_S:
        return _together(data, seconds, seed, warm, progress)
    return _alone(data, _Watch(seconds, clock, progress, None), seed, warm)


def _alone(data: ProblemData, watch: _Watch, seed: int, warm: Sequence[Sequences]) -> Found:
    from pyvrp import GeneticAlgorithm, Population, RandomNumberGenerator, Solution
    from pyvrp.crossover import ordered_crossover, selective_route_exchange
    from pyvrp.diversity import broken_pairs_distance
    from pyvrp.exceptions import PenaltyBoundWarning
    from pyvrp.search import NODE_OPERATORS, ROUTE_OPERATORS, LocalSearch, compute_neighbours

    rng = RandomNumberGenerator(seed)
    local = LocalSearch(data, rng, compute_neighbours(data, _neighbourhood()))
    for node in NODE_OPERATORS:
        if node.supports(data):
            local.add_node_operator(node(data))
    for route in ROUTE_OPERATORS:
        if route.supports(data):
            local.add_route_operator(route(data))
    penalties = _penalties(data)
    population = Population(broken_pairs_distance, _population())
    watch.population, watch.evaluator, watch.data = population, penalties.cost_evaluator, data
    first = [_solution(data, routes) for routes in warm]
    first += [Solution.make_random(data, rng) for _ in range(_population().min_pop_size)]
    crossover = selective_route_exchange if data.num_vehicles > 1 else ordered_crossover
    genetic = GeneticAlgorithm(data, penalties, rng, population, local, crossover, first)
    with warnings.catch_warnings():  # what cannot be done is an answer here: relaxations are asked about
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        best = genetic.run(watch, collect_stats=False).best
    cost = penalties.cost_evaluator().penalised_cost(best)
    return Found(_sequences(best), cost, best.is_feasible(), watch.iterations)


def _penalties(data: ProblemData) -> PenaltyManager:
    """PyVRP's first penalties, but never so low that a prize is worth a route that is late by a quarter of an hour.

    Otherwise the search of a day with more stops than time begins with routes that serve all and keep no limit.
    """
    from pyvrp import PenaltyManager

    worth = max((client.prize for client in data.clients()), default=0)
    loads, late, far = PenaltyManager.init_from(data).penalties()
    return PenaltyManager(([max(load, worth / 2) for load in loads] if worth else loads, max(late, worth / 900), far))


def _population() -> Any:
    from pyvrp import PopulationParams

    return PopulationParams(min_pop_size=5, generation_size=8)


def _neighbourhood() -> Any:
    from pyvrp.search import NeighbourhoodParams

    return NeighbourhoodParams(num_neighbours=15)


def _solution(data: ProblemData, routes: Sequences) -> Solution:
    from pyvrp import Route, Solution

    return Solution(data, [Route(data, list(visits), vehicle) for vehicle, visits in routes])


def _sequences(solution: Solution) -> Sequences:
    return tuple((route.vehicle_type(), tuple(route.visits())) for route in solution.routes())


def _island(pipe: Connection, other: Connection, data: ProblemData, ends_at: float, seed: int, warm: Any) -> None:
    """What the second process does: search until its time is over, and say what was found."""
    pipe.send(_alone(data, _Watch(max(0.1, ends_at - time.time()), time.monotonic, None, other), seed, warm))


def _together(
    data: ProblemData, seconds: float, seed: int, warm: Sequence[Sequences], progress: Progress | None
) -> Found:
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    back, forth = context.Pipe(duplex=False)
    process = context.Process(
        target=_island, args=(forth, theirs, data, time.time() + seconds, seed + 1, tuple(warm)), daemon=True
    )
    process.start()
    forth.close()
    theirs.close()
    found = [_alone(data, _Watch(seconds - (time.monotonic() - began), time.monotonic, progress, ours), seed, warm)]
    ours.close()
    try:
        if back.poll(_GRACE_S):
            found.append(back.recv())
    except EOFError:
        pass  # it was killed; what was found here stands
    finally:
        process.join(_GRACE_S)
        if process.is_alive():
            process.kill()
    return min(found, key=lambda one: (not one.feasible, one.cost))
