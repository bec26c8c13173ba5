"""Do messages of a broker become rows exactly once, whatever is killed on the way?"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data import database
from data.engine.batches import Batch
from data.messages import dead_letters
from data.types import Scope
from services.ingest.messages import Taken
from services.model import current
from services.mqtt import Route, match, mqtt_state, routes_of, run_subscriber
from services.mqtt.connection import Connection
from services.mqtt.payloads import messages_of
from services.mqtt.state import client_id
from tests import zygote
from tests.brokers import Broker, Publisher, broker
from tests.db.killable import Server, own_server
from tests.db.meters import stored, write_pack
from tests.running import eventually
from tests.support import make_scope, make_workspace, settings_of

AT = "2026-03-01T12:00:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this module's own, which gets killed, and the pack."""
    with own_server() as found:
        write_pack(found.home)
        current()
        yield found


@pytest.fixture
def town(server: Server) -> Scope:
    server.start()
    return make_scope(make_workspace())


@pytest.fixture
def mosquitto(town: Scope) -> Iterator[Broker]:
    (Path(os.environ["BELVEDERE_HOME"]) / "mqtt.json").unlink(missing_ok=True)
    with broker() as found, settings_of(BELVEDERE_MQTT_URL=found.url):
        yield found


@contextmanager
def listening(seconds: float = 20) -> Iterator[None]:
    """A subscriber in this process, which is connected."""
    stop_it = threading.Event()
    thread = threading.Thread(target=run_subscriber, args=(stop_it,), daemon=True)
    thread.start()
    try:
        assert eventually(lambda: mqtt_state().status == "connected", seconds), mqtt_state()
        yield
    finally:
        stop_it.set()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def device(broker: Broker) -> Iterator[Publisher]:
    found = Publisher(broker)
    try:
        yield found
    finally:
        found.close()


def reading(number: int) -> str:
    return json.dumps({"nr": f"n{number:06}", "at": AT, "litres": 1.25})


def test_topics_and_payloads_become_rows_of_the_workspace_they_name(town: Scope, mosquitto: Broker) -> None:
    slug = town.workspace.slug
    two = [{"at": AT, "meter": "m2", "litres": 2}, {"at": AT, "meter": "m3"}]
    with listening(), device(mosquitto) as sender:
        sender.send(f"{slug}/meters/m1", reading(1))
        sender.send(f"{slug}/batches/any/where", json.dumps(two))
        sender.send(
            f"{slug}/foreign/x9", json.dumps({"ts": 1772366400, "seq": 7, "values": {"flow": "3.5"}, "more": [1]})
        )
        sender.send(f"{slug}/else/m1", reading(2))
        sender.wait()
        assert eventually(lambda: len(stored(town)) == 4, 10)
    shown = stored(town, "concat_ws(' ', meter, nr, litres, to_char(at, 'HH24:MI'))")
    assert shown == ["X9 7 3.50 12:00", "m1 n000001 1.25 12:00", "m2 2.00 12:00", "m3 12:00"]


def test_keyed_rows_follow_the_last_message_in_the_workspace_that_the_pack_names(mosquitto: Broker) -> None:
    fixed = make_scope(make_workspace("meterville"))
    with listening(), device(mosquitto) as sender:
        for state in ("open", "shut", "open", "shut"):
            sender.send("fixed/v1", json.dumps({"at": AT, "state": state}) + " " * len(state) * (state == "shut"))
            sender.wait()
            time.sleep(0.05)
        sender.send("fixed/v1", json.dumps({"at": "2026-03-01T13:00:00Z", "state": "open"}))
        sender.wait()
        with_state = "SELECT state, count(*) FROM meters.valves GROUP BY 1"

        def found() -> list[tuple[str, int]]:
            with database.transaction(fixed) as tx:
                return tx.execute(with_state).fetchall()

        assert eventually(lambda: found() == [("open", 1)], 10), found()


def test_bad_messages_are_kept_with_their_reason_and_the_others_pass(town: Scope, mosquitto: Broker) -> None:
    slug = town.workspace.slug
    bad = {
        f"{slug}/meters/m1": ["{broken", "[]", "17", json.dumps({"at": AT}), json.dumps({"nr": "x", "at": "soon"})],
        f"{slug}/batches/x": [json.dumps([1, {"at": AT, "colour": "red"}, {"at": AT, "meter": "good", "nr": "g"}])],
        "nowhere/meters/m1": [reading(1)],
    }
    with listening(), device(mosquitto) as sender:
        for topic, payloads in bad.items():
            for payload in payloads:
                sender.send(topic, payload)
        sender.send(f"{slug}/meters/m1", reading(5))
        sender.wait()
        assert eventually(lambda: stored(town) == ["g", "n000005"] and len(dead_letters(town)) == 7, 10)
        assert eventually(lambda: mqtt_state().unplaced == 1, 5)
    reasons = sorted((letter.field, letter.reason.split(":")[0]) for letter in dead_letters(town))
    assert reasons == [
        ("", "no JSON"), ("", "no name of the message"), ("", "no rows"), ("", "no rows"), ("", "not an object"),
        ("at", "not a time"), ("colour", "no such column"),
    ]  # fmt: skip
    broken = next(letter for letter in dead_letters(town) if letter.raw == "{broken")
    assert (broken.dataset, broken.source) == ("meters.readings", f"{slug}/meters/m1")
    assert dead_letters(make_scope(make_workspace())) == []
    lost = (Path(os.environ["BELVEDERE_HOME"]) / "dead-letters" / "mqtt.jsonl").read_text()
    assert json.loads(lost.splitlines()[-1])["reason"] == "no workspace `nowhere`"


def test_one_row_that_the_database_cannot_take_is_found_among_many_and_refused(
    town: Scope, mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    import services.ingest.messages

    write = services.ingest.messages.write_batch

    def failing(tx: object, scope: Scope, batch: Batch) -> object:
        if "n000007" in batch.columns["nr"].to_pylist():
            raise ValueError("a bug")
        return write(tx, scope, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(services.ingest.messages, "write_batch", failing)
    with listening(), device(mosquitto) as sender:
        sender.send(f"{town.workspace.slug}/batches/x", "[" + ",".join(reading(n) for n in range(20)) + "]")
        sender.wait()
        assert eventually(lambda: len(stored(town)) == 19, 10)
    (letter,) = dead_letters(town)
    assert "something went wrong" in letter.reason and json.loads(letter.raw)["nr"] == "n000007"


def test_a_message_is_acknowledged_after_its_commit_and_not_before(
    town: Scope, mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    acknowledge = Connection.acknowledge

    def noted(self: Connection, deliveries: object) -> None:
        order.append(f"{len(stored(town))} stored")
        acknowledge(self, deliveries)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "acknowledge", noted)
    with listening(), device(mosquitto) as sender:
        sender.send(f"{town.workspace.slug}/meters/m1", reading(1))
        assert eventually(lambda: bool(order), 10)
    assert order[0] == "1 stored"


def test_the_broker_tells_others_when_nobody_listens(town: Scope, mosquitto: Broker) -> None:
    heard: list[str] = []
    connection = Connection(mosquitto.url, "watcher", "", [f"belvedere/{client_id()}/status"], lambda _: None)
    connection.open()
    process = victim()
    try:
        assert eventually(
            lambda: heard.extend(d.payload.decode() for d in connection.gather(0.1)) or "online" in heard, 20
        )
        process.kill()
        assert eventually(
            lambda: heard.extend(d.payload.decode() for d in connection.gather(0.1)) or heard[-1] == "offline", 20
        )
    finally:
        process.kill()
        process.wait()
        connection.close()


def victim() -> zygote.Copy:
    """A listener in a process of its own."""
    return zygote.start(["-m", "tests.db.meters"])


def test_a_worker_killed_again_and_again_stores_every_message_once(town: Scope, mosquitto: Broker) -> None:
    names = [f"n{i:06}" for i in range(3_000)]
    with device(mosquitto) as sender:
        process = victim()
        assert eventually(lambda: mqtt_state().status == "connected", 20)
        for number in range(len(names)):
            sender.send(f"{town.workspace.slug}/meters/m1", reading(number))
            if number % 1_000 == 700:
                assert eventually(lambda n=number: len(stored(town)) > n / 3, 20)
                process.kill()
                process.wait()
                process = victim()
        sender.wait()
        try:
            assert eventually(lambda: len(stored(town)) >= len(names), 30)
            assert stored(town) == names
        finally:
            process.kill()
            process.wait()


def test_a_broker_killed_again_and_again_loses_nothing_that_was_sent(town: Scope, mosquitto: Broker) -> None:
    """The device sends again what it was not told about; the broker keeps sessions on disk, a second behind."""
    names = [f"n{i:06}" for i in range(2_000)]
    with listening(), device(mosquitto) as sender:
        for round_ in range(2):
            for number in range(len(names)):
                sender.send(f"{town.workspace.slug}/meters/m1", reading(number))
                if round_ == 0 and number % 900 == 800:
                    assert eventually(lambda: len(stored(town)) > 0, 20)
                    mosquitto.stop(signal.SIGKILL)
                    time.sleep(0.2)
                    mosquitto.start()
            sender.wait(60)
            assert eventually(lambda: mqtt_state().status == "connected", 20)
        assert eventually(lambda: len(stored(town)) >= len(names), 30)
        time.sleep(0.3)
        assert stored(town) == names


def test_a_database_killed_in_the_middle_loses_nothing_that_was_acknowledged(
    server: Server, town: Scope, mosquitto: Broker
) -> None:
    names = [f"n{i:06}" for i in range(1_500)]
    with listening(), device(mosquitto) as sender:
        for number in range(len(names)):
            sender.send(f"{town.workspace.slug}/meters/m1", reading(number))
            if number == 700:
                assert eventually(lambda: len(stored(town)) > 0, 20)
                server.kill()
                assert eventually(lambda: mqtt_state().status == "waiting", 30), mqtt_state()
        sender.wait()
        server.start()
        assert eventually(lambda: len(stored(town)) >= len(names), 60)
        assert stored(town) == names


def meters() -> list[Route]:
    return [route for route in routes_of(current()) if route.dataset.pack == "meters"]


def test_a_topic_belongs_to_the_routes_that_name_it(server: Server) -> None:
    routes = meters()
    said = {route.subscription.name: fields for route, fields in match(routes, "north/meters/m1")}
    assert said == {"readings": {"workspace": "north", "meter": "m1"}}
    assert [r.subscription.name for r, _ in match(routes, "north/batches")] == ["batches"]
    assert [r.subscription.name for r, _ in match(routes, "a/b/meters/m1")] == []
    assert {route.filter for route in routes} == {"+/meters/+", "+/batches/#", "fixed/+", "+/foreign/+"}


def test_a_message_is_known_by_its_name_or_by_topic_and_content(server: Server) -> None:
    readings, batches = (next(r for r in meters() if r.subscription.name == n) for n in ("readings", "batches"))
    named = [messages_of(readings, {}, topic, reading(1).encode())[0].id for topic in ("a/meters/x", "b/meters/y")]
    assert named[0] == named[1]
    plain = [
        messages_of(batches, {}, topic, b'[{"at": 1}, {"at": 1}]') for topic in ("a/batches", "a/batches", "b/batches")
    ]
    assert plain[0] == plain[1]
    assert len({message.id for messages in plain for message in messages}) == 4


def test_taken_messages_add_up() -> None:
    assert Taken(3, 1, 0, 1, 1, 0) + Taken(1, 0, 0, 0, 0, 1) == Taken(4, 1, 0, 1, 1, 1)
