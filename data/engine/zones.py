"""In which of a set of areas is a row?

A set of areas is a dimension of the engine, `area:` and a fingerprint of its content, as hexagons are: a table from
cells to areas. A row is in the area that the centre of its cell lies in, in the first of them where several do, and in
none (missing) where no area is.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.hexagons import Cells, Floats, Hexagons, centres
from data.errors import BadInput

_NAME = re.compile(r"^area:[0-9a-f]{16}$")
_MOST_SETS = 64
Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """Areas in order: the key of each, and its geometry as GeoJSON text."""

    keys: tuple[str, ...]
    geometries: tuple[str, ...]

    def holding(self, lat: Floats, lon: Floats) -> Codes:
        """For each point the number of the first area that holds it, border included, from 1; 0 where none does."""
        import shapely

        found = np.full(lat.size, len(self.keys) + 1, np.int32)
        if lat.size:
            areas = shapely.from_geojson(np.asarray(self.geometries, object))
            points = shapely.STRtree(shapely.points(lon, lat))
            zones, places = points.query(areas, predicate="intersects")
            np.minimum.at(found, places, zones.astype(np.int32) + 1)
        found[found > len(self.keys)] = 0
        return found


_known: OrderedDict[str, ZoneSet] = OrderedDict()
_lock = threading.Lock()


def is_zones(name: str) -> bool:
    """Whether this is the name of a set of areas."""
    return _NAME.match(name) is not None


def known_as(fingerprint: str, keys: Sequence[str], geometries: Sequence[str]) -> str:
    """The name by which a question may split by these areas; say it before each question, as old ones are forgotten."""
    name = f"area:{fingerprint}"
    with _lock:
        if name not in _known:
            _known[name] = ZoneSet(tuple(keys), tuple(geometries))
        _known.move_to_end(name)
        if len(_known) > _MOST_SETS:
            _known.popitem(last=False)
    return name


def zones_of(name: str) -> ZoneSet:
    """The areas of a name. Raises BadInput when nobody said which those are."""
    with _lock:
        found = _known.get(name)
    if found is None:
        raise BadInput(f"Field `by`: found {name}; these areas are not known here.")
    return found


class Zones(Hexagons):
    """A set of areas as a dictionary of codes (see values.Dictionary), over the cells of a dataset."""

    def __init__(self, cells: Cells, name: str) -> None:
        zones = zones_of(name)
        self.of_code = _codes(cells, name, zones)
        self._keys = zones.keys
        self.size = len(zones.keys)

    def codes(self, values: Iterable[str]) -> list[int]:
        """Codes of those of the values that are keys."""
        wanted = set(values)
        return [code for code, key in enumerate(self._keys, 1) if key in wanted]

    def matching(self, parts: Iterable[str]) -> list[int]:
        """Codes of the keys that contain one of the (casefolded) parts."""
        wanted = tuple(parts)
        return [code for code, key in enumerate(self._keys, 1) if any(part in key.casefold() for part in wanted)]

    def names(self, codes: Iterable[int]) -> list[str | None]:
        """The key of each code; None for code 0."""
        return [self._keys[code - 1] if code else None for code in codes]


def _codes(cells: Cells, name: str, zones: ZoneSet) -> Codes:
    """The area of each code of a cell, 0 for code 0; only cells that came since are looked at."""
    lat, lon = cells.centres()
    with _lock:
        found = cells.zoned.get(name, np.zeros(1, np.int32))
    known = found.size - 1
    if known < lat.size:
        found = np.concatenate([found, zones.holding(lat[known:], lon[known:])])
        with _lock:
            cells.zoned[name] = found
            if len(cells.zoned) > _MOST_SETS:
                cells.zoned.popitem(last=False)
    return found


def key_of_cells(name: str, cells: Sequence[int]) -> dict[str, str]:
    """The key of the area of each cell (as decimal text) that lies in one, for plain SQL."""
    zones = zones_of(name)
    codes = zones.holding(*centres(cells))
    return {str(cell): zones.keys[code - 1] for cell, code in zip(cells, codes.tolist(), strict=True) if code}
