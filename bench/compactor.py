"""What keeps merging segments while rows stream in? A process like the worker, for the measured dataset alone."""

from __future__ import annotations

import signal
import sys
import time

from bench.setup import open_bench
from data.engine.compact import compact_workspace


def main() -> None:
    """Merge what can be merged, twice a second, until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    scope, model = open_bench()
    while True:
        compact_workspace(scope, model.packs[0].datasets[0])
        time.sleep(0.5)


if __name__ == "__main__":
    main()
