"""What is taken along of two periods side by side: each hexagon with its number in both?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.types import Scope
from services.exports import sheets
from services.exports.map_files import polygon
from services.exports.sheets import Item, Panel, PlainSheet
from services.formats import plural, span
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.pictures import Fact
from services.maps.sides import Sides

COLUMNS = ("h3", "district", "before", "now", "legend_before", "legend_now")


def sides_sheet(
    scope: Scope, shown: HexMap, found: Sides, names: Names, choice: MapChoice, filters: Sequence[str], now: datetime
) -> PlainSheet:
    """Every hexagon with a number in either period, the largest number of the range first; a picture shows both maps.

    Rows are counted in the range; the period before is `before_from` to `before_to`.
    """
    swatches = found.now.swatches
    colours = [{cell.index: cell.swatch for cell in picture.cells} for picture in (found.before, found.now)]

    def item(index: str, swatch: int | None) -> Item:
        before, later = found.now.facts[index]
        legends = [swatches[colour[index]].text if index in colour else "" for colour in colours]
        district = names.of_hexagon.get(index, "")
        values: tuple[Fact, ...] = (index, district, before, later, *legends)
        return Item(index, district or index, values, swatch, polygon(index))

    ranked = sorted(found.now.facts, key=lambda index: (-_size(found.now.facts[index][1]), index))
    items = tuple(item(index, colours[1].get(index)) for index in ranked)
    panels = tuple(
        Panel(picture.title, tuple(item(index, colour[index]) for index in ranked if index in colour))
        for picture, colour in zip((found.before, found.now), colours, strict=True)
    )
    zone = scope.workspace.timezone
    earlier = span(found.from_at, found.to_at, zone)
    title = f"{shown.metric.title}, two periods"
    told = sheets.about(
        scope, shown.metric, choice, filters, now, title, "The colours mean the same on both maps", shown.as_of_at,
        shown.coverage, shown.coverage.sentence(), shown.box,
    ) | {
        "before_from": found.from_at, "before_to": found.to_at, "resolution": shown.resolution, "hexagons": len(items),
    }  # fmt: skip
    part = f"{plural(len(items), 'hexagon')} of H3 resolution {shown.resolution}, beside {earlier}"
    said = sheets.sentences(told, ("Hexagons", part))
    return PlainSheet(title, COLUMNS, swatches, items, told, said, names.labels, shown.box, choice, panels)


def _size(value: Fact) -> float:
    return float(value) if isinstance(value, int | float) else float("-inf")
