"""Where is there more or less than in the period before, and where is that more than chance?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data.engine.buckets import compared
from data.model import Metric
from data.types import Compare, MetricQuery, Scope
from services import metrics
from services.live.choices import COMPARE_SENTENCES
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import HexMap
from services.spatial.hotspots import false_discovery

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """One hexagon now and before; `q` only of counts."""

    index: str
    now: float
    before: float
    q: float | None

    @property
    def change(self) -> float:
        """Now less before."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes of a map, or the reason why there are none."""

    metric: Metric
    cells: tuple[Cell, ...]
    note: str
    reason: str = ""


def difference(
    scope: Scope, metric: Metric, shown: HexMap, choice: MapChoice, against: Compare, now: datetime
) -> Difference:
    """The metric by hexagon in the range and in the one that it is compared with.

    Of counts, q tells how probable so large a change is by chance: given all rows of a hexagon in both periods, those
    of the first are binomial with the part of time that it has (the conditional test of two Poisson rates, Przyborowski
    and Wilenski 1940; two-sided by doubling, Benjamini-Hochberg over all hexagons).
    """
    cell = f"cell:{shown.resolution}"
    where = (*choice.where, *place_filter(MapChoice("", "", choice.range, (), shown.box, None, "", choice.area)))
    query = MetricQuery((metric.qualified,), choice.range, by=(cell,), where=where, compare=against)
    found = metrics.answer(scope, [query], now)[0]
    name, adds_up = metric.qualified, metric.shape in ("count", "sum", "distinct")
    rows = [row for row in found.rows if row[cell] is not None]
    if not adds_up:
        rows = [row for row in rows if row[name] is not None and row.get(f"{name}__previous") is not None]
    if not rows:
        return Difference(metric, (), "", "No hexagon has a number in both periods.")
    after = np.asarray([float(row[name] or 0) for row in rows])
    before = np.asarray([float(row.get(f"{name}__previous") or 0) for row in rows])
    q = _chances(after, before, _part_of_time(scope, choice, against, now)) if metric.shape == "count" else None
    cells = tuple(
        Cell(row[cell], a, b, None if q is None else float(q[i]))
        for i, (row, a, b) in enumerate(zip(rows, after.tolist(), before.tolist(), strict=True))
    )
    said = f"Against {COMPARE_SENTENCES[against]}"
    if q is not None:
        said += f": {int((q <= LEVEL).sum())} of {len(cells)} hexagons changed more than chance (q ≤ 0.05)"
    return Difference(metric, cells, said)


def _part_of_time(scope: Scope, choice: MapChoice, against: Compare, now: datetime) -> float:
    """The length of the range, up to now, as a part of both ranges together."""
    edges = (choice.range.from_at, choice.range.to_at)
    other = compared(choice.range, edges, against, scope.workspace.timezone, now)
    mine = (min(choice.range.to_at, max(now, choice.range.from_at)) - choice.range.from_at).total_seconds()
    theirs = (other.edges[-1] - other.edges[0]).total_seconds()
    return mine / (mine + theirs) if mine + theirs else 0.5


def _chances(now: np.ndarray, before: np.ndarray, part: float) -> np.ndarray:
    from scipy.stats import binom

    total = now + before
    low, high = binom.cdf(now, total, part), binom.sf(now - 1, total, part)
    return false_discovery(np.minimum(2 * np.minimum(low, high), 1.0))
