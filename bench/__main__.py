"""`make bench [ROWS=10000000]`: fill, ask, compare, stream; a table on the screen and bench/results/latest.json."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure import Report

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("peers", "stream", "live", "fill", "growth", "maps")
WAYS = ("http", "streams", "screen", "mqtt", "faults")


def main() -> None:
    """Measure every size up to --rows, each in a data folder of its own that --keep keeps for another run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--stream-seconds", type=float, default=60, help="how long 50,000 rows/s are streamed")
    asked.add_argument("--pages", type=int, default=200, help="pages of the mix")
    asked.add_argument("--views", type=int, default=60, help="maps of random views")
    asked.add_argument("--cap-seconds", type=float, default=240, help="when a peer's page is given up, and said so")
    asked.add_argument("--keep", action="store_true", help="keep the filled databases for another run")
    asked.add_argument("--hold-seconds", type=float, default=300, help="how long a thousand event streams are held")
    asked.add_argument("--without", nargs="*", default=[], choices=[*PARTS, *WAYS])
    options = asked.parse_args()
    os.environ.setdefault("BELVEDERE_CACHE_MB", "6144")
    os.environ["BELVEDERE_DEMO"] = "0"
    from bench.growth import report_growth, sizes_up_to
    from bench.measure import Report

    sizes = [options.rows] if "growth" in options.without else sizes_up_to(options.rows)
    report = Report(options.rows, f"rows-{options.rows}")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    report.found.append({"name": "started", "rows": options.rows, "at": started})
    for size in sizes:
        report.rows = size
        home = ROOT / ".belvedere" / f"bench-{size}"
        with database(home):
            _measure(options, home, report)
        if not options.keep:
            shutil.rmtree(home, ignore_errors=True)
    report_growth(report, sizes)
    report.rows = options.rows
    _measure_with_a_broker(options, report)


@contextmanager
def database(home: Path) -> Iterator[None]:
    """The embedded server of a data folder, for this process alone; nothing of it is remembered afterwards."""
    from bench.caches import forget_all
    from data import embedded
    from data.database import close_pool
    from data.settings import settings

    os.environ["BELVEDERE_HOME"] = str(home)
    settings.cache_clear()
    with embedded.needed():
        try:
            yield
        finally:
            close_pool()
            forget_all()


def _measure(options: argparse.Namespace, home: Path, report: Report) -> None:
    from bench.engine import measure_pages
    from bench.fill import fill_all
    from bench.ingest import measure_stream
    from bench.live import measure_live
    from bench.maps import measure_maps
    from bench.setup import open_bench, prepare

    prepare()
    scope, model = open_bench()
    if "fill" not in options.without:
        fill_all(scope, model.packs[0].datasets[0], report.rows, report)
    measure_pages(scope, model, options, home, report)
    if "maps" not in options.without:
        measure_maps(scope, model, home, report, options)
    if report.rows < options.rows:
        return
    if "stream" not in options.without:
        measure_stream(scope, model, 50_000, options.stream_seconds, report)
        measure_stream(scope, model, 100_000, min(60, options.stream_seconds), report)
    if "live" not in options.without:
        measure_live(report, sessions=50, seconds=30)
    _measure_over_http(options, report)


def _measure_over_http(options: argparse.Namespace, report: Report) -> None:
    from bench.http import measure_http
    from bench.map_screen import measure_first_map
    from bench.screen import can_measure, measure_screen
    from bench.streams import measure_streams

    if "http" not in options.without:
        measure_http(report, 30_000, options.stream_seconds)
    if "streams" not in options.without:
        measure_streams(report, 1000, options.hold_seconds)
    if "screen" not in options.without:
        if can_measure():
            measure_screen(report, batches=20)
            measure_first_map(report)
        else:
            report.skipped("commit to screen", "no Chromium on this machine: apt install chromium")


def _measure_with_a_broker(options: argparse.Namespace, report: Report) -> None:
    """In data folders of their own: these stop and kill what they started."""
    from bench.faults import can_measure, measure_faults
    from bench.mqtt import measure_mqtt

    for name, measure in (("mqtt", measure_mqtt), ("faults", measure_faults)):
        if name in options.without:
            continue
        if can_measure():
            measure(report)
        else:
            report.skipped(name, "no mosquitto on this machine: apt install mosquitto")


if __name__ == "__main__":
    main()
