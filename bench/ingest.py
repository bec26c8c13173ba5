"""Does a steady stream of rows stay fast and exact while pages are being served?

Run as a process of its own (`python -m bench.ingest RATE SECONDS`) it writes at that rate and prints one JSON line a
batch: version, the wall clock at commit, and how long the batch took from its due time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.measure import Report
from bench.pages import page
from bench.rows import columns
from bench.setup import open_bench
from data.database import transaction
from data.engine.answers import answer
from data.engine.batches import Batch, write_batch
from data.listening import Changed, changes
from data.model import Model
from data.types import Scope

ROOT = Path(__file__).resolve().parent.parent
BATCHES_A_SECOND = 10


def write_stream(rate: int, seconds: float) -> None:
    """Write rate rows a second for so many seconds, ten batches a second, each printed after its commit."""
    scope, model = open_bench()
    dataset = model.packs[0].datasets[0]
    rng = np.random.default_rng(time.time_ns())
    size = rate // BATCHES_A_SECOND
    run = time.time_ns()
    begin = time.perf_counter()
    for number in range(int(seconds * BATCHES_A_SECOND)):
        due = begin + number / BATCHES_A_SECOND
        made = columns(rng, datetime.now(UTC) - timedelta(milliseconds=100), 100, size)
        time.sleep(max(0.0, due - time.perf_counter()))
        start = time.perf_counter()
        with transaction(scope) as tx:
            result = write_batch(tx, scope, Batch(dataset, f"stream:{run}:{number}", made))  # type: ignore[arg-type]
        end = time.perf_counter()
        print(json.dumps({"v": result.version, "at": time.time(), "ms": (end - start) * 1000,
                          "late": max(0.0, start - due) * 1000}), flush=True)  # fmt: skip


def measure_stream(scope: Scope, model: Model, rate: int, seconds: float, report: Report) -> None:
    """A writer process at `rate`, a compactor process, pages asked here; counts compared with what was acknowledged."""
    dataset = model.packs[0].datasets[0]
    before = _count(scope, model)
    seen: dict[int, float] = {}
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(dataset.id, seen, stop), daemon=True)
    compactor = subprocess.Popen([sys.executable, "-m", "bench.compactor"], cwd=ROOT)
    writer = subprocess.Popen(
        [sys.executable, "-m", "bench.ingest", str(rate), str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    watcher.start()
    lines: list[dict[str, Any]] = []
    collector = threading.Thread(target=lambda: lines.extend(json.loads(x) for x in writer.stdout or ()), daemon=True)
    collector.start()
    pages: list[float] = []
    while writer.poll() is None:
        start = time.perf_counter()
        answer(scope, model, page(7, end_days_ago=-_days_ahead()), datetime.now(UTC))
        pages.append((time.perf_counter() - start) * 1000)
        time.sleep(0.4)
    collector.join()
    time.sleep(0.5)
    stop.set()
    compactor.terminate()
    compactor.wait()
    _report(report, rate, lines, pages, seen)
    wanted = before + len(lines) * (rate // BATCHES_A_SECOND)
    found = _count(scope, model)
    report.ratio(f"stream {rate:,}/s: rows counted / rows acknowledged", found / wanted, counted=found, expected=wanted)


def _report(report: Report, rate: int, lines: list[dict[str, Any]], pages: list[float], seen: dict[int, float]) -> None:
    took = lines[-1]["at"] - lines[0]["at"]
    name = f"stream {rate:,}/s"
    report.rate(
        f"{name}: reached", (len(lines) - 1) * (rate // BATCHES_A_SECOND) / max(took, 1e-9), seconds=round(took)
    )
    report.times(f"{name}: batch", [x["ms"] for x in lines])
    report.times(f"{name}: start of a batch after its due time", [x["late"] for x in lines])
    report.times(f"{name}: 7-day page meanwhile", pages)
    delays = [(seen[x["v"]] - x["at"]) * 1000 for x in lines if x["v"] in seen]
    if delays:
        report.times(f"{name}: commit to shared cache", [max(d, 0.0) for d in delays])


def _watch(dataset_id: int, seen: dict[int, float], stop: threading.Event) -> None:
    """When this process, which serves pages, heard of each version."""
    for found in changes(stop):
        if isinstance(found, Changed) and found.dataset_id == dataset_id:
            seen[found.version] = time.time()


def _days_ahead() -> int:
    from bench.pages import END

    return (datetime.now(UTC) - END).days + 1


def _count(scope: Scope, model: Model) -> int:
    from bench.pages import END
    from data.types import MetricQuery, TimeRange

    span = TimeRange(END - timedelta(days=800), datetime.now(UTC) + timedelta(days=2))
    found = answer(scope, model, [MetricQuery(("bench.events",), span)], datetime.now(UTC))
    return int(found[0].rows[0]["bench.events"])


if __name__ == "__main__":
    write_stream(int(sys.argv[1]), float(sys.argv[2]))
