"""How many messages and rows a second come in through a broker, and how long does one take from device to commit?

`python -m bench.mqtt [--messages 20000] [--rows 100]` starts a database, mosquitto and a listener of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime

import psutil

from bench.measure import Report
from bench.serving import ROOT, Meter
from data.database import transaction
from data.types import Scope
from services.model import current
from services.mqtt import mqtt_state
from tests.brokers import MOSQUITTO, Broker, Publisher, broker
from tests.db.killable import own_server
from tests.db.meters import write_pack
from tests.running import eventually
from tests.support import make_scope, make_workspace, settings_of


def measure_mqtt(report: Report, messages: int = 20_000, rows: int = 100) -> None:
    """So many messages of one row, a twentieth as many of `rows` rows, and how long one takes."""
    with own_server() as server, broker() as found, settings_of(BELVEDERE_MQTT_URL=found.url):
        write_pack(server.home)
        current()
        scope = make_scope(make_workspace())
        listener = subprocess.Popen([sys.executable, "-m", "tests.db.meters"], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            if not eventually(lambda: mqtt_state().status == "connected", 120):
                raise RuntimeError(f"Nobody listens to the broker: {mqtt_state().said}")
            _warm(scope, found)
            meter = Meter({"listener": psutil.Process(listener.pid)})
            _rate(report, scope, found, meter, messages, 1)
            _rate(report, scope, found, meter, max(1, messages // 20), rows)
            _delay(report, scope, found)
        finally:
            listener.terminate()
            listener.wait()


def _warm(scope: Scope, found: Broker) -> None:
    sender = Publisher(found)
    sender.send(f"{scope.workspace.slug}/batches/x", _payload(0, 1))
    assert eventually(lambda: _count(scope) == 1, 60)
    sender.close()


def _payload(number: int, rows: int) -> str:
    at = datetime.now(UTC).isoformat()
    return json.dumps([{"at": at, "meter": f"m{i % 50}", "nr": f"{number}-{i}", "litres": 1.5} for i in range(rows)])


def _rate(report: Report, scope: Scope, found: Broker, meter: Meter, messages: int, rows: int) -> None:
    before, payloads = _count(scope), [_payload(number, rows) for number in range(1, messages + 1)]
    sender, began = Publisher(found), time.perf_counter()
    meter.start()
    for payload in payloads:
        sender.send(f"{scope.workspace.slug}/batches/x", payload)
    eventually(lambda: _count(scope) - before >= messages * rows, 300)
    took, cores = time.perf_counter() - began, meter.cores()
    sender.close()
    name, stored = f"MQTT messages of {rows} row{'s' * (rows > 1)}", _count(scope) - before
    report.rate(name, stored / took, messages=messages, seconds=round(took, 2), cores=cores)
    report.ratio(f"{name}: rows counted / rows acknowledged", stored / (messages * rows), counted=stored)


def _delay(report: Report, scope: Scope, found: Broker) -> None:
    sender, delays = Publisher(found), []
    for number in range(100):
        before, began = _count(scope), time.perf_counter()
        sender.send(f"{scope.workspace.slug}/batches/x", _payload(-number - 1, 1))
        while _count(scope) == before:
            time.sleep(0.001)
        delays.append((time.perf_counter() - began) * 1000)
    sender.close()
    report.times("MQTT: device to commit", delays)


def _count(scope: Scope) -> int:
    with transaction(scope) as tx:
        row = tx.execute(
            "SELECT coalesce(max(s.rows), 0) FROM belvedere.dataset_state s JOIN belvedere.datasets d"
            " ON d.id = s.dataset_id WHERE d.pack = 'meters' AND d.name = 'readings' AND s.workspace_id = %s",
            (scope.workspace.id,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def main() -> None:
    """Measure alone."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=20_000, help="messages of one row")
    asked.add_argument("--rows", type=int, default=100, help="rows of a message that holds many")
    options = asked.parse_args()
    if not MOSQUITTO:
        raise SystemExit("no mosquitto on this machine: apt install mosquitto")
    measure_mqtt(Report(0, "mqtt"), options.messages, options.rows)


if __name__ == "__main__":
    main()
