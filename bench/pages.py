"""Which questions does a page ask, and which pages does a day's work mix?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from bench.rows import LAST_DAY
from data.types import Filter, MetricQuery, TimeRange

TILES = ("bench.events", "bench.amount", "bench.p50", "bench.p95", "bench.people")
SERIES = ("bench.events", "bench.amount")
END = LAST_DAY + timedelta(days=1)


def page(days: int, where: tuple[Filter, ...] = (), end_days_ago: int = 0) -> list[MetricQuery]:
    """Tiles of this and the previous period, a day series and three breakdowns: the Live page's questions."""
    end = END - timedelta(days=end_days_ago)
    span = TimeRange(end - timedelta(days=days), end)
    return [
        MetricQuery(TILES, span, where=where, compare="previous"),
        MetricQuery(SERIES, span, grain="day", where=where),
        *(MetricQuery(SERIES, span, by=(name,), where=where, top=10) for name in ("category", "area", "channel")),
    ]


def mixed(rng: np.random.Generator, count: int) -> list[list[MetricQuery]]:
    """Pages of 1 to 90 days with none, one or two filters, at different ends, as people really move about."""
    found = []
    for _ in range(count):
        days = int(rng.choice([1, 7, 30, 90], p=[0.2, 0.4, 0.3, 0.1]))
        filters = [
            Filter("category", "in", (f"category {rng.integers(12):02d}",)),
            Filter("area", "not_in", (f"area {rng.integers(40):02d}",)),
            Filter("channel", "in", tuple(f"channel {i:02d}" for i in range(2))),
        ]
        picked = rng.permutation(3)[: int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))]
        found.append(page(days, tuple(filters[i] for i in picked), int(rng.integers(0, 90))))
    return found
