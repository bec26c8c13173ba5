"""How long does a page take, warm and cold, beside plain Postgres and DuckDB?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from bench import peers
from bench.caches import forget_all
from bench.measure import Peer, Report, timed
from bench.pages import mixed, page
from data.engine import columns, results
from data.engine.answers import answer
from data.model import Model
from data.types import Filter, MetricQuery, Scope

NOW = datetime.now(UTC)
FILTER = (Filter("area", "in", ("area 05",)),)


def measure_pages(scope: Scope, model: Model, options: argparse.Namespace, home: Path, report: Report) -> None:
    """Pages of 7, 30 and 365 days, the mix, and the peers on the same rows."""

    def ask(queries: Sequence[MetricQuery]) -> Callable[[], object]:
        return lambda: (results.cache.clear(), answer(scope, model, list(queries), NOW))

    ask(page(30))()
    against: dict[int, dict[str, Peer]] = {30: {}, 365: {}}
    if "peers" not in options.without:
        against = _peers(scope, report.rows, home, options.cap_seconds)
    for days in (7, 30):
        report.times(f"page {days} d, warm", _warm(ask(page(days))), against.get(days))
        report.times(f"page {days} d, cold", _cold(ask(page(days)), 7), against.get(days))
    for name, where in (("no filter", ()), ("one filter", FILTER)):
        report.times(f"page 365 d, {name}, cold", _cold(ask(page(365, where)), 5), against[365])
        report.times(f"page 365 d, {name}, warm", _warm(ask(page(365, where)), 5))
    forget_all()
    mix = mixed(np.random.default_rng(3), options.pages)
    for queries in mix:
        ask(queries)()
    report.times("page mix, warm", [timed(ask(queries)) for queries in mix])
    _memory(report)


def _memory(report: Report) -> None:
    columns_mb = columns.cache.bytes / 2**20
    report.size(
        "decoded columns after the page mix", columns_mb, bytes_a_row=round(columns.cache.bytes / report.rows, 1)
    )
    report.size("measuring process after the page mix", psutil.Process().memory_info().rss / 2**20)


def _peers(scope: Scope, rows: int, home: Path, cap_s: float) -> dict[int, dict[str, Peer]]:
    duck = peers.fill_duckdb(home / "peer.duckdb", rows)
    found: dict[int, dict[str, Peer]] = {}
    for days in (7, 30, 365):
        runs = 3 if rows * days <= 300_000_000 else 1
        found[days] = {
            "postgres": _median([peers.postgres_page(scope, days, cap_s) for _ in range(runs)]),
            "duckdb": Peer(float(np.median([peers.duckdb_ms(duck, days) for _ in range(runs)]))),
        }
    duck.close()
    return found


def _median(found: Sequence[Peer]) -> Peer:
    return sorted(found, key=lambda peer: peer.ms)[len(found) // 2]


def _warm(run: Callable[[], object], count: int = 15) -> list[float]:
    run()
    return [timed(run) for _ in range(count)]


def _cold(run: Callable[[], object], count: int) -> list[float]:
    found = []
    for _ in range(count):
        forget_all()
        found.append(timed(run))
    return found
