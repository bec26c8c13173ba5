"""How does somebody take a map along: as GeoJSON, KML, CSV, GeoParquet or a picture, with what it is about inside?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from data.database import transaction
from data.errors import BadInput, unknown
from data.model import Dataset
from data.types import Scope
from services import people
from services.exports.visible import require_visible
from services.formats import plural, span
from services.maps.choices import LAYERS, MapChoice
from services.maps.hexes import ADDED_UP, HexMap
from services.maps.labels import Names
from services.maps.pictures import Fact, Picture
from services.observing import timed

MapForm = Literal["geojson", "kml", "csv", "parquet", "png"]
MAP_FORMS: tuple[MapForm, ...] = get_args(MapForm)
MAP_TITLES: dict[MapForm, str] = {
    "geojson": "GeoJSON", "kml": "KML", "csv": "CSV", "parquet": "GeoParquet", "png": "PNG",
}  # fmt: skip
MAP_TYPES: dict[MapForm, str] = {
    "geojson": "application/geo+json", "kml": "application/vnd.google-earth.kml+xml", "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet", "png": "image/png",
}  # fmt: skip
COLUMNS = ("h3", "district", "number", "rows", "legend")


@dataclass(frozen=True, slots=True)
class Line:
    """One hexagon: its index, the district that most of its rows name, its number and rows, the place of its colour in
    the legend, and what the layer found of it."""

    index: str
    district: str
    value: float | None
    rows: int
    swatch: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MapSheet:
    """A map as it is taken along. `about` is for programs, `sentences` (what it is, in words) for people."""

    shown: HexMap
    picture: Picture
    names: Names
    choice: MapChoice
    lines: tuple[Line, ...]
    about: Mapping[str, Any]
    sentences: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what each hexagon tells."""
        return (*COLUMNS, *self.picture.findings)

    def values(self, line: Line) -> tuple[Fact, ...]:
        """What a hexagon tells, in the order of the columns."""
        legend = self.picture.swatches[line.swatch].text
        return (line.index, line.district, line.value, line.rows, legend, *line.facts)


def map_sheet(
    scope: Scope, shown: HexMap, picture: Picture, names: Names, choice: MapChoice, filters: Sequence[str],
    now: datetime,
) -> MapSheet:  # fmt: skip
    """The map with all that must be known about it; `filters` are those of the choice in words.

    Raises BadInput for a picture that is not made of hexagons.
    """
    if not drawn_in_hexagons(picture):
        raise BadInput(f"{picture.title}: found a picture without hexagons; expected one with some.")
    lines = _lines(shown, picture, names)
    about = _about(scope, shown, picture, choice, filters, now) | {"hexagons": len(lines)}
    return MapSheet(shown, picture, names, choice, lines, about, _sentences(about))


def _about(
    scope: Scope, shown: HexMap, picture: Picture, choice: MapChoice, filters: Sequence[str], now: datetime
) -> dict[str, Any]:
    coverage, area = shown.coverage, json.loads(choice.area) if choice.area else list(shown.box)
    return {
        "title": picture.title, "layer": LAYERS.get(choice.layer, choice.layer), "metric": shown.metric.qualified,
        "workspace": scope.workspace.name, "from": choice.range.from_at, "to": choice.range.to_at,
        "timezone": scope.workspace.timezone, "filters": list(filters), "area": area, "as_of": shown.as_of_at,
        "made_at": now, "resolution": shown.resolution, "rows": coverage.shown, "rows_elsewhere": coverage.elsewhere,
        "rows_without_place": coverage.unplaced, "coverage": coverage.sentence(), "note": picture.note,
    }  # fmt: skip


def _sentences(about: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    zone = about["timezone"]
    as_of = about["as_of"].astimezone(ZoneInfo(zone)) if about["as_of"] else None
    days = f"{span(about['from'], about['to'], zone)} ({zone})"
    return (
        ("Title", about["title"]), ("Workspace", about["workspace"]), ("Range", days),
        ("Filters", "; ".join(about["filters"]) or "none"),
        ("Data as of", f"{as_of.day} {as_of:%b %Y %H:%M}" if as_of else "no data yet"), ("Rows", about["coverage"]),
        ("Hexagons", f"{plural(about['hexagons'], 'hexagon')} of H3 resolution {about['resolution']}"),
        ("Note", about["note"]),
    )  # fmt: skip


def drawn_in_hexagons(picture: Picture) -> bool:
    """Whether the picture is made of hexagons, each with its own number."""
    from data.engine.hexagons import read_index

    return bool(picture.cells) and all(read_index(cell.index) is not None for cell in picture.cells)


def _lines(shown: HexMap, picture: Picture, names: Names) -> tuple[Line, ...]:
    """The painted hexagons, the largest number first; one without rows has the number 0 where numbers add up."""
    known = {h.index: h for h in shown.hexagons}
    nothing = 0.0 if shown.metric.shape in ADDED_UP else None
    none: tuple[Fact, ...] = (None,) * len(picture.findings)
    made = (
        Line(
            cell.index, names.of_hexagon.get(cell.index, ""),
            known[cell.index].value if cell.index in known else nothing,
            known[cell.index].rows if cell.index in known else 0, cell.swatch, picture.facts.get(cell.index, none),
        )
        for cell in picture.cells
    )  # fmt: skip
    return tuple(sorted(made, key=lambda line: (line.value is None, -(line.value or 0.0), line.index)))


def map_download(scope: Scope, dataset: Dataset, sheet: MapSheet, form: MapForm, is_dark: bool = False) -> bytes:
    """The map as a file; the export is audited before it is handed out.

    Raises NotAllowed without the ability `export` and for a filter on a hidden column, UnknownName for another format.
    """
    people.require(scope, "export")
    if form not in MAP_FORMS:
        raise unknown("format", form, MAP_FORMS)
    require_visible(scope, dataset, {f.dimension for f in sheet.choice.where})
    who = {"form": form, "dataset": dataset.qualified, "account": scope.account}
    with timed("exports", "done", "failed", **who) as noted:
        noted["rows"] = len(sheet.lines)
        made = _writer(form)(sheet, is_dark)
        with transaction(scope) as tx:
            people.record(tx, scope, "exported", f"map of {sheet.shown.metric.qualified}", _detail(sheet, form))
    return made


def _detail(sheet: MapSheet, form: MapForm) -> dict[str, Any]:
    about = sheet.about
    return {
        "format": form, "layer": sheet.choice.layer, "hexagons": len(sheet.lines), "rows": about["rows"],
        "from": about["from"].isoformat(), "to": about["to"].isoformat(), "filters": about["filters"],
    }  # fmt: skip


def map_file_name(scope: Scope, shown: HexMap, choice: MapChoice, form: MapForm, now: datetime) -> str:
    """`demo-map-complaints_opened-hexagons-20260101-20260201.geojson`: plain letters, as every browser keeps them."""
    last = min(choice.range.to_at, now)
    days = f"{choice.range.from_at:%Y%m%d}-{last:%Y%m%d}"
    name = f"{scope.workspace.slug}-map-{shown.metric.name}-{choice.layer}-{days}.{form}"
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)


def _writer(form: MapForm) -> Callable[[MapSheet, bool], bytes]:
    from services.exports import map_files, map_images  # shapely, pyarrow and Pillow are loaded by the first download

    writers: dict[MapForm, Callable[[MapSheet, bool], bytes]] = {
        "geojson": lambda sheet, _: map_files.geojson(sheet), "kml": lambda sheet, _: map_files.kml(sheet),
        "csv": lambda sheet, _: map_files.csv_text(sheet), "parquet": lambda sheet, _: map_files.parquet(sheet),
        "png": map_images.png,
    }  # fmt: skip
    return writers[form]


__all__ = [
    "MAP_FORMS", "MAP_TITLES", "MAP_TYPES", "Line", "MapForm", "MapSheet", "drawn_in_hexagons", "map_download",
    "map_file_name", "map_sheet",
]  # fmt: skip
