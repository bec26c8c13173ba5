"""What is lost or doubled when a part of the running application is killed while rows come in?

`python -m bench.faults [--seconds 20] [--faults database web worker broker]` starts the whole application and a broker
of their own. Every row has a number. HTTP batches are sent again under their key until they are acknowledged, messages
until the broker has them; then the numbers in the table are compared with those that were acknowledged.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.measure import Report
from tests.brokers import MOSQUITTO, Broker, Publisher, broker
from tests.running import Application, application, eventually

FAULTS = ("nothing", "database", "worker", "web", "broker stopped", "broker")
_KILL_AT = 0.25  # of the time
_PATIENCE_S = 180.0
_HTTP_PAUSE_S, _HTTP_ROWS = 0.1, 20
_MQTT_PAUSE_S = 0.02


@dataclass
class Batches:
    """A program that sends numbered batches over HTTP, one after the other, until each is acknowledged."""

    url: str
    token: str
    run: str
    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    spooled: int = 0
    again: int = 0

    def send_until(self, stop: threading.Event) -> None:
        """Send a batch every tenth of a second."""
        number = 0
        while not stop.is_set():
            names = [f"{self.run}-h{number * _HTTP_ROWS + i}" for i in range(_HTTP_ROWS)]
            self.sent += names
            self._send(json.dumps([_row(name) for name in names]).encode(), f"{self.run}-{number}")
            self.acknowledged += names
            number += 1
            stop.wait(_HTTP_PAUSE_S)

    def _send(self, body: bytes, key: str) -> None:
        until = time.monotonic() + _PATIENCE_S
        while (status := self._try(body, key)) not in (200, 202):
            if status not in (0, 429, 502, 503) or time.monotonic() > until:
                raise RuntimeError(f"A batch was answered with {status}.")
            self.again += 1
            time.sleep(0.2)
        self.spooled += status == 202

    def _try(self, body: bytes, key: str) -> int:
        """The status of one attempt; 0 when there was no answer."""
        link = http.client.HTTPConnection(str(urlsplit(self.url).netloc), timeout=20)
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key,
        }  # fmt: skip
        try:
            link.request("POST", "/api/v1/ingest/meters.readings", body, headers)
            return link.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()


def measure_faults(report: Report, seconds: float = 20, faults: tuple[str, ...] = FAULTS) -> None:
    """One run a fault; raises RuntimeError when an acknowledged row is missing or doubled, or a segment is wrong."""
    wrong = []
    with ExitStack() as stack:
        found = stack.enter_context(broker())
        app = stack.enter_context(_application(found))
        _wait_for_listener(found)
        for number, fault in enumerate(faults):
            counts = _run(app, found, fault, f"faults-{number}-{time.time_ns() // 10**6}", seconds)
            report.counts(f"killed: {fault}", **counts)
            if counts["doubled"] or counts["mismatches"] or (counts["lost"] and fault != "broker"):
                wrong.append(fault)
    if wrong:
        raise RuntimeError(f"Rows were lost or doubled: {', '.join(wrong)}.")


@contextmanager
def _application(found: Broker) -> Any:
    """The application with the pack of meters, and the settings of this process at its data folder."""
    from data.database import close_pool
    from services.model import forget_current
    from tests.db.meters import write_pack
    from tests.support import settings_of

    folder = Path(tempfile.mkdtemp(prefix="belvedere-faults-"))
    folder.chmod(0o755)
    write_pack(folder)
    own = {"BELVEDERE_REQUESTS_PER_MINUTE": "1000000", "BELVEDERE_OBSERVE": "false"}
    configured = os.environ.pop("DATABASE_URL", None)
    try:
        close_pool()
        with application(folder, BELVEDERE_MQTT_URL=found.url, **own) as app, settings_of(BELVEDERE_HOME=str(folder)):
            forget_current()
            yield app
            close_pool()
    finally:
        if configured is not None:
            os.environ["DATABASE_URL"] = configured
        forget_current()
        shutil.rmtree(folder, ignore_errors=True)


def _run(app: Application, found: Broker, fault: str, slug: str, seconds: float) -> dict[str, Any]:
    from services import people

    scope_of = people.command_scope
    _workspace(slug)
    token = people.create_service_token(slug, ["write"], 1, "bench", datetime.now(UTC))
    batches, stop = Batches(app.url, token, slug), threading.Event()
    batches._try(json.dumps([]).encode(), "first")  # a token that this process has seen before it loses its database
    http_sender = threading.Thread(target=batches.send_until, args=(stop,))
    device, messages = Publisher(found), list[str]()
    http_sender.start()
    began, killed = time.monotonic(), False
    while time.monotonic() - began < seconds:
        name = f"{slug}-m{len(messages)}"
        messages.append(name)
        device.send(f"{slug}/meters/m1", json.dumps({key: v for key, v in _row(name).items() if key != "meter"}))
        if not killed and time.monotonic() - began > seconds * _KILL_AT:
            _KILL[fault](app, found)
            killed = True
        time.sleep(_MQTT_PAUSE_S)
    stop.set()
    http_sender.join()
    device.wait(_PATIENCE_S)
    device.close()
    sent, acknowledged = batches.sent + messages, batches.acknowledged + messages
    return _compare(scope_of(slug), sent, acknowledged) | {"spooled": batches.spooled, "sent_again": batches.again}


def _wait_for_listener(found: Broker) -> None:
    """Until the first message has become a row: a broker keeps nothing for who never subscribed."""
    from services import people
    from tests.db.meters import stored

    slug = f"faults-first-{time.time_ns() // 10**6}"
    _workspace(slug)
    device, begun = Publisher(found), time.monotonic()
    while not stored(people.command_scope(slug)):
        if time.monotonic() - begun > _PATIENCE_S:
            raise RuntimeError("The application never took a message of the broker.")
        device.send(f"{slug}/meters/m1", json.dumps({key: v for key, v in _row("first").items() if key != "meter"}))
        time.sleep(0.5)
    device.close()


def _workspace(slug: str) -> None:
    from services import model, people
    from services.people.workspaces import create_workspace

    create_workspace(slug, slug, "municipality", "UTC")
    model.enable_pack(people.command_scope(slug), "meters")


def _row(name: str) -> dict[str, Any]:
    return {"at": datetime.now(UTC).isoformat(), "meter": "m1", "nr": name, "litres": 1.5}


def _compare(scope: Any, sent: list[str], acknowledged: list[str]) -> dict[str, Any]:
    """Counts in and out, once everything that was acknowledged is there or nothing more comes."""
    from data.engine.verify import verify
    from services.model import current
    from tests.db.meters import stored

    wanted = set(acknowledged)
    eventually(lambda: wanted <= set(stored(scope)), _PATIENCE_S / 3)
    found = Counter(stored(scope))
    readings = current().datasets()["meters.readings"]
    return {
        "sent": len(sent), "acknowledged": len(acknowledged), "in_the_table": found.total(),
        "doubled": sum(count - 1 for count in found.values()), "lost": len(wanted - set(found)),
        "mismatches": len(verify(scope, readings).mismatches),
    }  # fmt: skip


def _broker(number: int) -> Callable[[Application, Broker], None]:
    def kill(_app: Application, found: Broker) -> None:
        found.stop(number)
        threading.Timer(2.0, found.start).start()

    return kill


def _process(word: str) -> Callable[[Application, Broker], None]:
    return lambda app, _found: app.find(word).kill()


_KILL: dict[str, Callable[[Application, Broker], None]] = {
    "nothing": lambda _app, _found: None,
    "database": _process("-D"),
    "worker": _process("worker"),
    "web": _process("web"),
    "broker stopped": _broker(signal.SIGTERM),
    "broker": _broker(signal.SIGKILL),
}


def can_measure() -> bool:
    """Whether there is a broker."""
    return bool(MOSQUITTO)


def main() -> None:
    """Kill one after the other and print what came of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=20, help="how long rows are sent in each run")
    asked.add_argument("--faults", nargs="*", default=FAULTS, choices=FAULTS)
    options = asked.parse_args()
    if not can_measure():
        raise SystemExit("no mosquitto on this machine: apt install mosquitto")
    measure_faults(Report(0, "faults"), options.seconds, tuple(options.faults))


if __name__ == "__main__":
    main()
