"""Do the ways in say when they are in trouble?"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.health import ways
from services.mqtt.state import MqttState, keep_state, mqtt_state
from services.spool import store
from tests.support import settings_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    with settings_of(BELVEDERE_HOME=str(tmp_path), BELVEDERE_MQTT_URL="mqtt://localhost"):
        yield tmp_path


def kept(size: int) -> store.Kept:
    return store.Kept(1, "town", None, "ana", "token:x", "a.b", "k", "2026-03-01T12:00:00+00:00", ["x" * size])


def test_rows_that_wait_are_worth_a_look_and_a_full_disk_is_critical() -> None:
    assert ways.waiting_rows().state == "healthy"
    with settings_of(BELVEDERE_SPOOL_MB="1"):
        store.put(kept(10))
        found = ways.waiting_rows()
        assert (found.state, found.message.startswith("1")) == ("warning", True)
        store.put(kept(900_000))
        assert ways.waiting_rows().state == "critical"


def test_a_batch_that_was_put_aside_stays_a_warning() -> None:
    store.put(kept(10))
    (path,) = store.waiting()
    store.refuse(path, "no such dataset")
    found = ways.waiting_rows()
    assert found.state == "warning" and "1 could not be written" in found.message


@pytest.mark.parametrize(
    ("state", "health"),
    [(MqttState("connected", since="2026-03-01T12:00:00"), "healthy"), (MqttState("connecting", "gone"), "warning"),
     (MqttState("waiting", "The database does not answer"), "critical"), (MqttState("failed", "x"), "critical")],
)  # fmt: skip
def test_the_broker_is_as_its_subscriber_says(state: MqttState, health: str) -> None:
    keep_state(state)
    found = ways.broker()
    assert found is not None and found.state == health and (state.said in found.message)


def test_a_connection_that_is_being_made_is_not_called_one() -> None:
    keep_state(MqttState("connecting", since="2026-03-01T12:00:00"))
    found = ways.broker()
    assert found is not None and found.state == "warning" and "is being made" in found.message


def test_a_subscriber_that_falls_silent_is_noticed(home: Path) -> None:
    keep_state(MqttState("connected"))
    past = time.time() - 60
    os.utime(home / "mqtt.json", (past, past))
    assert mqtt_state().status == "waiting" and "said nothing for" in mqtt_state().said


def test_without_a_broker_there_is_nothing_to_say() -> None:
    with settings_of(BELVEDERE_MQTT_URL=""):
        assert ways.broker() is None
    found = ways.broker()
    assert found is not None and found.state == "critical", "configured, and nobody listens"
