"""What is taken along of unusual clusters: each with its hexagons, days, rows and how rare it is?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.model import Metric
from data.types import Scope, TimeRange
from services.exports import sheets
from services.exports.map_files import polygon
from services.exports.sheets import Item, PlainSheet
from services.formats import plural
from services.maps.choices import Box, MapChoice
from services.maps.hexes import Coverage
from services.maps.labels import Label, Names
from services.maps.pictures import Picture
from services.maps.rarities import Card, labels_beside
from services.maps.unusual import Limit, PlaceScan

COLUMNS = (
    "number", "where", "first_on", "last_on", "rows", "expected", "times_as_many", "hexagons", "radius_m", "mainly",
    "log_likelihood_ratio", "p", "recurrence_days", "legend",
)  # fmt: skip


def unusual_sheet(
    scope: Scope, counted: Metric, scan: PlaceScan, limit: Limit, cards: Sequence[Card], picture: Picture,
    names: Names, box: Box, choice: MapChoice, now: datetime, left_out: str = "",
) -> PlainSheet:  # fmt: skip
    """Every cluster that is listed, with all its hexagons as one shape, in the order of the list; `left_out` says that
    there may be more.

    Range and rows are those of the newest scan, which heeds no filter.
    """
    import shapely

    items = []
    for card in cards:
        one = card.cluster
        shape = shapely.union_all([polygon(cell) for cell in one.cells])
        values = (
            card.number, card.where, one.first_on.isoformat(), one.last_on.isoformat(), one.observed, one.expected,
            one.observed / one.expected if one.expected else None, len(one.cells), one.radius_m, card.about, one.ratio,
            one.p, one.recurrence_days,
            picture.swatches[card.swatch].text,
        )  # fmt: skip
        items.append(Item(str(card.number), f"{card.number}. {card.where}", values, card.swatch, shape))
    zone = ZoneInfo(scope.workspace.timezone)
    days = (scan.first_on, scan.last_on + timedelta(days=1))
    looked = replace(choice, range=TimeRange(*(datetime.combine(day, time(), zone) for day in days)), where=())
    said = f"{plural(scan.events, 'row')} were scanned, {scan.drawn} of them drawn by lot."
    said = said if 0 < scan.drawn < scan.events else f"{plural(scan.events, 'row')} were scanned."
    note = f"Clusters that chance alone makes {limit.said} or less often (space-time permutation scan)"
    note = f"{note}. {left_out}" if left_out else note
    told = sheets.about(
        scope, counted, looked, (), now, picture.title, note, scan.scanned_at, Coverage(scan.events, 0, 0), said, box
    ) | {"clusters": len(items), "limit_days": limit.days, "resolution": scan.resolution}
    numbers = tuple(Label(str(card.number), card.cluster.lon, card.cluster.lat) for card in cards)
    labels = (*numbers, *labels_beside(names.labels, cards))
    sentences = sheets.sentences(told, ("Clusters", plural(len(items), "cluster")))
    return PlainSheet(
        picture.title, COLUMNS, picture.swatches, tuple(items), told, sentences, labels, box, looked
    )  # fmt: skip
