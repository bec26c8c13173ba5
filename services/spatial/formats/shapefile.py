"""Which areas does a shapefile hold, plain or zipped?"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

from data.errors import BadInput
from services.spatial.areas import LARGEST, Areas, built, too_large
from services.spatial.formats.geojson import read_geojson, shape_of


def read_shapefile(path: Path, name: str) -> Areas:
    """Areas of a .shp with the .dbf beside it, or of a zip with one shapefile or one GeoJSON file within."""
    parts = _unpacked(path, name) if zipfile.is_zipfile(path) else _beside(path, name)
    if "json" in parts:
        return read_geojson(parts["json"], name)
    import shapefile

    encoding = _encoding(parts)
    try:
        files = {key: io.BytesIO(parts[key]) for key in ("shp", "shx", "dbf") if key in parts}
        with shapefile.Reader(**files, encoding=encoding) as reader:
            if reader.shapeType not in (shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM):
                raise BadInput(f"{name}: found shapes of type {reader.shapeTypeName}; expected POLYGON.")
            fields = [field[0] for field in reader.fields[1:]]
            records = [list(record) for record in reader.iterRecords()]
            shapes = [_shape(one, f"{name}, record {n}") for n, one in enumerate(reader.iterShapes(), 1)]
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: the .dbf is not {encoding} text: {error}. A .cpg file names its encoding.") from error
    except (shapefile.ShapefileException, struct.error, ValueError, IndexError) as error:
        raise BadInput(f"{name}: the shapefile is damaged or cut off: {error}.") from error
    if len(records) != len(shapes):
        raise BadInput(f"{name}: found {len(shapes)} shapes and {len(records)} records; expected as many.")
    columns = {field: [record[n] for record in records] for n, field in enumerate(fields)}
    projection = parts.get("prj", b"").decode("utf-8", "replace").strip()
    return built(name, shapes, columns, projection or None, "record")


def _shape(found: Any, where: str) -> Any:
    return None if found.shapeType == 0 or not found.points else shape_of(found.__geo_interface__, where)


def _encoding(parts: dict[str, bytes]) -> str:
    """What the .cpg says; without one UTF-8 if the .dbf is that, else Windows-1252, which old programs wrote."""
    import codecs

    named = parts.get("cpg", b"").decode("ascii", "replace").strip()
    try:
        found = codecs.lookup(f"cp{named}" if named.isdigit() else named).name
        "".encode(found)  # `hex` and others that Python knows are none of text
        return found
    except LookupError:
        pass
    try:
        parts.get("dbf", b"")[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _beside(path: Path, name: str) -> dict[str, bytes]:
    stem = path.stem.lower()
    found = {
        other.suffix[1:].lower(): other.read_bytes()
        for other in path.parent.iterdir()
        if other.stem.lower() == stem and other.suffix.lower() in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    }
    found["shp"] = path.read_bytes()
    if "dbf" not in found:
        raise BadInput(f"{name}: found no {path.stem}.dbf beside it; expected one with the values of the areas.")
    return found


def _unpacked(path: Path, name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        entries = [e for e in archive.infolist() if not e.is_dir() and not e.filename.startswith("__MACOSX/")]
        if sum(entry.file_size for entry in entries) > LARGEST:  # no more than it says is unpacked
            raise too_large(name)
        areas = [e for e in entries if e.filename.lower().endswith((".shp", ".geojson", ".json"))]
        if len(areas) != 1:
            found = ", ".join(entry.filename for entry in areas) or "none"
            raise BadInput(f"{name}: expected one shapefile or GeoJSON file in the archive; found {found}.")
        if not areas[0].filename.lower().endswith(".shp"):
            return {"json": archive.read(areas[0])}
        stem = areas[0].filename[:-4].lower()
        same = [e for e in entries if e.filename[:-4].lower() == stem]
        parts = {entry.filename[-3:].lower(): archive.read(entry) for entry in same}
    if "dbf" not in parts:
        raise BadInput(f"{name}: found no .dbf for {areas[0].filename}; expected one with the values of the areas.")
    return parts
