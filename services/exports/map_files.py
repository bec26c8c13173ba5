"""How is a map written as GeoJSON, KML, CSV or GeoParquet, so that other programs and people know what it shows?"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from h3 import cell_to_boundary
from pydantic_core import to_json

from services.maps.colours import Colour
from services.maps.pictures import Fact
from services.spreadsheets import plain_csv, plain_line

if TYPE_CHECKING:
    import shapely

    from services.exports.sheets import Item, Sheet

_KML = "http://www.opengis.net/kml/2.2"
_DIGITS = 6
_OPAQUE = "d9"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def polygon(index: str) -> shapely.Geometry:
    """A hexagon in degrees, counter-clockwise; two halves where it crosses the date line, as RFC 7946 asks for."""
    import shapely

    ring = [(round(lon, _DIGITS), round(lat, _DIGITS)) for lat, lon in cell_to_boundary(index)]
    longitudes = [lon for lon, _ in ring]
    if max(longitudes) - min(longitudes) <= 180:
        return shapely.Polygon(ring)
    whole = shapely.Polygon([(lon + 360 if lon < 0 else lon, lat) for lon, lat in ring])
    west = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    east = shapely.transform(shapely.intersection(whole, shapely.box(180, -90, 540, 90)), _a_turn_back)
    return shapely.orient_polygons(shapely.MultiPolygon([west, east]))


def _a_turn_back(points: Any) -> Any:
    return points - [360, 0]


def _finite(value: Fact) -> Fact:
    """A value that every format can hold: none for a number without bound."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def geojson(sheet: Sheet) -> bytes:
    """A FeatureCollection (RFC 7946); what it is about is its member `belvedere`."""
    import shapely

    features = [
        {
            "type": "Feature", "id": item.key,
            "geometry": None if item.shape is None else shapely.geometry.mapping(item.shape),
            "properties": dict(zip(sheet.columns, map(_finite, item.values), strict=True)),
        }
        for item in sheet.items
    ]  # fmt: skip
    return to_json({"type": "FeatureCollection", "belvedere": dict(sheet.about), "features": features})


def csv_text(sheet: Sheet) -> bytes:
    """Lines of what it is about, each beginning with `#`; then one line a shape: its values, its middle, and of an area
    the outline as WKT. What lies nowhere has its values only.

    With a byte order mark, so that spreadsheets read it as UTF-8; no text of the data is run by them as a formula.
    """
    items = sheet.items
    about = "".join(plain_line(f"# {name}: {' '.join(text.split())}") + "\r\n" for name, text in sheet.sentences)
    shapes = [item.shape for item in items if item.shape is not None]
    has_outlines = any(shape.geom_type != "Point" for shape in shapes)
    places = ["latitude", "longitude"] if shapes else []
    lines: list[list[object]] = [[*sheet.columns, *places, *(["polygon"] if has_outlines else [])]]
    for item in items:
        values = ["" if value is None else value for value in map(_finite, item.values)]
        lines.append([*values, *_where(item.shape, has_outlines)])
    return b"\xef\xbb\xbf" + (about + plain_csv(lines)).encode()


def _where(shape: shapely.Geometry | None, has_outlines: bool) -> list[str | float]:
    """The middle of a shape, and its outline where the lines have a column for it."""
    if shape is None:
        return []
    middle = shape.centroid
    return [round(middle.y, _DIGITS), round(middle.x, _DIGITS), *([shape.wkt] if has_outlines else [])]


def parquet(sheet: Sheet) -> bytes:
    """GeoParquet 1.1: shapes as WKB in `geometry`; what it is about is the key `belvedere` of the file.

    What lies nowhere is plain Parquet.
    """
    import pyarrow as pa
    import shapely
    from pyarrow import parquet as files

    items, held = sheet.items, {b"belvedere": to_json(dict(sheet.about))}
    shapes = shapely.orient_polygons([item.shape for item in items if item.shape is not None])
    rows = [[_finite(value) for value in item.values] for item in items]
    columns = [pa.array(values, _type_of(values)) for values in zip(*rows, strict=True)]
    table = pa.table(columns, names=list(sheet.columns))
    if len(shapes):
        table = table.append_column("geometry", pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()))
        held |= {b"geo": to_json(_described(shapes))}
    out = io.BytesIO()
    files.write_table(table.replace_schema_metadata(held), out, compression="zstd")
    return out.getvalue()


def _described(shapes: Sequence[shapely.Geometry]) -> dict[str, Any]:
    """What GeoParquet wants to know of the shapes."""
    import shapely

    kinds = sorted({shape.geom_type for shape in shapes})
    geometry: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "orientation": "counterclockwise"}
    geometry["bbox"] = [float(edge) for edge in shapely.total_bounds(shapes)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}


def _type_of(values: Sequence[Fact]) -> Any:
    """Text where there is some, else whole numbers or numbers."""
    import pyarrow as pa

    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known):
        return pa.string()
    return pa.int64() if known and all(isinstance(value, int) for value in known) else pa.float64()


def kml(sheet: Sheet) -> bytes:
    """KML 2.2: a style for each colour of the legend, a placemark for each shape with its values."""
    root = ElementTree.Element("kml", xmlns=_KML)
    document = _child(root, "Document")
    _child(document, "name", sheet.title)
    _child(document, "description", "\n".join(f"{name}: {text}" for name, text in sheet.sentences))
    for place, swatch in enumerate(sheet.swatches):
        _style(document, f"colour{place}", swatch.colour)
    _style(document, "none", None)
    _data(document, sheet.sentences)
    for item in sheet.items:
        _placemark(document, sheet, item)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _style(document: ElementTree.Element, name: str, colour: Colour | None) -> None:
    """Icons of points, areas without a line and lines in this colour (None: areas have an outline only)."""
    style = _child(document, "Style")
    style.set("id", name)
    if colour is None:
        _child(_child(style, "PolyStyle"), "fill", "0")
        return
    red, green, blue = colour
    said = f"{_OPAQUE}{blue:02x}{green:02x}{red:02x}"
    icon = _child(style, "IconStyle")
    _child(icon, "color", said)
    _child(icon, "scale", "0.5")
    line = _child(style, "LineStyle")
    _child(line, "color", said)
    _child(line, "width", "3")
    area = _child(style, "PolyStyle")
    _child(area, "color", said)
    _child(area, "outline", "0")


def _placemark(document: ElementTree.Element, sheet: Sheet, item: Item) -> None:
    mark = _child(document, "Placemark")
    mark.set("id", "h" + re.sub(r"[^A-Za-z0-9._-]", "-", item.key))
    _child(mark, "name", item.name)
    _child(mark, "styleUrl", "#none" if item.swatch is None else f"#colour{item.swatch}")
    told = zip(sheet.columns, map(_finite, item.values), strict=True)
    _data(mark, [(name, "" if value is None else str(value)) for name, value in told])
    parts = [] if item.shape is None else list(getattr(item.shape, "geoms", [item.shape]))
    whole = _child(mark, "MultiGeometry") if len(parts) > 1 else mark
    for part in parts:
        _geometry(whole, part)


def _geometry(parent: ElementTree.Element, part: shapely.Geometry) -> None:
    """A polygon with its holes, a line or a point."""
    if part.geom_type != "Polygon":
        _child(_child(parent, part.geom_type), "coordinates", _coordinates(part.coords))
        return
    area = _child(parent, "Polygon")
    for name, ring in (("outerBoundaryIs", part.exterior), *(("innerBoundaryIs", hole) for hole in part.interiors)):
        _child(_child(_child(area, name), "LinearRing"), "coordinates", _coordinates(ring.coords))


def _coordinates(points: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{round(point[0], _DIGITS)},{round(point[1], _DIGITS)},0" for point in points)


def _data(parent: ElementTree.Element, pairs: Iterable[tuple[str, str]]) -> None:
    extended = _child(parent, "ExtendedData")
    for name, text in pairs:
        one = _child(extended, "Data")
        one.set("name", name)
        _child(one, "value", text)


def _child(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name)
    made.text = None if text is None else _NOT_XML.sub(" ", text)
    return made
