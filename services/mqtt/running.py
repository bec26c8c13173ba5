"""How does one worker listen to the broker, outlive it and the database, and lose or double nothing?

A message is acknowledged when its rows are committed. While the database is down nothing is: the session is left to
the broker, which delivers again what it got no acknowledgement for. Rows that come again are known by their ids.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from data.claims import Claim, claimed
from data.errors import BelvedereError, DatabaseDown, UnknownName
from data.settings import settings
from data.types import Scope
from services.ingest.messages import Message, Taken, store_messages
from services.model import current
from services.mqtt.connection import Connection, Delivery
from services.mqtt.payloads import messages_of
from services.mqtt.routes import WORKSPACE, Route, match, routes_of
from services.mqtt.state import MqttState, client_id, keep_state, keep_unplaced
from services.people import get_workspace, worker_scope

_log = logging.getLogger(__name__)
ROWS_AT_ONCE = 20_000  # of one transaction
_AGAIN_S = 5.0  # another worker listens: look so often whether it still does
_LONGEST_WAIT_S = 30.0
_CHECK_S = 5.0
_TELL_S = 1.0
_KNOWN_S = 60.0
Group = tuple[str, Route]


def run_subscriber(stop: threading.Event) -> None:
    """Listen until `stop`; of several workers one does. Without a broker in the settings it returns at once."""
    if not settings().mqtt_url:
        return
    wait_s = 1.0
    while not stop.is_set():
        try:
            with claimed("mqtt") as claim:
                if claim is None:
                    stop.wait(_AGAIN_S)
                    continue
                wait_s = 1.0
                Subscriber(claim, stop).serve()
        except DatabaseDown as error:
            _tell(MqttState("waiting", "The database does not answer; the broker keeps the messages."), error)
            stop.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        except BelvedereError as error:  # a setting or pack that is wrong stays so until the next start
            _tell(MqttState("failed", str(error)), error)
            return
        except Exception:  # noqa: BLE001 - nobody else would notice that this thread has ended
            _log.exception("MQTT: starting again")
            keep_state(MqttState("failed", "Something went wrong; the worker's log has the details."))
            stop.wait(_AGAIN_S)


def _tell(state: MqttState, error: Exception) -> None:
    _log.warning("MQTT: %s", error)
    keep_state(state)


class Subscriber:
    """Listens while the claim holds; raises DatabaseDown when it or the database is lost."""

    def __init__(self, claim: Claim, stop: threading.Event) -> None:
        self._claim = claim
        self._stop = stop
        self._routes = routes_of(current())
        self._scopes: dict[str, tuple[float, Scope]] = {}
        self._state = MqttState("connecting", since=datetime.now(UTC).isoformat())
        self._told = 0.0
        self._connection = Connection(
            settings().mqtt_url, client_id(), settings().mqtt_ca_file, [r.filter for r in self._routes], self._hear
        )

    def serve(self) -> None:
        """Take, store, acknowledge, until told to stop."""
        self._connection.open()
        checked = time.monotonic()
        last_word = "offline"
        try:
            while not self._stop.is_set():
                found = self._connection.gather(0.2)
                if found:
                    taken = self._store(found)
                    self._state = self._state.with_taken(len(found), taken)
                    self._connection.acknowledge(found)
                if time.monotonic() - checked > _CHECK_S:
                    self._claim.check()
                    checked = time.monotonic()
                self._keep()
        except DatabaseDown:
            last_word = "waiting for the database"
            raise
        finally:
            self._connection.close(last_word)
            keep_state(replace(self._state, status="waiting", said="The worker has stopped."))

    def _hear(self, problem: str) -> None:
        """What the connection says of itself; nothing is well."""
        if problem and problem != self._state.said:
            _log.warning("MQTT: %s", problem)
        self._state = replace(self._state, status="connecting" if problem else "connected", said=problem)

    def _keep(self) -> None:
        if time.monotonic() - self._told > _TELL_S:
            keep_state(self._state)
            self._told = time.monotonic()

    def _store(self, found: Iterable[Delivery]) -> Taken:
        groups: dict[tuple[str, str], tuple[Group, list[Message]]] = {}
        for delivery in found:
            for route, fields in match(self._routes, delivery.topic):
                workspace = route.subscription.workspace or fields[WORKSPACE]
                key = workspace, f"{route.dataset.qualified}/{route.subscription.name}"
                messages = messages_of(route, fields, delivery.topic, delivery.payload)
                groups.setdefault(key, ((workspace, route), []))[1].extend(messages)
        taken = Taken()
        for (workspace, name), (group, messages) in groups.items():
            stored = self._store_group(group, messages)
            if workspace in self._scopes:  # what names none of ours is counted as unplaced
                self._state = self._state.with_route(f"{workspace} {name}", stored, datetime.now(UTC))
            taken += stored
        return taken

    def _store_group(self, group: Group, messages: list[Message]) -> Taken:
        workspace, route = group
        scope = self._scope(workspace)
        if scope is None:
            for message in messages:
                keep_unplaced(message.source, message.text.encode(), f"no workspace `{workspace}`")
            self._state = replace(self._state, unplaced=self._state.unplaced + len(messages))
            return Taken(len(messages), rejected=len(messages))
        taken = Taken()
        for start in range(0, len(messages), ROWS_AT_ONCE):
            taken += _store_or_refuse(scope, route, messages[start : start + ROWS_AT_ONCE])
        return taken

    def _scope(self, slug: str) -> Scope | None:
        found = self._scopes.get(slug)
        if found is None or time.monotonic() - found[0] > _KNOWN_S:
            try:
                found = self._scopes[slug] = time.monotonic(), worker_scope(get_workspace(slug))
            except UnknownName:
                self._scopes.pop(slug, None)
                return None
        return found[1]


def _store_or_refuse(scope: Scope, route: Route, messages: list[Message]) -> Taken:
    """Store the messages; when they cannot be stored together, the one at fault is found by halving and refused."""
    try:
        return store_messages(scope, route.dataset, route.mapping, messages, datetime.now(UTC))
    except DatabaseDown:
        raise
    except Exception as error:  # noqa: BLE001 - the worker's loop over items
        if len(messages) > 1:
            middle = len(messages) // 2
            return _store_or_refuse(scope, route, messages[:middle]) + _store_or_refuse(scope, route, messages[middle:])
        known = isinstance(error, BelvedereError)
        if not known:
            _log.exception("a message on %s cannot be stored", messages[0].source)
        reason = str(error) if known else "something went wrong; the worker's log has the details"
        refused = replace(messages[0], raw=messages[0].text, row=None, problem=(reason, "", ""))
        return store_messages(scope, route.dataset, route.mapping, [refused], datetime.now(UTC))
