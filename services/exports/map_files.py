"""How is a map written as GeoJSON, KML, CSV or GeoParquet, so that other programs and people know what it shows?"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from h3 import cell_to_boundary
from pydantic_core import to_json

from services.maps.pictures import Fact

if TYPE_CHECKING:
    import shapely

    from services.exports.maps import Line, MapSheet

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


def geojson(sheet: MapSheet) -> bytes:
    """A FeatureCollection (RFC 7946); what it is about is its member `belvedere`."""
    import shapely

    features = [
        {
            "type": "Feature", "id": line.index, "geometry": shapely.geometry.mapping(polygon(line.index)),
            "properties": dict(zip(sheet.columns, map(_finite, sheet.values(line)), strict=True)),
        }
        for line in sheet.lines
    ]  # fmt: skip
    return to_json({"type": "FeatureCollection", "belvedere": dict(sheet.about), "features": features})


def csv_text(sheet: MapSheet) -> bytes:
    """Lines of what it is about, each beginning with `#`; then one line a hexagon, its polygon as WKT.

    With a byte order mark, so that spreadsheets read it as UTF-8.
    """
    out = io.StringIO()
    for name, text in sheet.sentences:
        out.write(f"# {name}: {' '.join(text.split())}\r\n")
    lines = csv.writer(out)
    lines.writerow([*sheet.columns, "latitude", "longitude", "polygon"])
    for line in sheet.lines:
        shape = polygon(line.index)
        middle = shape.centroid
        values = ["" if value is None else value for value in map(_finite, sheet.values(line))]
        lines.writerow([*values, round(middle.y, _DIGITS), round(middle.x, _DIGITS), shape.wkt])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def parquet(sheet: MapSheet) -> bytes:
    """GeoParquet 1.1: polygons as WKB in `geometry`; what it is about is the key `belvedere` of the file."""
    import pyarrow as pa
    import shapely
    from pyarrow import parquet as files

    shapes = [polygon(line.index) for line in sheet.lines]
    kinds = sorted({shape.geom_type for shape in shapes})
    described = {"encoding": "WKB", "geometry_types": kinds, "orientation": "counterclockwise"}
    described["bbox"] = [float(edge) for edge in shapely.total_bounds(shapes)]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": described}}
    rows = [[_finite(value) for value in sheet.values(line)] for line in sheet.lines]
    columns = [pa.array(values, _type_of(values)) for values in zip(*rows, strict=True)]
    names = [*sheet.columns, "geometry"]
    table = pa.table([*columns, pa.array([shapely.to_wkb(shape) for shape in shapes], pa.binary())], names=names)
    held = {b"geo": to_json(geo), b"belvedere": to_json(dict(sheet.about))}
    out = io.BytesIO()
    files.write_table(table.replace_schema_metadata(held), out, compression="zstd")
    return out.getvalue()


def _type_of(values: Sequence[Fact]) -> Any:
    import pyarrow as pa

    some = next((value for value in values if value is not None), 0.0)
    return pa.string() if isinstance(some, str) else pa.int64() if isinstance(some, int) else pa.float64()


def kml(sheet: MapSheet) -> bytes:
    """KML 2.2: a style for each colour of the legend, a placemark for each hexagon with its values."""
    root = ElementTree.Element("kml", xmlns=_KML)
    document = _child(root, "Document")
    _child(document, "name", sheet.picture.title)
    _child(document, "description", "\n".join(f"{name}: {text}" for name, text in sheet.sentences))
    for place, swatch in enumerate(sheet.picture.swatches):
        red, green, blue = swatch.colour
        style = _child(document, "Style")
        style.set("id", f"colour{place}")
        _child(_child(style, "LineStyle"), "width", "0")
        _child(_child(style, "PolyStyle"), "color", f"{_OPAQUE}{blue:02x}{green:02x}{red:02x}")
    _data(document, sheet.sentences)
    for line in sheet.lines:
        _placemark(document, sheet, line)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _placemark(document: ElementTree.Element, sheet: MapSheet, line: Line) -> None:
    mark = _child(document, "Placemark")
    mark.set("id", f"h{line.index}")
    _child(mark, "name", line.district or line.index)
    _child(mark, "styleUrl", f"#colour{line.swatch}")
    told = zip(sheet.columns, map(_finite, sheet.values(line)), strict=True)
    _data(mark, [(name, "" if value is None else str(value)) for name, value in told])
    shape = polygon(line.index)
    whole = _child(mark, "MultiGeometry") if shape.geom_type == "MultiPolygon" else mark
    for part in getattr(shape, "geoms", [shape]):
        ring = _child(_child(_child(whole, "Polygon"), "outerBoundaryIs"), "LinearRing")
        _child(ring, "coordinates", " ".join(f"{lon},{lat},0" for lon, lat in part.exterior.coords))


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
