"""Which areas does a file hold, with which values?"""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput, unknown

Floats = NDArray[np.float64]
LARGEST = 512 << 20  # bytes that are unpacked: a small file can unpack to more than the memory holds
READABLE = "GeoJSON (also gzipped), a shapefile (.shp beside its .dbf, or zipped), or GeoParquet"


@dataclass(frozen=True)
class Areas:
    """Polygons in file order. `crs` is what the file says of its coordinates (a name or its definition)."""

    source: str
    geometries: NDArray[Any]  # shapely polygons and multipolygons, none of them null or empty
    columns: dict[str, list[Any]]
    crs: str | None
    word: str = "feature"  # what the file calls a row

    @property
    def size(self) -> int:
        """How many areas there are."""
        return int(self.geometries.size)

    def column(self, name: str) -> list[Any]:
        """One column; raises UnknownName with the nearest name."""
        if name not in self.columns:
            raise unknown("column", name, self.columns, self.source)
        return self.columns[name]


def read_areas(path: Path, name: str = "") -> Areas:
    """Read boundaries, judged by the file's first bytes. `name` stands for the file in messages.

    Raises BadInput that names file, feature, what was found and expected.
    """
    from services.spatial.formats.geojson import read_geojson
    from services.spatial.formats.geoparquet import read_geoparquet
    from services.spatial.formats.shapefile import read_shapefile

    shown = name or path.name
    if not path.is_file():
        raise BadInput(f"No file {path}.")
    with path.open("rb") as stream:
        head = stream.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                text = packed.read(LARGEST + 1)
            if len(text) > LARGEST:
                raise too_large(shown)
            return read_geojson(text, shown)
        if head.startswith(b"PAR1"):
            return read_geoparquet(path, shown)
        if head.startswith((b"PK\x03\x04", b"\x00\x00\x27\x0a")):
            return read_shapefile(path, shown)
        if start.startswith((b"{", b"[")):
            return read_geojson(path.read_bytes(), shown)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise BadInput(f"{shown}: the file is damaged or cut off: {error}.") from error
    raise BadInput(f"{shown}: found {'an empty file' if not head else 'another kind of file'}; expected {READABLE}.")


def too_large(name: str) -> BadInput:
    """What is said of a packed file that is larger than LARGEST unpacked."""
    return BadInput(f"{name}: larger than {LARGEST >> 20} MiB unpacked.")


def built(source: str, shapes: list[Any], columns: dict[str, list[Any]], crs: str | None, word: str) -> Areas:
    """Areas of what a format found, each a polygon or multipolygon with a size. Raises BadInput for the first other."""
    import shapely

    if not shapes:
        raise BadInput(f"{source}: found no {word}s; expected at least one polygon.")
    for number, shape in enumerate(shapes, 1):
        kind = "no geometry" if shape is None or shape.is_empty else str(shape.geom_type)
        if kind not in ("Polygon", "MultiPolygon"):
            raise BadInput(f"{source}, {word} {number}: found {kind}; expected Polygon or MultiPolygon.")
        if not np.isfinite(shape.bounds).all():
            raise BadInput(f"{source}, {word} {number}: found a coordinate that is no number.")
    geometries = np.empty(len(shapes), object)
    geometries[:] = shapes
    return Areas(source, shapely.force_2d(geometries), columns, crs, word)


def numbers(areas: Areas, column: str) -> Floats:
    """A column as numbers, NaN where the file has none (null, empty text or NaN). Raises BadInput for a text."""
    return np.array([_number(areas, column, n, value) for n, value in enumerate(areas.column(column), 1)], np.float64)


def _number(areas: Areas, column: str, number: int, value: Any) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return math.nan
    try:
        found = math.nan if isinstance(value, bool) else float(value)
        if math.isinf(found) or isinstance(value, bool):
            raise ValueError
    except (TypeError, ValueError):
        where = f"{areas.source}, {areas.word} {number}, `{column}`"
        raise BadInput(f"{where}: found {value!r}; expected a number.") from None
    return found


def names(areas: Areas, column: str = "") -> list[Any]:
    """What each area is called: a column of distinct values, or the number in the file, from 1."""
    if not column:
        return list(range(1, areas.size + 1))
    seen: dict[Any, int] = {}
    for number, value in enumerate(areas.column(column), 1):
        if value is None:
            raise BadInput(f"{areas.source}, {areas.word} {number}, `{column}`: found nothing; expected a name.")
        if value in seen:
            where = f"{areas.source}, {areas.word} {number}, `{column}`"
            raise BadInput(f"{where}: found {value!r} again, as in {areas.word} {seen[value]}; expected each once.")
        seen[value] = number
    return list(seen)


def is_projected(areas: Areas) -> bool:
    """Are coordinates something else than degrees of latitude and longitude, by the file or by their size?"""
    if areas.crs:
        return not _crs(areas).is_geographic
    return not _fits_degrees(areas)


def in_degrees(areas: Areas) -> Areas:
    """The same areas in WGS 84 longitude and latitude.

    A file that does not say otherwise is taken to be in degrees. Raises BadInput when that cannot be.
    """
    import shapely

    if areas.crs and is_projected(areas):
        from pyproj import Transformer

        convert = Transformer.from_crs(_crs(areas), "OGC:CRS84", always_xy=True).transform
        moved = shapely.transform(areas.geometries, lambda xy: np.stack(convert(xy[:, 0], xy[:, 1]), axis=1))
        areas = replace(areas, geometries=moved, crs="OGC:CRS84")
    if not _fits_degrees(areas):
        west, south, east, north = shapely.total_bounds(areas.geometries)
        raise BadInput(
            f"{areas.source}: found coordinates from {west:g}, {south:g} to {east:g}, {north:g} and no word of their "
            "system; expected degrees of longitude and latitude, or a file that says its system (a .prj)."
        )
    return areas


def _crs(areas: Areas) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(areas.crs)
    except CRSError as error:
        raise BadInput(f"{areas.source}: found no known system of coordinates in {str(areas.crs)[:80]!r}.") from error


def _fits_degrees(areas: Areas) -> bool:
    import shapely

    west, south, east, north = shapely.total_bounds(areas.geometries)
    return bool(west >= -180.0001 and east <= 360.0001 and south >= -90.0001 and north <= 90.0001)
