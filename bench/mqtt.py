"""How many messages and rows a second come in through a broker, and how long does one take from device to commit?

`python -m bench.mqtt [--messages 20000] [--rows 100]` starts a database, mosquitto and a listener of their own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data.database import transaction
from data.types import Scope
from services.model import current
from services.mqtt import mqtt_state
from tests.brokers import Broker, Publisher, broker
from tests.db.killable import own_server
from tests.db.meters import write_pack
from tests.running import eventually
from tests.support import make_scope, make_workspace, settings_of

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure and print one JSON line a figure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=20_000, help="messages of one row")
    asked.add_argument("--rows", type=int, default=100, help="rows of a message that holds many")
    options = asked.parse_args()
    with own_server() as server, broker() as found, settings_of(BELVEDERE_MQTT_URL=found.url):
        write_pack(server.home)
        current()
        scope = make_scope(make_workspace())
        listener = subprocess.Popen([sys.executable, "-m", "tests.db.meters"], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            assert eventually(lambda: mqtt_state().status == "connected", 30)
            _warm(scope, found)
            _rate(scope, found, options.messages, 1)
            _rate(scope, found, max(1, options.messages // 20), options.rows)
            _delay(scope, found)
        finally:
            listener.terminate()
            listener.wait()
    shutil.rmtree(server.home, ignore_errors=True)


def _warm(scope: Scope, found: Broker) -> None:
    sender = Publisher(found)
    sender.send(f"{scope.workspace.slug}/batches/x", _payload(0, 1))
    assert eventually(lambda: _count(scope) == 1, 60)
    sender.close()


def _payload(number: int, rows: int) -> str:
    at = datetime.now(UTC).isoformat()
    return json.dumps([{"at": at, "meter": f"m{i % 50}", "nr": f"{number}-{i}", "litres": 1.5} for i in range(rows)])


def _rate(scope: Scope, found: Broker, messages: int, rows: int) -> None:
    before, payloads = _count(scope), [_payload(number, rows) for number in range(1, messages + 1)]
    sender, began = Publisher(found), time.perf_counter()
    for payload in payloads:
        sender.send(f"{scope.workspace.slug}/batches/x", payload)
    stored = eventually(lambda: _count(scope) - before == messages * rows, 300)
    took = time.perf_counter() - began
    sender.close()
    told = {"messages": messages, "rows_a_message": rows, "all_stored_once": stored, "seconds": round(took, 2)}
    print(
        json.dumps(told | {"messages_a_second": round(messages / took), "rows_a_second": round(messages * rows / took)})
    )


def _delay(scope: Scope, found: Broker) -> None:
    sender, delays = Publisher(found), []
    for number in range(100):
        before, began = _count(scope), time.perf_counter()
        sender.send(f"{scope.workspace.slug}/batches/x", _payload(-number - 1, 1))
        while _count(scope) == before:
            time.sleep(0.001)
        delays.append((time.perf_counter() - began) * 1000)
    sender.close()
    p50, p95 = np.percentile(delays, [50, 95])
    print(json.dumps({"device_to_commit_ms": {"p50": round(p50, 1), "p95": round(p95, 1)}}))


def _count(scope: Scope) -> int:
    with transaction(scope) as tx:
        row = tx.execute(
            "SELECT coalesce(max(s.rows), 0) FROM belvedere.dataset_state s JOIN belvedere.datasets d"
            " ON d.id = s.dataset_id WHERE d.pack = 'meters' AND d.name = 'readings' AND s.workspace_id = %s",
            (scope.workspace.id,),
        ).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main()
