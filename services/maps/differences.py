"""Where is there more or less than in the period before, and where is that more than chance?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data.engine.buckets import compared
from data.model import Metric
from data.types import Compare, MetricQuery, Scope
from services import metrics
from services.formats import grouped, plural
from services.live.choices import COMPARE_SENTENCES
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import ADDED_UP, HexMap
from services.spatial import rates

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """One hexagon now and before; `q` and the ratio with its 95 % interval only of counts."""

    index: str
    now: float
    before: float
    q: float | None = None
    ratio: tuple[float, float, float] | None = None

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

    Of counts with the significance of the change, for the length of each period (see spatial.rates.difference); of
    everything else only the numbers, where there is one in both periods.
    """
    cell, name = f"cell:{shown.resolution}", metric.qualified
    where = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((name,), choice.range, by=(cell,), where=where, compare=against)
    found = metrics.answer(scope, [query], now)[0]
    rows = [row for row in found.rows if row[cell] is not None]
    if metric.shape not in ADDED_UP:
        rows = [row for row in rows if row[name] is not None and row.get(f"{name}__previous") is not None]
    if not rows:
        return Difference(metric, (), "", "No hexagon has a number in both periods.")
    pairs = [(row[cell], float(row[name] or 0), float(row.get(f"{name}__previous") or 0)) for row in rows]
    said = f"Against {COMPARE_SENTENCES[against]}"
    if metric.shape != "count":
        return Difference(metric, tuple(Cell(*pair) for pair in pairs), said)
    cells = _tested(pairs, *_lengths(scope, choice, against, now))
    changed = sum(c.q is not None and c.q <= LEVEL for c in cells)
    part = f"{grouped(changed)} of {plural(len(cells), 'hexagon')}"
    return Difference(metric, cells, f"{said}: {part} changed more than chance (q ≤ 0.05)")


def _lengths(scope: Scope, choice: MapChoice, against: Compare, now: datetime) -> tuple[float, float]:
    """The seconds of the period before, and those of the range that have passed."""
    edges = (choice.range.from_at, choice.range.to_at)
    other = compared(choice.range, edges, against, scope.workspace.timezone, now)
    until = min(choice.range.to_at, max(now, choice.range.from_at))
    return (other.edges[-1] - other.edges[0]).total_seconds(), (until - choice.range.from_at).total_seconds()


def _tested(pairs: list[tuple[str, float, float]], seconds_before: float, seconds_now: float) -> tuple[Cell, ...]:
    after, before = np.asarray([pair[1] for pair in pairs]), np.asarray([pair[2] for pair in pairs])
    test = rates.difference(before, after, seconds_before, seconds_now)
    return tuple(
        Cell(
            *pair, None if np.isnan(test.q[i]) else float(test.q[i]),
            (float(test.ratio[i]), float(test.low[i]), float(test.high[i])),
        )
        for i, pair in enumerate(pairs)
    )  # fmt: skip
