"""Which hexagon of which size is a row in, and which rows lie inside an area?

Segments hold the H3 cell of resolution 12 of each row (about 19 m across) as a code. A parent of a cell is arithmetic
on its index, so rows can be split by hexagons of every resolution: `cell:7` is a dimension like any other, whose values
are H3 indexes in hexadecimal. A row lies inside an area when the centre of its cell does, for every reader alike.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction, database_url
from data.engine.places import RESOLUTION
from data.errors import BadInput
from data.model import Dataset
from data.statements import sql
from data.types import Scope

PLACE = "place"
"""What filters by area name in place of a dimension."""
DIMENSIONS = tuple(f"cell:{resolution}" for resolution in range(RESOLUTION + 1))
COLUMN = "cell"
STORED = "p"
"""The name under which segments hold the cell of a row."""
_NAME = re.compile(r"^cell:(\d{1,2})$")
_MOST_TABLES = 32
_MOST_DATASETS = 64  # of workspaces; a city's cells are 1 to 10 MB
_MOST_AREA_CHARACTERS = 2_000_000
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Box = tuple[float, float, float, float]


def resolution_of(name: str) -> int | None:
    """The resolution of a dimension such as `cell:7`; None for any other name."""
    match = _NAME.match(name)
    return int(match[1]) if match and int(match[1]) <= RESOLUTION else None


def dimensions_of(dataset: Dataset) -> tuple[str, ...]:
    """The hexagons by which the rows of a dataset can be split: none when its rows have no place."""
    return DIMENSIONS if dataset.place else ()


def parents(cells: Ints, resolution: int) -> Ints:
    """The parent of each H3 cell (bigint) at a coarser or the same resolution."""
    below = 3 * (15 - resolution)
    cleared = cells & ~np.int64(15 << 52)
    found: Ints = (cleared | np.int64(resolution << 52)) | np.int64((1 << below) - 1)
    return found


def children_between(cell: int) -> tuple[int, int]:
    """The least and the greatest index that a cell of resolution 12 inside this one may have."""
    resolution = cell >> 52 & 15
    top, bottom = 3 * (15 - resolution), 3 * (15 - RESOLUTION)
    kept = (cell & ~(15 << 52) & ~((1 << top) - 1)) | RESOLUTION << 52
    unused = (1 << bottom) - 1
    return kept | unused, kept | ((1 << top) - 1)


def read_index(text: str) -> int | None:
    """The number of an H3 index in hexadecimal; None when the text is none."""
    try:
        found = int(text, 16)
    except ValueError:
        return None
    return found if len(text) == 15 and found >> 59 == 1 and found >> 52 & 15 <= RESOLUTION else None


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the earth: a box (west, south, east, north; west may be greater), or polygons as GeoJSON text."""

    box: Box
    geometry: str = ""

    def holds(self, lat: Floats, lon: Floats) -> NDArray[np.bool_]:
        """Whether each point lies inside or on the border."""
        west, south, east, north = self.box
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        inside: NDArray[np.bool_] = across & (lat >= south) & (lat <= north)
        if self.geometry and inside.any():
            import shapely

            shape = shapely.from_geojson(self.geometry)
            shapely.prepare(shape)
            at = np.flatnonzero(inside)
            inside[at] = shapely.intersects_xy(shape, lon[at], lat[at])
        return inside


def area_of(text: str) -> Area:
    """The area that a filter names: `[west, south, east, north]` or a GeoJSON Polygon or MultiPolygon, in degrees.

    Raises BadInput naming what was found and what was expected.
    """
    expected = "[west, south, east, north] in degrees, or a GeoJSON Polygon or MultiPolygon"
    if len(text) > _MOST_AREA_CHARACTERS:
        raise BadInput(f"Field `place`: found {len(text):,} characters; expected at most {_MOST_AREA_CHARACTERS:,}.")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Field `place`: found {text[:80]!r}; expected {expected}.") from error
    if isinstance(found, list):
        return Area(_box(found, expected))
    if not isinstance(found, dict) or found.get("type") not in ("Polygon", "MultiPolygon"):
        kind = found.get("type") if isinstance(found, dict) else found
        raise BadInput(f"Field `place`: found {kind!r}; expected {expected}.")
    return _polygons(found, text)


def _box(found: list[object], expected: str) -> Box:
    numbers = [float(n) for n in found if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(found) != 4 or len(numbers) != 4:
        raise BadInput(f"Field `place`: found {found!r}; expected {expected}.")
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput(f"Field `place`: found {found!r}; expected degrees, south below north.")
    return west, south, east, north


def _polygons(found: dict[str, object], text: str) -> Area:
    import shapely

    try:
        shape = shapely.from_geojson(text)
    except shapely.GEOSException as error:
        raise BadInput(f"Field `place`: found a {found['type']} that cannot be read: {error}.") from error
    if shape.is_empty or not shape.is_valid:
        raise BadInput(
            f"Field `place`: found a {found['type']} that is not valid ({shapely.is_valid_reason(shape)}); expected"
            " rings that close and do not cross themselves."
        )
    west, south, east, north = map(float, shape.bounds)
    return Area((west, south, east, north), shapely.to_geojson(shape))


@dataclass(slots=True)
class _Parents:
    """The parents of all cells at one resolution, numbered from 1 in the order in which they were first seen."""

    of_code: Codes
    values: Ints


@dataclass(slots=True)
class Cells:
    """The cells of a dataset in one workspace by code: that of code c is cells[c - 1]."""

    cells: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    version: int = -1
    zoned: OrderedDict[str, Codes] = field(default_factory=OrderedDict)  # see zones
    _lat: Floats = field(default_factory=lambda: np.empty(0))
    _lon: Floats = field(default_factory=lambda: np.empty(0))
    _parents: dict[int, _Parents] = field(default_factory=dict)
    _inside: OrderedDict[Area, NDArray[np.uint8]] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def grow(self, open: Callable[[], Transaction], values: dict[str, object], version: int) -> None:
        """Read the cells that were added since, when this is a later version of the dataset."""
        with self._lock:
            if self.version >= version:
                return
            rows = open().execute(sql("dictionary_tail"), values | {"known": self.cells.size}).fetchall()
            if rows:
                self.cells = np.concatenate([self.cells, np.asarray([int(value) for _, value in rows], np.int64)])
            self.version = version

    def parents_at(self, resolution: int) -> _Parents:
        """The code of the parent of each cell, [cells + 1] with 0 for "no place", and the parents themselves."""
        with self._lock:
            found = self._parents.get(resolution) or _Parents(np.zeros(1, np.int32), np.empty(0, np.int64))
            known = found.of_code.size - 1
            if known < self.cells.size:
                found = self._parents[resolution] = _numbered(found, parents(self.cells[known:], resolution))
            return found

    def inside(self, area: Area) -> NDArray[np.uint8]:
        """1 for each code whose cell has its centre in the area, 0 for code 0; do not change it."""
        with self._lock:
            found = self._inside.pop(area, None)
            table = np.zeros(1, np.uint8) if found is None else found
            known = table.size - 1
            if known < self.cells.size:
                lat, lon = self.centres()
                table = np.concatenate([table, area.holds(lat[known:], lon[known:]).astype(np.uint8)])
            self._inside[area] = table
            if len(self._inside) > _MOST_TABLES:
                self._inside.popitem(last=False)
            return table

    def centres(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the centre of each cell."""
        with self._lock:
            known = self._lat.size
            if known < self.cells.size:
                lat, lon = centres(self.cells[known:])
                self._lat, self._lon = np.concatenate([self._lat, lat]), np.concatenate([self._lon, lon])
            return self._lat, self._lon


def _numbered(before: _Parents, new: Ints) -> _Parents:
    values, first, at = np.unique(new, return_index=True, return_inverse=True)
    order = np.argsort(before.values)
    place = np.searchsorted(before.values, values, sorter=order)
    place = np.minimum(place, max(before.values.size - 1, 0))
    known = before.values[order[place]] == values if before.values.size else np.zeros(values.size, np.bool_)
    codes = np.zeros(values.size, np.int64)
    if before.values.size:
        codes[known] = order[place[known]] + 1
    fresh = np.flatnonzero(~known)[np.argsort(first[~known])]
    codes[fresh] = before.values.size + 1 + np.arange(fresh.size)
    return _Parents(
        np.concatenate([before.of_code, codes[at].astype(np.int32)]), np.concatenate([before.values, values[fresh]])
    )


def centres(cells: Sequence[int] | Ints) -> tuple[Floats, Floats]:
    """Latitude and longitude of the centre of each cell, in degrees."""
    from h3.api.basic_int import cell_to_latlng

    listed = np.asarray(cells, np.int64).tolist()
    pairs = np.asarray([cell_to_latlng(cell) for cell in listed], np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


_known: OrderedDict[tuple[str, int, int], Cells] = OrderedDict()
_lock = threading.Lock()


def cells_known(open: Callable[[], Transaction], scope: Scope, dataset: Dataset, version: int) -> Cells:
    """The cells of a dataset in the active workspace, as of at least the given version."""
    with _lock:
        key = (database_url(), scope.workspace.id, dataset.id)
        found = _known.setdefault(key, Cells())
        _known.move_to_end(key)
        if len(_known) > _MOST_DATASETS:
            _known.popitem(last=False)
    values: dict[str, object] = {"workspace": scope.workspace.id, "dataset": dataset.id, "column": COLUMN}
    found.grow(open, values, version)
    return found


class Hexagons:
    """The hexagons of one resolution as a dictionary of codes (see values.Dictionary)."""

    def __init__(self, cells: Cells, resolution: int) -> None:
        found = cells.parents_at(resolution)
        self.of_code = found.of_code
        self._values = found.values
        self.size = found.values.size

    def codes(self, values: Iterable[str]) -> list[int]:
        """Codes of those of the values that have one."""
        wanted = {number for value in values if (number := read_index(value)) is not None}
        found: list[int] = (np.flatnonzero(np.isin(self._values, list(wanted))) + 1).tolist()
        return found

    def matching(self, parts: Iterable[str]) -> list[int]:
        """Codes of the values that contain one of the parts."""
        wanted = tuple(parts)
        names = self.names(range(1, self.size + 1))
        return [code for code, name in enumerate(names, 1) if any(part in (name or "") for part in wanted)]

    def names(self, codes: Iterable[int]) -> list[str | None]:
        """The index of each code in hexadecimal; None for code 0."""
        listed = np.asarray(list(codes), np.int64)
        numbers = self._values[listed - 1].tolist() if self.size else [0] * listed.size
        return [format(n, "x") if code else None for n, code in zip(numbers, listed.tolist(), strict=True)]


def forget() -> None:
    """Forget the cells of every dataset."""
    with _lock:
        _known.clear()
