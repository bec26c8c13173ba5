"""How long does a map of hexagons take at any viewport, range and filter, how large is what is sent, and when does the
first one stand on the screen?

`python -m bench.maps [--rows 10000000] [--views 60] [--without peers screen]` measures it alone, in the data folder of
that size, which `make bench ROWS=... --keep` fills; `--home` names another, such as a copy.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import numpy as np
import streamlit as st
from psycopg.errors import QueryCanceled

from bench.caches import forget_all
from bench.measure import Peer, Report, timed
from bench.pages import END
from bench.rows import LATITUDES, LONGITUDES
from bench.serving import ROOT
from data.database import transaction
from data.model import Metric, Model
from data.types import Filter, Scope, TimeRange
from services.maps.choices import Box, MapChoice

NOW = datetime.now(UTC)
RANGES = (7, 30, 90, 365)
TARGETS_MS = {10_000_000: 100, 100_000_000: 300}
TARGET_KB = 300
PEER_RESOLUTION = 8
_PEER_VIEWS = 8
_COLD_VIEWS = 8
_MERGED = 3 * (15 - PEER_RESOLUTION)
_PARENT = f"((cell & ~(15::BIGINT << 52)) | ({PEER_RESOLUTION}::BIGINT << 52) | ((1::BIGINT << {_MERGED}) - 1))"
_SQL = (
    "SELECT {parent} AS hexagon, count(*) FROM {table} WHERE occurred_at >= '{start}' AND occurred_at < '{end}'"
    " AND lon BETWEEN {west} AND {east} AND lat BETWEEN {south} AND {north}{more} GROUP BY 1"
)


@dataclass(frozen=True, slots=True)
class View:
    """What somebody looks at: a box (None is all of it), so many days until the end, some filters."""

    box: Box | None
    days: int
    where: tuple[Filter, ...]

    @property
    def range(self) -> TimeRange:
        """The days as instants."""
        return TimeRange(END - timedelta(days=self.days), END)

    def choice(self, metric: Metric, resolution: int | None = None) -> MapChoice:
        """As the page asks for it."""
        return MapChoice(
            "hexagons", metric.qualified, self.range, self.where, self.box, resolution, "quantiles"
        )  # fmt: skip


def views(rng: np.random.Generator, count: int) -> list[View]:
    """Boxes from the whole city down to a 16th of its width around places that have rows, as people zoom about."""
    whole = (LONGITUDES.min(), LATITUDES.min(), LONGITUDES.max(), LATITUDES.max())
    found = []
    for _ in range(count):
        part = 2.0 ** -int(rng.integers(0, 5))
        at = int(rng.integers(0, LATITUDES.size))
        wide, high = (whole[2] - whole[0]) * part / 2, (whole[3] - whole[1]) * part / 2
        lon, lat = float(LONGITUDES[at]), float(LATITUDES[at])
        box = None if part == 1 else (lon - wide, lat - high, lon + wide, lat + high)
        filters = (
            Filter("category", "in", (f"category {rng.integers(12):02d}",)),
            Filter("area", "not_in", (f"area {rng.integers(40):02d}",)),
        )
        picked = rng.permutation(2)[: int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))]
        found.append(View(box, int(rng.choice(RANGES)), tuple(filters[i] for i in picked)))
    return found


def measure_maps(scope: Scope, model: Model, home: Path, report: Report, options: argparse.Namespace) -> None:
    """Maps of random views, warm and cold, their size, and the same in plain Postgres and DuckDB."""
    with _on_the_page_of(model):
        chosen = views(np.random.default_rng(5), options.views)
        maps = Maps(scope, model)
        maps.draw(View(None, 30, ()))
        warm = [maps.draw(view) for view in chosen]
        against = _peers(scope, home, report.rows, chosen[:_PEER_VIEWS], options) if _wanted(options, "peers") else {}
        _report(report, warm, against)
        cold = []
        for view in chosen[:_COLD_VIEWS]:
            forget_all()
            cold.append(maps.draw(view))
        report.times("hex map, cold", [drawn.ms for drawn in cold])


def _wanted(options: argparse.Namespace, part: str) -> bool:
    return part not in options.without


def _report(report: Report, drawn: Sequence[Drawn], against: dict[str, Peer]) -> None:
    report.times("hex map, warm", [one.ms for one in drawn], against)
    for name in ("numbers", "names", "picture"):
        report.times(f"hex map, warm: {name}", [getattr(one, f"{name}_ms") for one in drawn])
    cpu = [one.cpu_ms for one in drawn]
    p50, p95 = (round(float(np.percentile(cpu, q)), 2) for q in (50, 95))
    report.counts("hex map, warm: computing, all threads of the server", p50_ms=p50, p95_ms=p95)
    sizes = [one.kb for one in drawn]
    target = TARGETS_MS.get(report.rows)
    p95 = float(np.percentile([one.ms for one in drawn], 95))
    report.counts(
        "hex map, sent", largest_kb=round(max(sizes)), median_kb=round(float(np.median(sizes))), under_kb=TARGET_KB,
        most_hexagons=max(one.hexagons for one in drawn), is_small_enough=max(sizes) < TARGET_KB,
        **({"target_p95_ms": target, "is_fast_enough": p95 <= target} if target else {}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One map: milliseconds of its parts and of computing, kilobytes as sent, and how many hexagons."""

    numbers_ms: float
    names_ms: float
    picture_ms: float
    cpu_ms: float
    kb: float
    hexagons: int

    @property
    def ms(self) -> float:
        """All of it."""
        return self.numbers_ms + self.names_ms + self.picture_ms


class Maps:
    """Everything that the server does for a map after a change of view, without the answers kept for others."""

    def __init__(self, scope: Scope, model: Model) -> None:
        self.scope, self.pack = scope, model.packs[0]
        self.metric = self.pack.metrics[0]

    def draw(self, view: View) -> Drawn:
        """One map."""
        from data.engine import results
        from services.maps import hexes, labels
        from services.maps.views import picture

        results.cache.clear()
        choice, clock = view.choice(self.metric), time.perf_counter
        times, began = [clock()], time.process_time()
        shown = hexes.hex_map(self.scope, self.pack, self.metric, choice, NOW)
        times.append(clock())
        names = labels.names(self.scope, self.pack, shown, choice, NOW)
        times.append(clock())
        if shown.reason:
            text = ""
        else:
            made = picture(self.scope, self.pack, self.metric, shown, names, choice, False, NOW)
            assert not isinstance(made, str), made
            text = as_sent(made, shown.box, names.labels)
        times.append(clock())
        parts = [(after - before) * 1000 for before, after in pairwise(times)]
        return Drawn(*parts, (time.process_time() - began) * 1000, len(text.encode()) / 1000, len(shown.hexagons))


def as_sent(picture: Any, box: Box, labels: Sequence[Any]) -> str:
    """The deck and the still drawing before it, as the browser gets them."""
    from components import maps
    from components.palette import LIGHT

    with (
        mock.patch.object(maps, "palette", return_value=LIGHT),
        mock.patch.object(st, "pydeck_chart") as deck,
        mock.patch.object(st, "html") as still,
    ):
        maps.draw_hexagons(picture, box, labels, (), "bench", lambda: None)
    return str(deck.call_args.args[0].to_json()) + str(still.call_args_list[0].args[0])


@contextmanager
def _on_the_page_of(model: Model) -> Iterator[None]:
    """The services know the measured dataset, of which there is no pack on disk."""
    known = (mock.patch(f"services.metrics.{part}.current", return_value=model) for part in ("answers", "drill"))
    with next(known), next(known):
        yield


def _peers(scope: Scope, home: Path, rows: int, chosen: Sequence[View], options: argparse.Namespace) -> dict[str, Peer]:
    """The median of the same views, only their hexagons."""
    cap = options.cap_seconds
    postgres = [_postgres(scope, view, cap) for view in chosen]
    duck = _duck(home, rows)
    texts = [_statement(view, "events") for view in chosen]
    duck.execute(texts[0]).fetchall()
    times = [timed(lambda text=text: duck.execute(text).fetchall()) for text in texts]  # type: ignore[misc]
    duck.close()
    return {"postgres": _median(postgres), "duckdb": Peer(float(np.median(times)))}


def _median(found: Sequence[Peer]) -> Peer:
    return sorted(found, key=lambda peer: peer.ms)[len(found) // 2]


def _statement(view: View, table: str) -> str:
    west, south, east, north = view.box or (-180, -90, 180, 90)
    more = "".join(
        f" AND {f.dimension} {'<>' if f.op == 'not_in' else '='} '{f.values[0]}'" for f in view.where
    )  # fmt: skip
    return _SQL.format(
        parent=_PARENT, table=table, start=view.range.from_at.isoformat(), end=view.range.to_at.isoformat(),
        west=west, south=south, east=east, north=north, more=more,
    )  # fmt: skip


def _postgres(scope: Scope, view: View, cap_s: float) -> Peer:
    with transaction(scope) as tx:
        tx.execute(f"SET LOCAL statement_timeout = {int(cap_s * 1000)}".encode())
        try:
            return Peer(timed(lambda: tx.execute(_statement(view, "bench.events").encode()).fetchall()))
        except QueryCanceled:
            return Peer(cap_s * 1000, is_stopped=True)


def _duck(home: Path, rows: int) -> duckdb.DuckDBPyConnection:
    """DuckDB with the same rows and the H3 cell of each, which the bench of pages does not need."""
    from bench.peers import fill_duckdb
    from data.engine.places import cells_of

    duck = fill_duckdb(home / "peer.duckdb", rows)
    known = {str(name) for name, *_ in duck.execute("DESCRIBE events").fetchall()}
    if "cell" not in known:
        import pyarrow as pa

        at = pa.table({"lat": LATITUDES, "lon": LONGITUDES, "cell": cells_of(LATITUDES, LONGITUDES)})
        duck.register("places", at)
        duck.execute("ALTER TABLE events ADD COLUMN cell BIGINT")
        duck.execute(
            "UPDATE events SET cell = p.cell FROM (SELECT lat, lon, any_value(cell) AS cell FROM places GROUP BY 1, 2)"
            " AS p WHERE events.lat = p.lat AND events.lon = p.lon"
        )
        duck.unregister("places")
        duck.execute("CHECKPOINT")
    return duck


def main() -> None:
    """Measure one size, in its own data folder."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--views", type=int, default=60)
    asked.add_argument("--cap-seconds", type=float, default=60, help="when a peer's map is given up, and said so")
    asked.add_argument("--home", type=Path, help="the data folder, else that of the bench of this size")
    asked.add_argument("--without", nargs="*", default=[], choices=["peers", "screen"])
    options = asked.parse_args()
    os.environ.setdefault("BELVEDERE_CACHE_MB", "6144")
    os.environ["BELVEDERE_DEMO"] = "0"
    from bench.__main__ import database
    from bench.fill import fill_all
    from bench.map_screen import can_measure, measure_first_map
    from bench.setup import open_bench, prepare

    home = options.home or ROOT / ".belvedere" / f"bench-{options.rows}"
    report = Report(options.rows, f"maps-{options.rows}")
    with database(home):
        prepare()
        scope, model = open_bench()
        fill_all(scope, model.packs[0].datasets[0], options.rows, report)
        measure_maps(scope, model, home, report, options)
    if _wanted(options, "screen"):
        if can_measure():
            with database(ROOT / ".belvedere" / "bench-live"):
                measure_first_map(report)
        else:
            report.skipped("first map on the screen", "no Chromium on this machine: apt install chromium")


if __name__ == "__main__":
    main()
