"""How many rows a second come in over HTTP, what do both sides pay for them, and how old are the numbers meanwhile?

`python -m bench.http [--seconds 60] [--rate 30000]` starts a database, a web process and a worker of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from bench.measure import Report
from bench.senders import Job, bodies, fresh
from bench.serving import ROOT, Meter, own_database, web_server, worker

SLUG = "bench-http"
METRIC = "water.readings_received"
_ASK_S = 0.5
_FIRST_S = 300.0  # the first answer may have to wait for kernels to be compiled
_NO_LIMIT = "1000000"  # requests a minute: what is measured is the route, not the allowance
_COLUMNS = ("measured_at", "kind", "municipality", "zone", "sensor", "value")


@dataclass(frozen=True, slots=True)
class Load:
    """One way of sending, under the name that it has in the report."""

    name: str
    rate: float
    batch: int
    clients: int
    form: str = "json"


def loads(rate: float) -> list[Load]:
    """Everything that is measured: a sustained rate, then each form as fast as answers come, single events last."""
    return [
        Load(f"http {rate:,.0f} rows/s, NDJSON of 5,000", rate, 5000, 4, "ndjson"),
        Load(f"http {rate:,.0f} rows/s, JSON of 1,000", rate, 1000, 4),
        Load("http at most, JSON of 5,000", 0, 5000, 4),
        Load("http at most, more senders than turns", 0, 5000, 16),
        Load("http single events, 1 connection", 0, 1, 1),
        Load("http single events, 32 connections", 0, 1, 32),
    ]


def measure_http(report: Report, rate: float, seconds: float) -> None:
    """All loads, the sustained one for so many seconds and the others for a sixth; needs a migrated database."""
    read, write = workspace_with_tokens()
    with web_server(BELVEDERE_REQUESTS_PER_MINUTE=_NO_LIMIT) as (web, port), worker() as merging:
        for number, load in enumerate(loads(rate)):
            lasts = seconds if not number else max(5.0, seconds / 6)
            job = Job(port, write, lasts, load.rate, load.batch, load.clients, load.form)
            per_s = _measure(report, load, job, read, Meter({"web": web, "worker": merging}))
            if load.batch > 1 and not load.rate:
                _against_postgres(report, load, per_s)


def workspace_with_tokens() -> tuple[str, str]:
    """A workspace with the pack of water, and one token that reads and one that writes there."""
    from data.errors import UnknownName
    from services import model, people
    from services.people.workspaces import create_workspace

    try:
        people.get_workspace(SLUG)
    except UnknownName:
        create_workspace(SLUG, "Measurements over HTTP", "municipality", "UTC")
    model.enable_pack(people.command_scope(SLUG), "water")
    now = datetime.now(UTC)
    return tuple(people.create_service_token(SLUG, [a], 1, "bench", now) for a in ("read", "write"))  # type: ignore[return-value]


def _measure(report: Report, load: Load, job: Job, read: str, meter: Meter) -> float:
    """Send, ask meanwhile, and compare at the end; the rate that was acknowledged."""
    before, lines, asked = counted(job.port, read), list[dict[str, float]](), list[tuple[float, float, int]]()
    sender = subprocess.Popen(
        [sys.executable, "-m", "bench.senders", json.dumps(asdict(job))], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    meter.start()
    collector = threading.Thread(target=lambda: lines.extend(json.loads(x) for x in sender.stdout or ()), daemon=True)
    collector.start()
    while sender.poll() is None:
        start = time.time()
        asked.append((start, time.time(), counted(job.port, read) - before))
        time.sleep(_ASK_S)
    cores = meter.cores()
    collector.join()
    if sender.returncode or len(lines) < 2:
        raise RuntimeError(f"{load.name}: the sender failed.")
    cost, batches = lines.pop(), sorted(lines, key=lambda line: line["at"])
    per_s = len(batches) * load.batch / cost["seconds"]
    report.rate(
        load.name, per_s, seconds=round(cost["seconds"]), waits=sum(round(b["waits"]) for b in batches),
        spooled=sum(bool(b["spooled"]) for b in batches),
        client_cores=round(cost["cpu"] / cost["seconds"], 2), cores=cores,
    )  # fmt: skip
    report.times(f"{load.name}: answer", [b["ms"] for b in batches])
    if load.rate:
        report.times(f"{load.name}: answer after the batch was due", [b["late"] for b in batches])
    report.times(f"{load.name}: age of the engine's answer", _ages(load.batch, [b["at"] for b in batches], asked))
    stored, sent = counted(job.port, read) - before, len(batches) * load.batch
    report.ratio(f"{load.name}: rows counted / rows acknowledged", stored / sent, counted=stored, expected=sent)
    return per_s


def _ages(batch: int, acknowledged: list[float], asked: list[tuple[float, float, int]]) -> list[float]:
    """Milliseconds for which, at the end of each question, the oldest batch that its answer lacks had been there."""
    ages = []
    for _, answered, rows in asked:
        missing = acknowledged[rows // batch :]
        ages.append(max(0.0, answered - missing[0]) * 1000 if missing else 0.0)
    return ages


def counted(port: int, token: str) -> int:
    """Rows of today and yesterday by the engine, asked as any program would."""
    question = {"metrics": [METRIC], "range": {"last": "2d"}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/query", json.dumps(question).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=_FIRST_S) as answer:
        found: dict[str, Any] = json.load(answer)
    return int(found["rows"][0][METRIC] or 0) if found["rows"] else 0


def _against_postgres(report: Report, load: Load, per_s: float) -> None:
    """The same bodies read and put into a plain table of the same server: nothing checked, nothing counted."""
    from data.database import database_url

    found = bodies(load.batch, load.form, 8)
    with psycopg.connect(database_url(), autocommit=True) as connection:
        for peer, write in (("plain Postgres, COPY", _copy), ("plain Postgres, INSERT", _insert)):
            connection.execute(
                "CREATE TEMP TABLE plain (measured_at timestamptz, kind text, municipality text, zone text,"
                " sensor text, value numeric)"
            )
            start = time.perf_counter()
            for body in found:
                write(connection, json.loads(fresh(body)))
            theirs = len(found) * load.batch / (time.perf_counter() - start)
            connection.execute("DROP TABLE plain")
            report.rate(load.name, theirs, against=peer, ratio=round(per_s / theirs, 3))


def _copy(connection: psycopg.Connection[Any], rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY plain FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in _COLUMNS])


def _insert(connection: psycopg.Connection[Any], rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor, connection.transaction():
        cursor.executemany(
            "INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s)", [[row[name] for name in _COLUMNS] for row in rows]
        )


def main() -> None:
    """Measure on the database of the environment, else in a data folder of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rate", type=float, default=30_000, help="rows a second of the sustained load")
    asked.add_argument("--seconds", type=float, default=60)
    options = asked.parse_args()
    with own_database("bench-http"):
        measure_http(Report(0, "http"), options.rate, options.seconds)


if __name__ == "__main__":
    main()
