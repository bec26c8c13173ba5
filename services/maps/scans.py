"""Where have more rows come up to yesterday than place and day alone explain, and what are they about?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset, Metric, Pack
from data.types import CannotTell, Filter, MetricQuery, Scope
from data.unusual import PlaceCluster, PlaceScan
from services import metrics
from services.live.choices import MISSING, range_of
from services.maps.places import hexagons_filter
from services.maps.rhythms import category_of
from services.spatial.scan import Cylinder, Scanned, Scanning, scan

WINDOW_DAYS = 56
LONGEST_DAYS = 14
SHARE = 0.2
"""Part of all events that a circle may hold: what is larger is no place to go to."""
KEPT_DAYS = 7.0
"""Clusters that chance makes more often than once in so many nights are not kept."""
MOST_CELLS = 600
MOST_EVENTS = 100_000
MOST_CLUSTERS = 20
_MOST_CATEGORIES = 3
_CHUNKS = 4  # questions that the window is asked in, so that no answer has too many rows
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def counted_by(pack: Pack, dataset: Dataset) -> Metric | None:
    """The metric that counts all rows of a dataset by its own time; None where there is none, or no place."""
    found = (
        m for m in pack.metrics
        if m.shape == "count" and not m.where and m.dataset in (dataset.name, dataset.qualified)
        and (m.at or dataset.time) == dataset.time
    )  # fmt: skip
    return next(found, None) if dataset.place else None


def last_day(scope: Scope, now: datetime) -> date:
    """The last local day that is over."""
    return now.astimezone(ZoneInfo(scope.workspace.timezone)).date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows by hexagon (H3 numbers) and day, up to the last day that is over."""

    cells: Ints
    counts: Ints
    first_on: date
    last_on: date
    resolution: int
    where: tuple[Filter, ...]


def look(
    scope: Scope, pack: Pack, dataset: Dataset, metric: Metric, now: datetime, replicas: int = 999,
    step: Callable[[], None] = lambda: None,
) -> tuple[PlaceScan, list[PlaceCluster]] | None:  # fmt: skip
    """Scan the last eight weeks of a dataset for clusters that last to the last whole day; None: no row has a place.

    The space-time permutation scan of `services.spatial.scan`, over circles of hexagons with up to a fifth of all
    events and the last 1 to 14 days; of more than 100,000 events so many are drawn by lot. A recurrence interval is of
    one dataset's nights: two datasets have chance clusters twice as often. `step` may raise, to break off.
    """
    window = window_of(scope, dataset, metric, now)
    if window is None:
        return None
    about = PlaceScan(
        dataset.id, window.last_on, window.first_on, window.resolution, int(window.counts.sum()),
        places=int(window.cells.size), scanned_at=now,
    )  # fmt: skip
    step()
    if not window.counts[:, -LONGEST_DAYS:].any():
        said = f"There are no rows with a place of the {LONGEST_DAYS} days up to the last one."
        return replace(about, reason=said), []
    lat, lon = _centres(window.cells)
    found = clusters_in(lat, lon, window.counts, window.last_on.toordinal(), replicas)
    if isinstance(found, CannotTell):
        return replace(about, reason=found.reason), []
    rarest = max((one.recurrence_days or 0 for one in found.clusters), default=None)
    about = replace(about, drawn=found.events, cylinders=found.cylinders, rarest_days=rarest)
    kept = [one for one in found.clusters if (one.recurrence_days or 0) >= KEPT_DAYS][:MOST_CLUSTERS]
    if kept:
        step()
    told = [_told(dataset, window, lat, lon, number, one) for number, one in enumerate(kept, 1)]
    return about, _with_categories(scope, pack, metric, window, told, now)


def clusters_in(lat: Floats, lon: Floats, counts: Ints, seed: int, replicas: int = 999) -> Scanned | CannotTell:
    """The clusters that last to the last column of counts by place and day, the most likely first."""
    drawn = by_lot(counts, MOST_EVENTS, seed)
    place, day = np.nonzero(drawn)
    often, between = drawn[place, day], (0, counts.shape[1] - 1)
    wanted = Scanning(LONGEST_DAYS, share=SHARE, replicas=replicas, seed=seed, between=between)
    return scan(lat, lon, np.repeat(place, often), np.repeat(day, often), wanted)


def window_of(scope: Scope, dataset: Dataset, metric: Metric, now: datetime) -> Window | None:
    """Counts of the last eight weeks by local day and hexagon; None where no row has a place."""
    from data.maps import extent_of

    extent = extent_of(scope, dataset, MOST_CELLS)
    if extent is None:
        return None
    last_on = last_day(scope, now)
    first_on, cell = last_on - timedelta(days=WINDOW_DAYS - 1), f"cell:{extent.resolution}"
    where = (Filter("place", "inside", (json.dumps(list(extent.box)),)),)
    edges = [first_on + timedelta(days=WINDOW_DAYS * n // _CHUNKS) for n in range(_CHUNKS + 1)]
    counted: Counter[tuple[int, int]] = Counter()
    for first, end in pairwise(edges):
        span = range_of("custom", (first, end - timedelta(days=1)), scope.workspace.timezone, now)
        query = MetricQuery((metric.qualified,), span, grain="day", by=(cell,), where=where)
        for row in metrics.answer(scope, [query], now)[0].rows:
            if row[cell] is not None and row[metric.qualified]:
                day = (datetime.fromisoformat(row["bucket"]).date() - first_on).days
                counted[int(row[cell], 16), day] += int(row[metric.qualified])
    cells = np.unique(np.asarray([number for number, _ in counted], np.int64))
    counts = np.zeros((cells.size, WINDOW_DAYS), np.int64)
    for (number, day), rows in counted.items():
        counts[np.searchsorted(cells, number), day] = rows
    return Window(cells, counts, first_on, last_on, extent.resolution, where)


def by_lot(counts: Ints, most: int, seed: int) -> Ints:
    """The same counts, or of more than `most` events so many drawn without putting back, which keeps the null model."""
    if int(counts.sum()) <= most:
        return counts
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(counts.ravel(), most, method="marginals")
    return np.asarray(drawn, np.int64).reshape(counts.shape)


def _centres(cells: Ints) -> tuple[Floats, Floats]:
    from data.engine.hexagons import centres

    return centres(cells)


def _told(dataset: Dataset, window: Window, lat: Floats, lon: Floats, number: int, one: Cylinder) -> PlaceCluster:
    """A cylinder in terms of all events, also where only some were drawn."""
    here, then = window.counts[one.places], window.counts[:, one.first_day : one.last_day + 1]
    observed = int(here[:, one.first_day : one.last_day + 1].sum())
    expected = float(here.sum()) * float(then.sum()) / float(window.counts.sum())
    assert one.recurrence_days is not None, "clusters that last to the last day have one"
    centre = one.places[0]
    return PlaceCluster(
        dataset.id, window.last_on, number, window.first_on + timedelta(days=one.first_day),
        tuple(format(int(cell), "x") for cell in window.cells[one.places]), float(lat[centre]), float(lon[centre]),
        one.radius_m, observed, expected, one.ratio, one.p, one.recurrence_days,
    )  # fmt: skip


def _with_categories(
    scope: Scope, pack: Pack, metric: Metric, window: Window, clusters: Sequence[PlaceCluster], now: datetime
) -> list[PlaceCluster]:
    """The clusters with what they are mainly about, beside all rows of the window."""
    dimension = category_of(pack, metric)
    if dimension is None or not clusters:
        return list(clusters)
    zone, name = scope.workspace.timezone, metric.qualified

    def asked(first_on: date, where: tuple[Filter, ...]) -> MetricQuery:
        span = range_of("custom", (first_on, window.last_on), zone, now)
        return MetricQuery((name,), span, by=(dimension,), where=where)

    queries = [asked(window.first_on, window.where)]
    queries += [asked(one.first_on, (hexagons_filter(one.cells),)) for one in clusters]
    overall, *each = (_shares(found.rows, dimension, name) for found in metrics.answer(scope, queries, now))
    return [
        replace(one, categories=tuple(
            (title, round(share, 4), round(overall.get(title, 0.0), 4))
            for title, share in sorted(shares.items(), key=lambda part: (-part[1], part[0]))[:_MOST_CATEGORIES]
        ))
        for one, shares in zip(clusters, each, strict=True)
    ]  # fmt: skip


def _shares(rows: Sequence[Any], dimension: str, name: str) -> dict[str, float]:
    counts = {str(row[dimension] or MISSING): int(row[name] or 0) for row in rows}
    total = sum(counts.values())
    return {title: count / total for title, count in counts.items()} if total else {}
