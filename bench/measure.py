"""How is a measurement taken, kept and shown?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


def timed(run: Callable[[], object]) -> float:
    """Milliseconds that one run takes."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


@dataclass(frozen=True)
class Peer:
    """How long a peer took for the same; `is_stopped`: it was given up after that time."""

    ms: float
    is_stopped: bool = False


@dataclass
class Report:
    """Measurements in the order they were taken; written whole after each, so that a stopped run keeps what it has."""

    rows: int
    name: str
    found: list[dict[str, object]] = field(default_factory=list)

    def times(self, name: str, milliseconds: list[float], against: dict[str, Peer] | None = None) -> None:
        """p50 and p95 of a list of times; `against` adds one line a peer with its time and the ratio to ours."""
        p50, p95 = (float(np.percentile(milliseconds, q)) for q in (50, 95))
        self._keep({"name": name, "p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "n": len(milliseconds)})
        for peer, theirs in (against or {}).items():
            stopped = {"stopped": "given up, so both are more"} if theirs.is_stopped else {}
            ratio = round(theirs.ms / max(p50, 1e-6), 1)
            self._keep({"name": name, "p50_ms": round(theirs.ms, 2), "against": peer, "ratio": ratio, **stopped})

    def rate(self, name: str, per_s: float, **more: object) -> None:
        """Things a second."""
        self._keep({"name": name, "per_s": round(per_s), **more})

    def size(self, name: str, mb: float, **more: object) -> None:
        """Mebibytes."""
        self._keep({"name": name, "mb": round(mb, 1), **more})

    def ratio(self, name: str, ratio: float, **more: object) -> None:
        """A bare ratio."""
        self._keep({"name": name, "ratio": round(ratio, 3), **more})

    def counts(self, name: str, **counted: object) -> None:
        """How often what happened."""
        self._keep({"name": name, **counted})

    def skipped(self, name: str, reason: str) -> None:
        """What could not be measured here, and why."""
        self._keep({"name": name, "skipped": reason})

    def p50(self, name: str, rows: int) -> float | None:
        """Our own median of a measurement at that size, where it was taken."""
        mine = (f for f in self.found if f["name"] == name and f["rows"] == rows and "against" not in f)
        return next((float(str(f["p50_ms"])) for f in mine if "p50_ms" in f), None)

    def _keep(self, entry: dict[str, object]) -> None:
        self.found.append({"rows": self.rows, **entry})
        print(self._line(self.found[-1]), flush=True)
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self.found, indent=1)
        for file in ("latest.json", f"{self.name}.json"):
            (RESULTS / file).write_text(text)

    @staticmethod
    def _line(entry: dict[str, object]) -> str:
        rest = "  ".join(f"{k}={v}" for k, v in entry.items() if k not in ("name", "rows"))
        return f"{entry['rows']:>12,}  {entry['name']:<44}  {rest}"
