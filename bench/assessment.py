"""How many trials a second come in and how many sessions a minute are scored? `python -m bench.assessment`.

In a database of its own: trials and sessions as another program sends them (objects, 500 a batch), everything scored by
one pass; then a steady stream of 2,000 trials a second while passes go on, with the time from the batch that completes
a session to its committed result.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

SESSIONS = 500
STEADY_S = 10
STEADY_RATE = 2000
_BATCH = 500


def main() -> None:
    """Run everything and print one line a figure."""
    home = Path(tempfile.mkdtemp(prefix="belvedere-bench-"))
    home.chmod(0o755)
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"BELVEDERE_HOME": str(home), "BELVEDERE_DEMO": "0"}
    from data import embedded

    try:
        with embedded.needed():
            _measure()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure() -> None:
    from data.migrate import migrate
    from services.assessment.pipeline import score
    from services.model import enable_pack
    from services.people.workspaces import command_scope, create_workspace

    migrate()
    create_workspace("bench", "Measurements", "organisation", "UTC")
    scope = command_scope("bench")
    enable_pack(scope, "assessment")
    now = datetime.now(UTC).replace(microsecond=0)
    trials, sessions = _rows(SESSIONS, now - timedelta(days=3))
    _send(scope, "trials", trials[:_BATCH], now)  # tables, partitions and connections are there
    begun, cpu = time.perf_counter(), time.process_time()
    _send(scope, "trials", trials[_BATCH:], now)
    _send(scope, "sessions", sessions, now)
    came = time.perf_counter() - begun
    rate = (len(trials) - _BATCH) / came
    print(f"ingest: {len(trials):,} trials in {came:.1f} s, {rate:,.0f} a second")
    middle = time.perf_counter()
    done = score(scope, now)
    scored = time.perf_counter() - middle
    whole = time.perf_counter() - begun
    print(f"scoring: {done.scored:,} sessions in {scored:.1f} s, {done.scored / scored * 60:,.0f} a minute")
    print(
        f"end to end: {done.scored / whole * 60:,.0f} sessions a minute with {len(trials) / whole:,.0f} trials"
        f" a second; this process used {time.process_time() - cpu:.1f} s of CPU in {whole:.1f} s"
    )
    begun = time.perf_counter()
    again = score(scope, now, everything=True)
    print(f"scoring everything again: {time.perf_counter() - begun:.1f} s, rows written: {sum(again.written.values())}")
    _steady(scope, now)


class _Passes(threading.Thread):
    """Scores again and again; `sent` says when a session's last batch was committed, `delays` gathers the seconds."""

    def __init__(self, scope: Any, now: datetime) -> None:
        super().__init__()
        self.scope, self.now = scope, now
        self.sent: dict[str, float] = {}
        self.delays: list[float] = []
        self.is_over = threading.Event()

    def run(self) -> None:
        """Until everything sent is scored and nothing more will come."""
        from services.assessment.pipeline import score

        while self.sent or not self.is_over.is_set():
            begun = self.sent.copy()
            if score(self.scope, self.now).scored:
                at = time.perf_counter()
                self.delays += [at - since for since in begun.values()]
                for session in begun:
                    del self.sent[session]
            time.sleep(0.5)


def _steady(scope: Any, now: datetime) -> None:
    trials, sessions = _rows(STEADY_S * STEADY_RATE // 120, now - timedelta(days=1), "steady")
    trials = trials[: STEADY_S * STEADY_RATE]
    last = {row["session"]: number for number, row in enumerate(trials)}
    of = {row["session"]: row for row in sessions}
    passes = _Passes(scope, now)
    passes.start()
    begin, late = time.perf_counter(), 0.0
    for first in range(0, len(trials), _BATCH):
        due = begin + first / STEADY_RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        late = max(late, time.perf_counter() - due)
        part = trials[first : first + _BATCH]
        _send(scope, "trials", part, now)
        done = [session for session in dict.fromkeys(row["session"] for row in part) if last[session] < first + _BATCH]
        _send(scope, "sessions", [of[session] for session in done], now)
        passes.sent.update(dict.fromkeys(done, time.perf_counter()))
    took = time.perf_counter() - begin
    passes.is_over.set()
    passes.join()
    p50, p95 = np.percentile(passes.delays, [50, 95])
    print(
        f"steady: {len(trials) / took:,.0f} trials a second for {took:.0f} s, at most {late * 1000:.0f} ms late;"
        f" {len(passes.delays)} sessions scored {p50:.2f} s (p50) and {p95:.2f} s (p95) after they were complete"
    )


def _rows(count: int, at: datetime, prefix: str = "all") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Trials and completed sessions of `count` made-up sessions, as objects in order of time."""
    from data.engine.days import to_ms
    from services.assessment.simulated.days import sittings
    from services.assessment.simulated.people import people

    rng = np.random.default_rng(12)
    crowd, begun = people(rng, count * 2), []
    while len(begun) < count:
        begun += sittings(date(2026, 3, 3), to_ms(at), crowd, count / 5, rng)
    trials, sessions = [], []
    for number, sitting in enumerate(begun[:count]):
        facts = sitting.facts() | {"session": f"{prefix}-{number}"}
        names = list(sitting.trials)
        for values in zip(*(sitting.trials[name].tolist() for name in names), strict=True):
            row = {
                name: value for name, value in zip(names, values, strict=True) if value is not None and value == value
            }
            row["occurred_at"] = _iso(row["occurred_at"])
            trials.append(row | {"session": facts["session"], "participant": facts["participant"]})
        ended = {"started_at": _iso(sitting.started_ms), "completed_at": _iso(sitting.ended_ms), "status": "completed"}
        sessions.append(facts | ended)
    return trials, sessions


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _send(scope: Any, dataset: str, rows: list[dict[str, Any]], now: datetime) -> None:
    from services.ingest import ingest_rows

    for first in range(0, len(rows), _BATCH):
        done = ingest_rows(scope, f"assessment.{dataset}", rows[first : first + _BATCH], None, now)
        assert done.rejected == 0, done.rejects[:3]


if __name__ == "__main__":
    main()
