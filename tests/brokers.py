"""Which broker does a test talk to, and how does it die and come back?"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import eventually, free_port

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class Broker:
    """A mosquitto of its own, which keeps its sessions on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\nuser root\n"
            f"persistence_location {folder}/\nautosave_interval 1\nset_tcp_nodelay true\n"
            "max_inflight_messages 500\nmax_queued_messages 0\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert MOSQUITTO
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True, 10)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it: in order, or with SIGKILL as by a crash."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None


@contextmanager
def broker() -> Iterator[Broker]:
    """A running broker, gone at the end. Without mosquitto on the machine the test is skipped, saying so."""
    if not MOSQUITTO:
        pytest.skip("no mosquitto on this machine: apt install mosquitto")
    folder = Path(tempfile.mkdtemp(prefix="belvedere-broker-"))
    found = Broker(folder)
    found.start()
    try:
        yield found
    finally:
        found.stop(signal.SIGKILL)
        shutil.rmtree(folder)


class Publisher:
    """A device that sends until it is told that the broker has its message, however often that takes."""

    def __init__(self, broker: Broker) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="device", clean_session=False)
        self._client.max_inflight_messages_set(100)
        self._client.reconnect_delay_set(1, 1)
        self._sent: set[int] = set()
        self._told: set[int] = set()
        self._client.on_publish = self._published
        self._client.connect_async("127.0.0.1", broker.port, keepalive=5)
        self._client.loop_start()

    def send(self, topic: str, payload: str | bytes) -> None:
        """Hand a message over; it goes when it can."""
        self._sent.add(self._client.publish(topic, payload, qos=1).mid)

    def wait(self, seconds: float = 30) -> None:
        """Until the broker has told that it has everything."""
        assert eventually(lambda: self._sent <= self._told, seconds), "not all messages reached the broker"

    def close(self) -> None:
        """Goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def _published(self, _client: object, _data: object, packet: int, _reason: object, _properties: object) -> None:
        self._told.add(packet)
