"""What do a thousand clients that only listen cost one process, and how soon does each of them hear of a new batch?

`python -m bench.streams [--clients 1000] [--seconds 300]` starts a database and a web process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from bench.http import SLUG, counted, workspace_with_tokens
from bench.measure import Report
from bench.senders import DATASET
from bench.serving import Meter, own_database, web_server

_AT_ONCE = 50  # clients that connect at the same time
_REACHED_S = 30.0
_NO_LIMIT = "1000000"


@dataclass(slots=True)
class Listener:
    """One open stream: how many events of each kind came, and when the newest version did."""

    events: dict[str, int] = field(default_factory=dict)
    version_at: float = 0.0
    is_open: bool = False

    async def listen(self, port: int, token: str) -> None:
        """Read until the server ends the stream or the task is cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        try:
            writer.write(
                f"GET /api/v1/stream?dataset={DATASET} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                raise RuntimeError(head.decode(errors="replace"))
            self.is_open = True
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    self._hear(line[7:].strip().decode())
        finally:
            self.is_open = False
            writer.close()

    def _hear(self, kind: str) -> None:
        self.events[kind] = self.events.get(kind, 0) + 1
        if kind == "version":
            self.version_at = time.perf_counter()


def measure_streams(report: Report, clients: int, seconds: float) -> None:
    """Connect, hold, and write one batch; needs a migrated database. Raises RuntimeError when a client is lost."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = clients + 500
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    read, _ = workspace_with_tokens()
    with web_server(BELVEDERE_REQUESTS_PER_MINUTE=_NO_LIMIT) as (web, port):
        asyncio.run(_measure(report, web, port, read, clients, seconds))


async def _measure(report: Report, web: psutil.Process, port: int, token: str, clients: int, seconds: float) -> None:
    listeners, doors = [Listener() for _ in range(clients)], asyncio.Semaphore(_AT_ONCE)
    first = Listener()
    tasks = [asyncio.create_task(first.listen(port, token))]
    await _until(lambda: bool(first.events), _REACHED_S, "the first stream")
    await asyncio.to_thread(counted, port, token)  # kernels are in memory before that is looked at
    before, meter, began = web.memory_info().rss, Meter({"web": web}).start(), time.perf_counter()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks = [asyncio.create_task(_enter(doors, each, port, token)) for each in listeners]
    try:
        await _until(lambda: all(each.events for each in listeners), 120, "all streams")
        name = f"{clients:,} idle event streams"
        report.rate(f"{name}: opened", clients / (time.perf_counter() - began), cores=meter.cores())
        meter.start()
        await asyncio.sleep(seconds)
        held = sum(each.is_open for each in listeners)
        beats = [each.events.get("heartbeat", 0) for each in listeners]
        grown = web.memory_info().rss - before
        report.size(
            f"{name}: memory of the process", web.memory_info().rss / 2**20,
            kb_a_client=round(grown / 2**10 / clients, 1),
        )  # fmt: skip
        cores = meter.cores()
        report.ratio(f"{name}: cores used while idle", cores["web"], database=cores["database"], seconds=seconds)
        report.ratio(f"{name}: still open", held / clients, heartbeats_of_each=f"{min(beats)} to {max(beats)}")
        report.times(f"{name}: batch handed over to event read", await _batch(listeners))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if held < clients or (seconds > 65 and not min(beats)):
        raise RuntimeError(f"{clients - held} clients were lost; the fewest heartbeats of a client: {min(beats)}.")


async def _enter(doors: asyncio.Semaphore, listener: Listener, port: int, token: str) -> None:
    async with doors:
        task = asyncio.create_task(listener.listen(port, token))
        while not listener.is_open and not task.done():
            await asyncio.sleep(0.01)
    try:
        await task
    finally:
        task.cancel()


async def _batch(listeners: list[Listener]) -> list[float]:
    """Milliseconds from handing a batch over for writing until each client has read the event of its version."""
    from services.ingest import ingest_rows
    from services.people import command_scope

    now = datetime.now(UTC)
    rows = [{"measured_at": now.isoformat(), "kind": "flow", "sensor": f"S{i:04d}", "value": i} for i in range(100)]
    scope, heard = command_scope(SLUG), [each.version_at for each in listeners]
    start = time.perf_counter()
    await asyncio.to_thread(ingest_rows, scope, DATASET, rows, None, now)
    await _until(
        lambda: all(each.version_at > was for each, was in zip(listeners, heard, strict=True)), _REACHED_S, "the batch"
    )
    return [(each.version_at - start) * 1000 for each in listeners]


async def _until(claim: object, seconds: float, what: str) -> None:
    assert callable(claim)
    until = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > until:
            raise RuntimeError(f"{what} did not come within {seconds:g} s.")
        await asyncio.sleep(0.02)


def main() -> None:
    """Measure on the database of the environment, else in a data folder of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=1000)
    asked.add_argument("--seconds", type=float, default=300)
    options = asked.parse_args()
    with own_database("bench-http"):
        measure_streams(Report(0, "streams"), options.clients, options.seconds)


if __name__ == "__main__":
    main()
