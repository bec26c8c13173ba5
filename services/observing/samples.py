"""How are the machine, this process and its caches right now?"""

from __future__ import annotations

import sys
from typing import Any

import psutil

from data.settings import settings

_MB, _GB = 1_000_000.0, 1_000_000_000.0


class Sampler:
    """Looks at the same process again and again; what is counted since the start is told as what came since the last
    look."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()
        psutil.cpu_percent()
        self._hits = self._misses = 0
        self.answers()

    def resources(self) -> dict[str, Any]:
        """The machine and this process."""
        home = settings().home
        disk = psutil.disk_usage(str(home if home.is_dir() else home.parent))
        with self._process.oneshot():
            return {
                "cpu": round(self._process.cpu_percent(), 1), "threads": self._process.num_threads(),
                "memory_mb": round(self._process.memory_info().rss / _MB, 1),
                "host_cpu": round(psutil.cpu_percent(), 1), "host_memory": round(psutil.virtual_memory().percent, 1),
                "disk": round(disk.percent, 1), "disk_free_gb": round(disk.free / _GB, 1),
            }  # fmt: skip

    def answers(self) -> dict[str, Any] | None:
        """Look-ups among the shared answers since the last look; None when there were none, or no engine is loaded."""
        results = sys.modules.get("data.engine.results")  # importing it would load the engine for nothing
        if results is None:
            return None
        found = results.cache.statistics()
        hits, misses = found["hits"] - self._hits, found["misses"] - self._misses
        self._hits, self._misses = found["hits"], found["misses"]
        if hits < 0 or misses < 0 or not hits + misses:  # forgotten in between, or idle
            return None
        return {"cache": "answers", "hits": hits, "misses": misses, "lookups": hits + misses}
