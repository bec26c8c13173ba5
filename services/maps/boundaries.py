"""Which boundaries does a workspace have, and how does a file become some?"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import boundaries
from data.boundaries import Boundaries, BoundarySet, NewBoundaries
from data.database import transaction
from data.errors import BadInput
from data.types import Scope
from services.formats import share
from services.maps.choices import Box, box_around
from services.maps.labels import Label
from services.people import record, require
from services.spatial.areas import Areas, in_degrees, names, read_areas
from services.spatial.boundaries import Flaw, check

MOST_AREAS = 5000
MOST_POINTS = 10_000
"""Points of all areas of a set together, as they are drawn: about 200 kB."""
_LARGEST = 64_000_000  # characters of all areas of a set
_MARGIN = 0.03
_FRACTION = re.compile(r"-?[0-9]*[.][0-9]+(e-?[0-9]+)?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Checked:
    """The areas of a file in degrees, what is wrong with them, and the columns that could be their keys."""

    areas: Areas
    repaired: Areas
    flaws: tuple[Flaw, ...]
    keys: tuple[str, ...]

    @property
    def serious(self) -> tuple[Flaw, ...]:
        """The flaws that repairing changes more than the order of points for."""
        return tuple(flaw for flaw in self.flaws if flaw.serious)


def checked(path: Path, name: str = "") -> Checked:
    """Read a file of boundaries and look at each of them. Raises BadInput naming file, area, found and expected."""
    areas = in_degrees(read_areas(path, name))
    if areas.size > MOST_AREAS:
        raise BadInput(f"{areas.source}: found {areas.size:,} areas; expected at most {MOST_AREAS:,}.")
    import shapely

    if shapely.total_bounds(areas.geometries)[2] > 180.0001:
        raise BadInput(f"{areas.source}: found longitudes beyond 180; expected them from -180 to 180.")
    found = check(areas)
    return Checked(areas, found.repaired(), tuple(found.flaws), key_columns(areas))


def flaws_said(found: Checked, most: int = 5) -> list[str]:
    """What is wrong with the areas, in sentences: serious flaws one by one, and how many rings run the wrong way."""
    said = [f"{flaw.reason} Repaired it has {share(flaw.share, 2)} of its size." for flaw in found.serious[:most]]
    if len(found.serious) > most:
        more = len(found.serious) - most
        crosses = "area crosses or touches itself" if more == 1 else "areas cross or touch themselves"
        said.append(f"{more} more {crosses}.")
    if turned := len(found.flaws) - len(found.serious):
        what = "areas have a ring that runs" if turned > 1 else "area has a ring that runs"
        of = f"{turned} of {found.areas.size} " if turned > 1 else "1 "
        said.append(f"{of}{what} the wrong way round, which is put right (RFC 7946: outer rings counter-clockwise).")
    return said


def find_checked(path: Path, name: str = "") -> tuple[Checked | None, str]:
    """The same, or why the file cannot be taken, for a form that stays open."""
    try:
        return checked(path, name), ""
    except BadInput as error:
        return None, str(error)


def key_columns(areas: Areas) -> tuple[str, ...]:
    """The columns that name every area differently: words first, then whole numbers, last numbers with a fraction."""
    fitting = []
    for column, values in areas.columns.items():
        texts = [key_text(value) for value in values]
        if all(texts) and len(set(texts)) == len(texts):
            fitting.append((max(map(_wordless, texts)) if all(map(_wordless, texts)) else 0, column))
    return tuple(column for _, column in sorted(fitting, key=lambda pair: pair[0]))


def _wordless(text: str) -> int:
    """0 for a word, 1 for a whole number, 2 for one with a fraction, which is more likely a size than a name."""
    return 1 if text.isdigit() else 2 if _FRACTION.fullmatch(text) else 0


def key_text(value: Any) -> str:
    """A value of a key column as text: whole numbers without a fraction, no space around."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def add(scope: Scope, found: Checked, name: str, key: str, repair: bool = False) -> BoundarySet:
    """Keep the areas of a file as the boundaries `name` of the active workspace; the same name is replaced.

    With serious flaws only when `repair` says to take the repaired forms; the order of points is always put right.
    Raises NotAllowed, BadInput, UnknownName for the key column.
    """
    require(scope, "write")
    if not _NAME.fullmatch(name):
        raise BadInput(f"Name {name!r}: expected up to 40 lower-case letters, digits, - and _, such as `districts`.")
    if found.serious and not repair:
        said = "\n".join(flaw.reason for flaw in found.serious[:5])
        more = f"\nand {len(found.serious) - 5} more" if len(found.serious) > 5 else ""
        raise BadInput(f"{said}{more}\nNothing is kept. Ask for the repaired form (--repair) to take these areas.")
    made = _made(found, name, key)
    with transaction(scope) as tx:
        boundaries.put_set(tx, scope, made)
        detail = {"areas": len(made.keys), "source": made.source, "repaired": made.repaired}
        record(tx, scope, "boundaries_added", name, detail)
        return next(one for one in boundaries.list_sets(tx, scope) if one.name == name)


def _made(found: Checked, name: str, key: str) -> NewBoundaries:
    import shapely

    areas = found.repaired
    names(areas, key)  # says which area has none, or one that is there already
    keys = tuple(key_text(value) for value in areas.column(key))
    if not all(keys) or len(set(keys)) < len(keys):
        raise BadInput(f"{areas.source}, `{key}`: found an empty or repeated name; expected a different one for each.")
    exact = tuple(shapely.to_geojson(areas.geometries).tolist())
    if sum(map(len, exact)) > _LARGEST:
        raise BadInput(
            f"{areas.source}: found more than {_LARGEST // 1_000_000} MB of boundaries; simplify them first."
        )
    amounts = {column: values for column in areas.columns if column != key and (values := amounts_of(areas, column))}
    print_of = hashlib.blake2b(json.dumps([keys, exact, amounts]).encode(), digest_size=8).hexdigest()
    drawn = tuple(shapely.to_geojson(simplified(areas.geometries)).tolist())
    return NewBoundaries(name, key, areas.source, print_of, len(found.serious), keys, exact, drawn, amounts)


def amounts_of(areas: Areas, column: str) -> tuple[float | None, ...]:
    """A column of numbers of zero and more, None where there is none; empty for any other column."""
    made: list[float | None] = []
    for value in areas.column(column):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            return ()
        number = None if value is None or math.isnan(value) else float(value)
        if number is not None and (number < 0 or math.isinf(number)):
            return ()
        made.append(number)
    return tuple(made) if any(made) else ()


def simplified(geometries: NDArray[Any], most: int = MOST_POINTS) -> NDArray[Any]:
    """The same areas with fewer points, for drawing: neighbours keep a common border where they had one.

    Visvalingam and Whyatt's algorithm for areas that lie beside each other, Douglas and Peucker's one by one for those
    that overlap, in steps until so few points are left.
    """
    import shapely

    west, south, east, north = shapely.total_bounds(geometries)
    is_coverage = bool(shapely.coverage_is_valid(geometries))
    found, tolerance = geometries, max(east - west, north - south) / 4000
    while int(shapely.get_num_coordinates(found).sum()) > most and tolerance < 1:
        if is_coverage:
            found = shapely.coverage_simplify(geometries, tolerance)
        else:
            found = shapely.simplify(geometries, tolerance)
        tolerance *= 1.6
    rounded = shapely.transform(found, lambda xy: np.round(xy, 5))
    return np.where(shapely.is_empty(rounded), geometries, rounded)


def remove(scope: Scope, name: str) -> None:
    """Take a set of boundaries away. Raises NotAllowed, UnknownName."""
    require(scope, "write")
    with transaction(scope) as tx:
        boundaries.remove_set(tx, scope, name)
        record(tx, scope, "boundaries_removed", name, {})


def list_boundaries(scope: Scope) -> list[BoundarySet]:
    """The sets of boundaries of the active workspace by name. Raises NotAllowed."""
    require(scope, "read")
    with transaction(scope) as tx:
        return boundaries.list_sets(tx, scope)


def get_boundaries(scope: Scope, name: str) -> Boundaries:
    """One set with its geometry. Raises NotAllowed, UnknownName."""
    require(scope, "read")
    with transaction(scope) as tx:
        return boundaries.get_set(tx, scope, name)


def box_of_boundaries(found: Boundaries) -> Box:
    """The box around all areas of a set, with a margin."""
    return _box(found.drawn)


def boxes(scope: Scope) -> list[Box]:
    """The box around each set of the active workspace, with a margin. Raises NotAllowed."""
    require(scope, "read")
    with transaction(scope) as tx:
        return [_box(drawn) for drawn in boundaries.drawn_areas(tx, scope)]


def _box(drawn: Sequence[str]) -> Box:
    import shapely

    west, south, east, north = shapely.total_bounds(_shapes(drawn)).tolist()
    return box_around([(west, south), (east, north)], _MARGIN)


def labels_of(found: Boundaries, most: int = 60) -> tuple[Label, ...]:
    """The names of the largest areas, each at a point inside."""
    import shapely

    shapes = _shapes(found.drawn)
    order = np.argsort(-shapely.area(shapes))[:most]
    places = shapely.get_coordinates(shapely.point_on_surface(shapes[order])).round(5).tolist()
    return tuple(Label(found.keys[i], lon, lat) for i, (lon, lat) in zip(order.tolist(), places, strict=True))


def _shapes(drawn: Sequence[str]) -> NDArray[Any]:
    import shapely

    shapes: NDArray[Any] = shapely.from_geojson(np.asarray(drawn, object))
    return shapes
