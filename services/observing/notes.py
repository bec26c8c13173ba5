"""What was noted and is not written yet?

Noting must neither slow nor break what it is about: it is an append to a bounded list, whose oldest notes stay and
whose newest are counted as dropped when nobody empties it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MOST = 5_000
DATASETS = (
    "requests", "questions", "jobs", "deliveries", "sign_ins", "page_views", "exports", "errors", "caches", "resources",
    "checks",
)  # fmt: skip
# Files of the dashboard and its socket: many for each page view, and nothing to learn from them.
_FILES = ("/_stcore/", "/static/", "/media/", "/component/", "/app/static/", "/favicon")
Note = tuple[int, dict[str, Any]]


class Notes:
    """Notes by dataset: milliseconds since 1970 and the columns. Any thread may add; one takes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: dict[str, deque[Note]] = {name: deque() for name in DATASETS}
        self.is_on = False
        self.dropped = 0

    def add(self, dataset: str, at_ms: int, columns: dict[str, Any]) -> None:
        """Keep a note, unless there are too many of its dataset."""
        rows = self._rows[dataset]
        if len(rows) < self._most:
            rows.append((at_ms, columns))
        else:
            self.dropped += 1

    def take(self) -> dict[str, list[Note]]:
        """All notes of now, which are no longer kept here; datasets without any are left out."""
        found = {name: [rows.popleft() for _ in range(len(rows))] for name, rows in self._rows.items()}
        return {name: rows for name, rows in found.items() if rows}

    def take_dropped(self) -> int:
        """How many were dropped since the last time."""
        found, self.dropped = self.dropped, 0
        return found


notes = Notes()
_here = threading.local()


def note(dataset: str, /, **columns: Any) -> None:
    """Note something that is over now; what is missing is None. Does nothing where nobody collects."""
    if notes.is_on and not getattr(_here, "quiet", False):
        notes.add(dataset, time.time_ns() // 1_000_000, columns)


@contextmanager
def quietly() -> Iterator[None]:
    """Nothing that this thread does inside is noted: the collector must not find work in its own work."""
    before = getattr(_here, "quiet", False)
    _here.quiet = True
    try:
        yield
    finally:
        _here.quiet = before


@contextmanager
def timed(dataset: str, done: str, failed: str, /, **columns: Any) -> Iterator[dict[str, Any]]:
    """Note how long the block took and whether it ended well; columns put into what is yielded are noted too."""
    started, more, outcome = time.perf_counter(), dict[str, Any](), failed
    try:
        yield more
        outcome = done
    finally:
        ms = round((time.perf_counter() - started) * 1000, 1)
        note(dataset, **{"outcome": outcome, "ms": ms, **columns, **more})


def noted_request(path: str, line: Mapping[str, Any]) -> None:
    """Note a request from its log line; those for files of the pages are left out."""
    if path.startswith(_FILES):
        return
    status = int(line["status"])
    note(
        "requests", method=line["method"], route=line["route"], status=str(status), outcome=_outcome(status),
        ms=line["ms"], account=line["account"] or None,
    )  # fmt: skip


def _outcome(status: int) -> str:
    if status == 499:
        return "given up"
    if status >= 500:
        return "failed"
    return "refused" if status >= 400 else "redirected" if status >= 300 else "answered"
