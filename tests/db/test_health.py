"""Does the health of a running, an idle and a dead installation say what is so?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from data.database import owner_transaction
from services.health import Component, check, health_board, worst
from services.jobs.health import look
from services.jobs.turns import Turn
from services.observing.collector import Collector
from services.observing.notes import notes
from tests import zygote
from tests.support import make_scope, make_workspace, settings_of

NOW = datetime.now(UTC)


@pytest.fixture
def noting() -> object:
    notes.take()
    notes.is_on = True
    yield notes
    notes.is_on = False
    notes.take()


def found(now: datetime = NOW) -> dict[str, Component]:
    return {component.name: component for component in check(now)}


def test_before_anything_was_recorded_figures_cannot_be_told(database: str) -> None:
    components = found()
    assert components["database"].state in ("healthy", "warning") and components["disk"].value is not None
    assert {components[name].state for name in ("errors", "response time", "processor", "deliveries")} == {
        "cannot tell"
    }
    assert components["worker"].state == "cannot tell"


def test_failing_requests_are_seen_in_the_figures(database: str, noting: object) -> None:
    for number in range(40):
        failed = number % 10 == 0
        notes.add("requests", _ms(NOW - timedelta(minutes=2)), {
            "method": "GET", "route": "page", "status": "500" if failed else "200", "ms": 700.0 if number > 30 else 5.0,
            "outcome": "failed" if failed else "answered",
        })  # fmt: skip
    assert Collector("web").turn() == 41  # and one look at the machine
    components = found(NOW + timedelta(seconds=5))
    assert (components["errors"].state, components["errors"].value) == ("critical", 0.1)
    assert components["response time"].state == "warning"
    assert components["processor"].state == "cannot tell", "one sample of the machine is too few"
    assert worst(list(components.values())) == "critical"
    later = found(NOW + timedelta(minutes=30))
    assert later["errors"].state == "cannot tell", "what happened half an hour ago says nothing about now"


def test_a_worker_that_is_silent_is_first_late_then_down(database: str) -> None:
    with owner_transaction() as tx:
        tx.execute("DELETE FROM jobs.procrastinate_workers")
        tx.execute("INSERT INTO jobs.procrastinate_workers (last_heartbeat) VALUES (%s)", (NOW,))
    states = [found(NOW + timedelta(seconds=s))["worker"].state for s in (10, 61, 181, 601)]
    with owner_transaction() as tx:
        tx.execute("DELETE FROM jobs.procrastinate_workers")
    assert states == ["healthy", "warning", "critical", "down"]


def test_looks_are_remembered(database: str, noting: object) -> None:
    assert "components" in look(Turn(NOW, lambda: False))
    states = {row["component"]: row["state"] for _, row in notes.take()["checks"]}
    assert states["database"] in ("healthy", "warning") and len(states) == len(check(NOW))


def test_without_a_database_it_is_down_and_the_rest_cannot_be_told(database: str) -> None:
    with settings_of(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"):
        from data import database as of_data

        of_data.close_pool()
        components = found()
        of_data.close_pool()
    assert components["database"].state == "down" and components["errors"].state == "cannot tell"
    assert worst(list(components.values())) == "down" and components["disk"].state != "down"


def test_the_command_prints_one_object_and_fails_when_something_is_down(database: str) -> None:
    command = ["manage.py", "health", "--json"]
    done = zygote.run(command)
    said = json.loads(done.stdout)
    assert {"name", "state", "message", "value", "limits", "at"} == set(said["components"][0])
    assert done.returncode == (1 if said["state"] in ("critical", "down") else 0)
    with settings_of(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"):
        dead = zygote.run(command)
    assert dead.returncode == 1 and json.loads(dead.stdout)["state"] == "down"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_the_board_knows_the_past_from_the_looks_of_the_worker(database: str, noting: object) -> None:
    for minutes in range(120, 0, -5):
        at = _ms(NOW - timedelta(minutes=minutes))
        notes.add("checks", at, {"component": "disk", "state": "warning" if 40 < minutes <= 80 else "healthy"})
    Collector("web").turn()
    scope = make_scope(make_workspace(), "operator")
    board = health_board(scope, "day", NOW)
    line = next(line for line in board.lines if line.component.name == "disk")
    expected = {"healthy": NOW.replace(microsecond=NOW.microsecond // 1000 * 1000) - timedelta(minutes=40)}
    assert line.since == expected.get(line.component.state), "the machine's disk decides which"
    assert [piece.state for piece in line.pieces[-5:]] == [
        "healthy", "healthy", "warning", "warning", "healthy"
    ] and line.pieces[0].state is None  # fmt: skip
    assert board.remembered and board.lines[0].component.state == worst([one.component for one in board.lines])
    assert all(one.component.at is not None for one in board.lines)
    wrote_at = datetime.now(UTC)
    states = [found(wrote_at + timedelta(seconds=s))["web"].state for s in (1, 100, 200, 700, 3700)]
    assert states == ["healthy", "warning", "critical", "down", "cannot tell"], "after an hour nobody can tell"
