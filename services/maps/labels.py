"""What are the districts called, and where on the map do their names stand?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data.model import Pack
from data.types import Scope, TimeRange
from services import metrics
from services.maps.choices import MapChoice, place_filter
from services.maps.hexes import HexMap, counting, district_of, placed_dataset

MOST = 40
_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Label:
    """A district's name at the middle of its rows."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of a map, and the district that most rows of each hexagon of that size name; `title` is what districts
    are called: `Ward`."""

    labels: tuple[Label, ...]
    of_hexagon: dict[str, str]
    title: str = ""

    @property
    def said(self) -> dict[str, str]:
        """The districts of hexagons for tables: a mere number with what it is the number of, `Ward 43`."""
        names = self.of_hexagon.items()
        return {index: f"{self.title} {name}" if name.isdigit() else name for index, name in names}


def _spans(whole: TimeRange, now: datetime) -> tuple[TimeRange, ...]:
    """The last month of a range, as far as it has passed, and the range."""
    start = min(whole.to_at, now) - _MONTH
    return (TimeRange(start, whole.to_at), whole) if start > whole.from_at else (whole,)


def names(scope: Scope, pack: Pack, shown: HexMap, choice: MapChoice, now: datetime) -> Names:
    """The districts of what is looked at, by the dimension that names them; none where there is no such dimension.

    They are those of all rows of the range's last month, where each hexagon has some, else of the whole range: what a
    place is called does not change with the filters.
    """
    from data.engine.hexagons import centres

    dimension, dataset = district_of(pack, shown.metric), placed_dataset(pack, shown.metric)
    rows = counting(pack, dataset, shown.metric) if dataset else None
    if dimension is None or dataset is None or rows is None or not shown.hexagons:
        return Names((), {})
    where, by = place_filter(choice, shown.box), (f"cell:{shown.resolution}", dimension)
    best: dict[str, tuple[int, str]] = {}
    for span in _spans(choice.range, now):
        found = metrics.leading(scope, dataset, rows.at or dataset.time, span, where, by)
        best = {index: (count, name) for index, name, count in found if index is not None}
        if all(h.index in best for h in shown.hexagons):
            break
    lat, lon = centres([int(index, 16) for index in best])
    middles: dict[str, list[float]] = {}
    for (count, name), y, x in zip(best.values(), lat.tolist(), lon.tolist(), strict=True):
        sums = middles.setdefault(name, [0.0, 0.0, 0.0])
        sums[0], sums[1], sums[2] = sums[0] + count, sums[1] + count * y, sums[2] + count * x
    largest = sorted(middles.items(), key=lambda found: -found[1][0])[:MOST]
    labels = tuple(Label(name, round(x / n, 5), round(y / n, 5)) for name, (n, y, x) in largest)
    title = next((d.title for d in dataset.dimensions if d.name == dimension), "")
    return Names(labels, {index: name for index, (_, name) in best.items()}, title)
