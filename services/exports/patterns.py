"""What is taken along of patterns: each place and category that stands out, each hour of the week with its rows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from data.types import Scope
from services.exports import sheets
from services.exports.map_files import polygon
from services.exports.sheets import Item, PlainSheet
from services.formats import plural
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.patterns import Patterns
from services.maps.rhythms import DAYS, Rhythms

HOUR_COLUMNS = ("category", "weekday", "hour", "rows_an_hour")
COLUMNS = ("h3", "district", "category", "rows", "expected", "times_as_many", "q")


def pattern_sheet(
    scope: Scope, shown: HexMap, found: Patterns, picked: Sequence[str], names: Names, choice: MapChoice,
    filters: Sequence[str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """Every pair of place and category that stands out, the surest first; with `picked` hexagons those are one place,
    whose indexes stand together in `h3`."""
    import shapely

    here = shapely.union_all([polygon(index) for index in picked]) if picked else None
    items = []
    for number, one in enumerate(found.found):
        index = " ".join(picked) if picked else one.index
        district = "" if picked else names.of_hexagon.get(one.index, "")
        values = (index, district, one.category, one.rows, one.expected, one.lift, one.q)
        shape = polygon(one.index) if here is None else here
        items.append(Item(f"{number + 1}", f"{district or 'Here'}: {one.category}", values, None, shape, one.lift))
    title = f"What stands out where, by {found.dimension.lower()}"
    told = sheets.about(
        scope, shown.metric, replace(choice, layer="patterns"), filters, now, title, found.sentence(), shown.as_of_at,
        shown.coverage, shown.coverage.sentence(), shown.box,
    ) | {
        "pairs": len(items), "pairs_tested": found.tested, "category": found.dimension, "picked": list(picked),
        "resolution": shown.resolution,
    }  # fmt: skip
    part = f"{plural(len(items), 'pair')} of place and {found.dimension.lower()}, of {found.tested} tested"
    return PlainSheet(
        title, COLUMNS, (), tuple(items), told, sheets.sentences(told, ("Pairs", part)), names.labels, shown.box,
        replace(choice, layer="patterns"),
    )  # fmt: skip


def rhythm_sheet(
    scope: Scope, shown: HexMap, found: Rhythms, where: str, names: Names, choice: MapChoice, filters: Sequence[str],
    now: datetime,
) -> PlainSheet:  # fmt: skip
    """The mean rows of each hour of the local week, of all rows first, then of each category; None for an hour that the
    range does not hold. `where` says of what place."""
    items = tuple(
        Item(f"{one.title} {name} {hour}", one.title, (one.title, name, hour, float(one.means[day, hour])), None, None)
        for one in found.found
        for day, name in enumerate(DAYS)
        for hour in range(24)
    )
    title, asked = f"{found.found[0].title} by hour of the week", replace(choice, layer="hours")
    told = sheets.about(
        scope, shown.metric, asked, filters, now, title, f"{found.note}, {where}.{found.hint}", shown.as_of_at,
        shown.coverage, shown.coverage.sentence(), shown.box,
    ) | {"hours": len(items), "rows_of": {one.title: one.rows for one in found.found}}  # fmt: skip
    part = f"{plural(len(found.found), 'week')} of 7 × 24 hours"
    return PlainSheet(
        title, HOUR_COLUMNS, (), items, told, sheets.sentences(told, ("Hours", part)), names.labels, shown.box, asked
    )
