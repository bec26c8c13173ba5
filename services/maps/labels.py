"""What are the districts called, and where on the map do their names stand?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.model import Pack
from data.types import MetricQuery, Scope
from services import metrics
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import HexMap, counting, district_of, placed_dataset

MOST = 40


@dataclass(frozen=True, slots=True)
class Label:
    """A district's name at the middle of its rows."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of a map, and the district that most rows of each hexagon of that size name."""

    labels: tuple[Label, ...]
    of_hexagon: dict[str, str]


def names(scope: Scope, pack: Pack, shown: HexMap, choice: MapChoice, now: datetime) -> Names:
    """The districts of what is looked at, by the dimension that names them; none where there is no such dimension."""
    from data.engine.hexagons import centres

    dimension, dataset = district_of(pack, shown.metric), placed_dataset(pack, shown.metric)
    rows = counting(pack, dataset, shown.metric) if dataset else None
    if dimension is None or rows is None or not shown.hexagons:
        return Names((), {})
    cell = f"cell:{shown.resolution}"
    where = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((rows.qualified,), choice.range, by=(cell, dimension), where=where)
    best: dict[str, tuple[int, str]] = {}
    for row in metrics.answer(scope, [query], now)[0].rows:
        count, name = int(row[rows.qualified] or 0), row[dimension]
        if name is not None and row[cell] is not None and count > best.get(row[cell], (0, ""))[0]:
            best[row[cell]] = (count, name)
    lat, lon = centres([int(index, 16) for index in best])
    middles: dict[str, list[float]] = {}
    for (count, name), y, x in zip(best.values(), lat.tolist(), lon.tolist(), strict=True):
        sums = middles.setdefault(name, [0.0, 0.0, 0.0])
        sums[0], sums[1], sums[2] = sums[0] + count, sums[1] + count * y, sums[2] + count * x
    largest = sorted(middles.items(), key=lambda found: -found[1][0])[:MOST]
    labels = tuple(Label(name, round(x / n, 5), round(y / n, 5)) for name, (n, y, x) in largest)
    return Names(labels, {index: name for index, (_, name) in best.items()})
