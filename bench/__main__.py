"""`make bench [ROWS=10000000]`: fill, ask, compare, stream; a table on the screen and bench/results/latest.json."""

from __future__ import annotations

import argparse
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the measurements in a data folder of their own, kept between runs of the same size with --keep."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--stream-seconds", type=float, default=60, help="how long 50,000 rows/s are streamed")
    asked.add_argument("--pages", type=int, default=200, help="pages of the mix")
    asked.add_argument("--keep", action="store_true", help="keep the filled database for another run")
    asked.add_argument("--without", nargs="*", default=[], choices=["peers", "stream", "live", "fill"])
    options = asked.parse_args()
    home = ROOT / ".belvedere" / f"bench-{options.rows}"
    os.environ["BELVEDERE_HOME"] = str(home)
    os.environ.setdefault("BELVEDERE_CACHE_MB", "6144")
    os.environ["BELVEDERE_DEMO"] = "0"
    from data import embedded

    with embedded.needed():
        _measure(options, home)
    if not options.keep:
        shutil.rmtree(home, ignore_errors=True)


def _measure(options: argparse.Namespace, home: Path) -> None:
    from bench.engine import measure_pages
    from bench.fill import fill_all
    from bench.ingest import measure_stream
    from bench.live import measure_live
    from bench.measure import Report
    from bench.setup import open_bench, prepare

    prepare()
    scope, model = open_bench()
    report = Report(options.rows, f"rows-{options.rows}")
    report.found.append(
        {"name": "started", "rows": options.rows, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    )
    if "fill" not in options.without:
        fill_all(scope, model.packs[0].datasets[0], options.rows, report)
    measure_pages(scope, model, options, home, report)
    if "stream" not in options.without:
        measure_stream(scope, model, 50_000, options.stream_seconds, report)
        measure_stream(scope, model, 100_000, min(60, options.stream_seconds), report)
    if "live" not in options.without:
        measure_live(report, sessions=50, seconds=30)


if __name__ == "__main__":
    main()
