"""Which categories are over-represented where, more than chance would have it?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data.model import Dataset, Pack
from data.types import MetricQuery, Scope
from services import metrics
from services.formats import number
from services.live.boards import dimensions_of
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import HexMap
from services.maps.pictures import probability
from services.maps.points import counted_metric
from services.maps.rhythms import category_of
from services.spatial.rates import over_represented

LEVEL = 0.05
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Pattern:
    """One category at one place: its rows there, how many would be expected, lift and q (see spatial.rates)."""

    index: str
    category: str
    rows: int
    expected: float
    lift: float
    q: float


@dataclass(frozen=True, slots=True)
class Patterns:
    """What stands out, the surest first; `tested` pairs of place and category were looked at."""

    dimension: str
    found: tuple[Pattern, ...]
    tested: int
    reason: str = ""

    def sentence(self) -> str:
        """What the table says, in words."""
        if self.reason:
            return self.reason
        listed = f" The first {_LISTED} are listed; columns sort these." if len(self.found) > _LISTED else ""
        return (
            f"{number(len(self.found), 'integer')} of {number(self.tested, 'integer')} tested pairs stand out at a"
            f" false discovery rate of 5 %.{listed} Times as many: the rows there against those expected if every place"
            " had the same mix."
        )


def patterns(
    scope: Scope, pack: Pack, dataset: Dataset, shown: HexMap, choice: MapChoice, picked: Collection[str],
    now: datetime,
) -> Patterns:  # fmt: skip
    """Categories that are more frequent in a hexagon than in all others of the view, by q at most 0.05.

    With `picked` hexagons those are one place, and all others of the view another.
    """
    from h3 import get_resolution

    metric = counted_metric(pack, dataset, shown.metric)
    dimension = category_of(pack, metric)
    if dimension is None:
        return Patterns("", (), 0, "The rows have no category to compare.")
    size = {get_resolution(index) for index in picked} or {shown.resolution}
    cell = f"cell:{size.pop()}"
    where = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((metric.qualified,), choice.range, by=(cell, dimension), where=where)
    counts: dict[tuple[str, str], float] = {}
    for row in metrics.answer(scope, [query], now)[0].rows:
        if row[cell] is None or row[dimension] is None:
            continue
        place = row[cell] if not picked else "here" if row[cell] in picked else "elsewhere"
        counts[place, row[dimension]] = counts.get((place, row[dimension]), 0.0) + float(row[metric.qualified] or 0)
    title = next(d.title for d in dimensions_of(pack, metric) if d.name == dimension)
    return _tested(title, counts, bool(picked))


def _tested(title: str, counts: dict[tuple[str, str], float], is_picked: bool) -> Patterns:
    places, categories = sorted({p for p, _ in counts}), sorted({c for _, c in counts})
    if len(places) < 2 or len(categories) < 2:
        return Patterns(title, (), 0, "There is nothing to compare: one place, or one category.")
    row_of, column_of = ({name: i for i, name in enumerate(names)} for names in (places, categories))
    table = np.zeros((len(places), len(categories)))
    for (place, category), rows in counts.items():
        table[row_of[place], column_of[category]] = rows
    lift, _, q = over_represented(table)
    expected = np.divide(table, lift, out=np.zeros(table.shape), where=lift > 0)
    out = np.argwhere((q <= LEVEL) & (lift > 1))
    found = [
        Pattern(places[i], categories[j], int(table[i, j]), float(expected[i, j]), float(lift[i, j]), float(q[i, j]))
        for i, j in out.tolist()
        if not is_picked or places[i] == "here"
    ]
    found.sort(key=lambda one: (one.q, -one.lift))
    tested = int((~np.isnan(q)).sum()) if not is_picked else int((~np.isnan(q[row_of["here"]])).sum())
    return Patterns(title, tuple(found), tested)


def lines_of(found: Patterns, where: dict[str, str]) -> list[dict[str, str]]:
    """The table, surest first."""
    return [
        {
            "Where": where.get(one.index, ""), found.dimension: one.category, "Rows": number(one.rows, "integer"),
            "Expected": f"{one.expected:.1f}", "Times as many": f"{one.lift:.1f}", "q": probability(one.q),
        }
        for one in found.found[:_LISTED]
    ]  # fmt: skip
