"""What is found when every component is looked at?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from data.errors import DatabaseDown
from services.health import probes, ways
from services.health.figures import FIGURES, figures
from services.health.grading import STATES, Component, State, cannot_tell
from services.observing import quietly
from services.observing.workspace import find_scope

_BY_DATABASE = ("web", "worker", "queue", "jobs", *(figure.name for figure in FIGURES))


def check(now: datetime) -> list[Component]:
    """Every component, live probes first. Never raises DatabaseDown: what it would tell, nobody can tell then."""
    return [component.looked_at(now) for component in _found(now)]


def _found(now: datetime) -> list[Component]:
    server = probes.embedded_server()
    asleep = server is not None and server.state == "down"
    database = Component("database", "down", "It does not run.") if asleep else probes.database()
    broker = ways.broker()
    found = [*([server] if server else []), database, probes.disk(), ways.waiting_rows(), *([broker] if broker else [])]
    if database.state == "down":
        return found + [cannot_tell(name, "The database does not answer.") for name in _BY_DATABASE]
    looks: list[tuple[str, Callable[[], Component]]] = [
        ("web", lambda: probes.web(find_scope(), now)), ("worker", lambda: probes.worker(now)),
        ("queue", probes.waiting_jobs), ("jobs", probes.failed_jobs),
    ]  # fmt: skip
    found += [_looked(name, look) for name, look in looks]
    return [*found, *_tables(now), *_figures(now)]


def _looked(name: str, look: Callable[[], Component]) -> Component:
    try:
        return look()
    except DatabaseDown:
        return cannot_tell(name, "The database stopped to answer.")


def _tables(now: datetime) -> list[Component]:
    try:
        found = ways.followed_tables(now)
    except DatabaseDown:
        return [cannot_tell("followed tables", "The database stopped to answer.")]
    return [found] if found else []


def _figures(now: datetime) -> list[Component]:
    try:
        with quietly():  # the questions asked here are not the people's
            return list(figures(find_scope(), now))
    except DatabaseDown:
        return [cannot_tell(figure.name, "The database stopped to answer.", figure.limits) for figure in FIGURES]


def worst(components: Sequence[Component]) -> State:
    """The worst state among them."""
    return max((component.state for component in components), key=STATES.index, default="cannot tell")
