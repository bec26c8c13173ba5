"""How does somebody take a map along: as GeoJSON, KML, CSV, GeoParquet or a picture, with what it is about inside?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from data.database import transaction
from data.errors import BadInput, unknown
from data.model import Dataset, Metric
from data.types import Scope
from services import people
from services.exports import sheets
from services.exports.sheets import COUNTED, Item, Panel, Sheet
from services.exports.visible import audited_filters, personal_columns, require_visible
from services.formats import plural
from services.maps.choices import Box, MapChoice
from services.maps.hexes import ADDED_UP, HexMap
from services.maps.labels import Label, Names
from services.maps.pictures import Fact, Picture, Swatch
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
    """A map of hexagons as it is taken along: a services.exports.sheets.Sheet."""

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

    @property
    def items(self) -> tuple[Item, ...]:
        """The hexagons with their outlines."""
        from services.exports.map_files import polygon

        return tuple(
            Item(
                line.index, line.district or line.index, self.values(line), line.swatch, polygon(line.index),
                line.value or 0.0,
            )
            for line in self.lines
        )  # fmt: skip

    @property
    def title(self) -> str:
        """What stands above the map."""
        return self.picture.title

    @property
    def swatches(self) -> tuple[Swatch, ...]:
        """The colours of the legend."""
        return self.picture.swatches

    @property
    def labels(self) -> tuple[Label, ...]:
        """The names of districts."""
        return self.names.labels

    @property
    def box(self) -> Box:
        """The part of the earth that is looked at."""
        return self.shown.box

    @property
    def panels(self) -> tuple[Panel, ...]:
        """None: a picture shows the hexagons."""
        return ()

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
    lines, coverage = _lines(shown, picture, names), shown.coverage
    told = sheets.about(
        scope, shown.metric, choice, filters, now, picture.title, picture.note, shown.as_of_at, coverage,
        coverage.sentence(), shown.box,
    ) | {"resolution": shown.resolution, "hexagons": len(lines)}  # fmt: skip
    part = f"{plural(len(lines), 'hexagon')} of H3 resolution {shown.resolution}"
    return MapSheet(shown, picture, names, choice, lines, told, sheets.sentences(told, ("Hexagons", part)))


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


def map_download(scope: Scope, dataset: Dataset, sheet: Sheet, form: MapForm, is_dark: bool = False) -> bytes:
    """The map as a file; the export is audited before it is handed out.

    Raises NotAllowed without the ability `export` and for a filter on a hidden column, UnknownName for another format.
    """
    people.require(scope, "export")
    if form not in MAP_FORMS:
        raise unknown("format", form, MAP_FORMS)
    require_visible(scope, dataset, {f.dimension for f in sheet.choice.where})
    who = {"form": form, "dataset": dataset.qualified, "account": scope.account}
    with timed("exports", "done", "failed", **who) as noted:
        detail = _detail(dataset, sheet, form)
        noted["rows"] = next(detail[name] for name in COUNTED if name in detail)
        made = _writer(form)(sheet, is_dark)
        with transaction(scope) as tx:
            people.record(tx, scope, "exported", f"map of {sheet.about['metric']}", detail)
    return made


def _detail(dataset: Dataset, sheet: Sheet, form: MapForm) -> dict[str, Any]:
    about, where = sheet.about, sheet.choice.where
    is_of_person = bool({f.dimension for f in where} & personal_columns(dataset))
    filters = audited_filters(dataset, where) if is_of_person else about["filters"]
    return {
        "format": form, "layer": sheet.choice.layer, "rows": about["rows"], "filters": filters,
        "from": about["from"].isoformat(), "to": about["to"].isoformat(),
    } | {name: about[name] for name in COUNTED if name in about}  # fmt: skip


def map_file_name(scope: Scope, metric: Metric | Dataset, choice: MapChoice, form: MapForm, now: datetime) -> str:
    """`demo-map-complaints_opened-hexagons-20260101-20260201.geojson`: plain letters, as every browser keeps them."""
    last = min(choice.range.to_at, now)
    days = f"{choice.range.from_at:%Y%m%d}-{last:%Y%m%d}"
    name = f"{scope.workspace.slug}-map-{metric.name}-{choice.layer}-{days}.{form}"
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)


def _writer(form: MapForm) -> Callable[[Sheet, bool], bytes]:
    from services.exports import map_files, map_images  # shapely, pyarrow and Pillow are loaded by the first download

    writers: dict[MapForm, Callable[[Sheet, bool], bytes]] = {
        "geojson": lambda sheet, _: map_files.geojson(sheet), "kml": lambda sheet, _: map_files.kml(sheet),
        "csv": lambda sheet, _: map_files.csv_text(sheet), "parquet": lambda sheet, _: map_files.parquet(sheet),
        "png": map_images.png,
    }  # fmt: skip
    return writers[form]


__all__ = [
    "MAP_FORMS", "MAP_TITLES", "MAP_TYPES", "Line", "MapForm", "MapSheet", "drawn_in_hexagons", "map_download",
    "map_file_name", "map_sheet",
]  # fmt: skip
