"""How long does a page take, warm and cold, beside plain Postgres and DuckDB?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench import peers
from bench.caches import forget_all
from bench.measure import Report, timed
from bench.pages import mixed, page
from data.engine import results
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
    against: dict[int, dict[str, float]] = {30: {}, 365: {}}
    if "peers" not in options.without:
        against = _peers(scope, options.rows, home)
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


def _peers(scope: Scope, rows: int, home: Path) -> dict[int, dict[str, float]]:
    duck = peers.fill_duckdb(home / "peer.duckdb", rows)
    found: dict[int, dict[str, float]] = {}
    for days in (7, 30, 365):
        runs = 1 if days == 365 and rows > 20_000_000 else 3
        found[days] = {
            "postgres": float(np.median([peers.postgres_ms(scope, days) for _ in range(runs)])),
            "duckdb": float(np.median([peers.duckdb_ms(duck, days) for _ in range(runs)])),
        }
    duck.close()
    return found


def _warm(run: Callable[[], object], count: int = 15) -> list[float]:
    run()
    return [timed(run) for _ in range(count)]


def _cold(run: Callable[[], object], count: int) -> list[float]:
    found = []
    for _ in range(count):
        forget_all()
        found.append(timed(run))
    return found
