"""What does a program that sends rows over HTTP do, and what does that cost it?

Run as a process of its own (`python -m bench.senders '{"port": 8000, "token": "bv_...", ...}'`) it keeps to a rate with
a few connections, waits when it is told to (429 with Retry-After) and sends the same batch again. It prints one JSON
line a batch when that is acknowledged, and one with its own cost at the end.
"""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

DATASET = "water.readings"
FORMS = {"json": "application/json", "ndjson": "application/x-ndjson"}
_SECOND = "2000-01-01T00:00:00"
_BODIES = 16
_SENSORS = 500
_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be sent: `rate` rows a second (0: as fast as answers come), `batch` rows each."""

    port: int
    token: str
    seconds: float
    rate: float
    batch: int
    clients: int
    form: str = "json"


def bodies(batch: int, form: str, count: int = _BODIES) -> list[bytes]:
    """Bodies whose times lie in one second that is a placeholder, so that sending costs no more than a replacement."""
    rng, found = np.random.default_rng(5), []
    for _ in range(count):
        at, sensor = np.sort(rng.integers(0, 1000, batch)), rng.integers(0, _SENSORS, batch)
        values = np.round(rng.lognormal(1.0, 0.3, batch), 3)
        rows = [
            json.dumps({
                "measured_at": f"{_SECOND}.{ms:03d}Z", "kind": "pressure", "municipality": "riverton",
                "zone": f"Z{one % 20:02d}", "sensor": f"S{one:04d}", "value": value,
            })
            for ms, one, value in zip(at.tolist(), sensor.tolist(), values.tolist(), strict=True)
        ]  # fmt: skip
        found.append(("[" + ",".join(rows) + "]" if form == "json" else "\n".join(rows)).encode())
    return found


def fresh(body: bytes) -> bytes:
    """The body with the times of the last full second."""
    second = datetime.now(UTC) - timedelta(seconds=1)
    return body.replace(_SECOND.encode(), second.isoformat(timespec="seconds")[:19].encode())


class Sender:
    """The connections of one program."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._bodies = bodies(job.batch, job.form)
        self._numbers = itertools.count()
        self._run = time.time_ns()
        self._begin = time.perf_counter()
        self._headers = {"Authorization": f"Bearer {job.token}", "Content-Type": FORMS[job.form]}

    def run(self) -> None:
        """Send until the time is over; prints as it goes."""
        threads = [threading.Thread(target=self._send_on) for _ in range(self._job.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps({"cpu": time.process_time(), "seconds": time.perf_counter() - self._begin}), flush=True)

    def _send_on(self) -> None:
        job = self._job
        link = http.client.HTTPConnection("127.0.0.1", job.port, timeout=_LONGEST_S)
        link.connect()
        link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            number = next(self._numbers)
            due = self._begin + (number * job.batch / job.rate if job.rate else 0)
            if max(due, time.perf_counter()) >= self._begin + job.seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            self._send(link, number, due if job.rate else time.perf_counter())
        link.close()

    def _send(self, link: http.client.HTTPConnection, number: int, due: float) -> None:
        body, waits = fresh(self._bodies[number % _BODIES]), 0
        headers = self._headers | {"Idempotency-Key": f"{self._run}-{number}"}
        while True:
            start = time.perf_counter()
            try:
                link.request("POST", f"/api/v1/ingest/{DATASET}", body, headers)
                answer = link.getresponse()
                said = answer.read()
            except (BrokenPipeError, ConnectionResetError):  # turned away before the body was taken in
                link.close()
                waits += 1
                time.sleep(1.0)
                continue
            if answer.status != 429:
                break
            waits += 1
            time.sleep(float(answer.headers["Retry-After"]))
        end = time.perf_counter()
        if answer.status not in (200, 202):
            raise RuntimeError(f"{answer.status}: {said[:500]!r}")
        told, spooled = json.loads(said), answer.status == 202
        if not spooled and told["inserted"] != self._job.batch:
            raise RuntimeError(f"Sent {self._job.batch} rows, stored: {said[:500]!r}")
        line = {
            "at": time.time(),
            "ms": (end - start) * 1000,
            "late": (end - due) * 1000,
            "waits": waits,
            "spooled": spooled,
        }
        print(json.dumps(line) + "\n", end="", flush=True)  # one write: several threads tell


if __name__ == "__main__":
    Sender(Job(**json.loads(sys.argv[1]))).run()
