"""What does the worker find for a day that is to be planned?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from data.types import Scope
from services.field.asks import RoutesAsk, Sequences, change_out, from_json
from services.routing.explaining import Explanation, explain
from services.routing.plans import Day, Plan
from services.routing.settling import plan
from services.routing.solving import Wish, solve

Progress = Callable[[float, str], None]
EXPLAIN_S = 2.0
_SEARCHING = 0.9  # of the work, the rest are explanations


def run(_scope: Scope, told: Mapping[str, Any], progress: Progress, _now: datetime) -> dict[str, Any]:
    """The plan of a stored question with its explanations, as it is stored. Raises BadInput."""
    ask = from_json(told)
    progress(0.0, "Working out travel times")
    day = ask.measured()
    made = searched(ask, day, progress)
    progress(_SEARCHING, "Looking for what would serve the rest")
    return found_out(made, explain(day, made, EXPLAIN_S if made.unserved else 0.0))


def searched(ask: RoutesAsk, day: Day, progress: Progress) -> Plan:
    """The best plan that is found, serving what was promised: else the one that was begun from, which does."""
    warm = plan(day, work(day, ask.warm)) if ask.warm else None

    def tell(done: float, _cost: int) -> None:
        progress(done * _SEARCHING, "Searching for better routes")

    made = solve(day, Wish(ask.seconds, balanced=ask.balanced), tell, warm)
    return made if warm is None or not set(ask.promised) & set(made.unserved) else warm


def work(day: Day, routes: Sequences) -> tuple[tuple[int, ...], ...]:
    """Routes by name as the solver has them."""
    at = {stop.id: number for number, stop in enumerate(day.stops)}
    return tuple(tuple(at[name] for name in routes.get(who.id, ()) if name in at) for who in day.officers)


def found_out(made: Plan, told: tuple[Explanation, ...]) -> dict[str, Any]:
    """A plan and its explanations as they are stored."""
    return {
        "plan": asdict(made),
        "unserved": [
            {
                "stop": one.stop, "why": one.why,
                "proposals": [
                    {
                        "sentence": proposal.sentence, "size": proposal.size, "change": change_out(proposal.change),
                        "routes": {route.officer: list(route.stops) for route in proposal.plan.routes},
                    }
                    for proposal in one.proposals
                ],
            }
            for one in told
        ],
    }  # fmt: skip
