"""How are messages taken from a broker, and acknowledged only when somebody says so?

TRICKY: packet ids start anew with a broker's session. An acknowledgement that belongs to an earlier connection could
confirm another message under the same id, so each message remembers its connection, and late ones are not confirmed.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from data.errors import BadSettings

_log = logging.getLogger(__name__)
WAITING = 20_000  # messages in memory; beyond it the connection is not read
AT_ONCE = 5_000
QUIET_S = 0.01  # so long without a further message, and what has come is worked on
LONGEST_S = 0.2
_KEEPALIVE_S = 30
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came, and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    packet: int
    qos: int
    connection: int


class Connection:
    """A persistent session at a broker, which comes back by itself when it is cut off."""

    def __init__(self, url: str, name: str, ca_file: str, filters: Sequence[str], said: Callable[[str], None]) -> None:
        self._filters = sorted(set(filters))
        self._said = said
        self._number = 0
        self._lock = threading.Lock()
        self._waiting: queue.Queue[Delivery] = queue.Queue(WAITING)
        self._status = f"belvedere/{name}/status"
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True, reconnect_on_failure=True
        )
        self._address = _configure(self._client, url, ca_file)
        self._client.will_set(self._status, "offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = lambda _client, _data: said("The broker cannot be reached; trying again.")
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received
        self._client.on_subscribe = self._subscribed

    def open(self) -> None:
        """Connect, now or as soon as the broker is there."""
        self._client.connect_async(*self._address, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    def close(self, last_word: str = "offline") -> None:
        """Say goodbye; what was not acknowledged stays at the broker."""
        with self._lock:
            self._number += 1
        if self._client.is_connected():
            self._client.publish(self._status, last_word, qos=0, retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def gather(self, patience_s: float) -> list[Delivery]:
        """What has come, after waiting so long for the first; those that follow closely are taken together."""
        try:
            found = [self._waiting.get(timeout=patience_s)]
        except queue.Empty:
            return []
        until = time.monotonic() + LONGEST_S
        while len(found) < AT_ONCE and time.monotonic() < until:
            try:
                found.append(self._waiting.get(timeout=QUIET_S))
            except queue.Empty:
                break
        return found

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that it may forget these."""
        with self._lock:
            for delivery in deliveries:
                if delivery.connection == self._number and delivery.qos:
                    self._client.ack(delivery.packet, delivery.qos)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._said(f"The broker refuses: {reason}.")
            return
        client.publish(self._status, "online", qos=1, retain=True)
        if self._filters:
            client.subscribe([(wanted, 1) for wanted in self._filters])
        self._said("")

    def _subscribed(self, _client: mqtt.Client, _data: Any, _packet: int, reasons: Any, _properties: Any) -> None:
        refused = [wanted for wanted, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            self._said(f"The broker does not allow to subscribe to {', '.join(refused)}.")

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._lock:
            self._number += 1
        self._said(f"The connection to the broker is gone: {reason}.")

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        found = Delivery(message.topic, bytes(message.payload), message.mid, message.qos, self._number)
        self._waiting.put(found)


def _configure(client: mqtt.Client, url: str, ca_file: str) -> tuple[str, int]:
    found = urlsplit(url)
    if found.scheme not in _PORTS or not found.hostname:
        raise BadSettings("Setting `mqtt_url`: expected `mqtt://user:password@host:1883` or `mqtts://...`.")
    if found.username:
        client.username_pw_set(unquote(found.username), unquote(found.password or ""))
    if found.scheme == "mqtts":
        client.tls_set(ca_certs=ca_file or None)
    return found.hostname, found.port or _PORTS[found.scheme]
