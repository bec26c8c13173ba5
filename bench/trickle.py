"""How does a workspace get a few rows a second, as a working city does?

Run as a process of its own (`python -m bench.trickle SLUG SECONDS`); like the worker it also merges what it wrote.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from data.database import transaction
from data.engine.batches import Batch, write_batch
from data.engine.compact import compact_workspace
from data.model import Dataset
from data.tables import column_names
from data.types import Scope
from services.metrics import recent
from services.model import current, find_dataset
from services.people import command_scope

PAUSE_S = 0.5
ROWS_EACH = 2
_STEPS, _CASES = "grievance.complaint_events", "grievance.complaints"


def write(slug: str, seconds: float) -> None:
    """Twice a second two new complaints and two steps, in one transaction: every half second a new version of both."""
    scope = command_scope(slug)
    cases, steps = (find_dataset(current(), name) for name in (_CASES, _STEPS))
    patterns = {dataset.name: cycle(recent(scope, dataset.qualified, 50)) for dataset in (cases, steps)}
    end, run, number = time.monotonic() + seconds, time.time_ns(), 0
    while time.monotonic() < end:
        due = time.monotonic() + PAUSE_S
        with transaction(scope) as tx:
            for dataset in (cases, steps):
                key = f"trickle:{run}:{number}"
                write_batch(tx, scope, Batch(dataset, key, _columns(dataset, patterns[dataset.name], key)))
        number += 1
        if number % 4 == 0:
            _merge(scope, cases, steps)
        time.sleep(max(0.0, due - time.monotonic()))
    print(number, flush=True)


def _merge(scope: Scope, *datasets: Dataset) -> None:
    for dataset in datasets:
        compact_workspace(scope, dataset)


def _columns(dataset: Dataset, patterns: Iterator[dict[str, Any]], key: str) -> dict[str, list[Any]]:
    """New rows after the pattern of known ones: happening now, under keys of their own."""
    names = [n for n in column_names(dataset) if n not in {f.name for f in dataset.flags} | {"cell"}]
    rows = [{name: pattern.get(name) for name in names} for pattern, _ in zip(patterns, range(ROWS_EACH), strict=False)]
    for number, row in enumerate(rows):
        row.update(dict.fromkeys((t.name for t in dataset.times), None))
        row[dataset.time] = datetime.now(UTC).replace(tzinfo=None)
        row["quality"] = None
        if dataset.key:
            row[dataset.key] = f"{key}:{number}"
    return {name: [row[name] for row in rows] for name in names}


if __name__ == "__main__":
    write(sys.argv[1], float(sys.argv[2]))
