"""Is a boundary drawn as it should be, and if not, what would it be when repaired?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.spatial.areas import Areas


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one area and what repairing would change."""

    number: int  # of the area in its file, from 1
    reason: str
    repaired: Any  # a shapely polygon or multipolygon
    share: float  # size after repairing, of the size before; NaN when that was zero
    serious: bool  # False: only the order of points, which changes nothing that is counted


@dataclass(frozen=True)
class Checked:
    """The flaws of a file, in its order."""

    areas: Areas
    flaws: list[Flaw]

    def repaired(self) -> Areas:
        """All areas with each flawed one in its repaired form."""
        geometries = self.areas.geometries.copy()
        for flaw in self.flaws:
            geometries[flaw.number - 1] = flaw.repaired
        return replace(self.areas, geometries=geometries)


def check(areas: Areas) -> Checked:
    """Look for self-intersections, holes outside, rings of no size, and rings drawn the wrong way round.

    The order of points is judged for GeoJSON alone (RFC 7946: outer rings counter-clockwise, holes clockwise): in a
    shapefile it decides what is a hole, so that reading it has already settled it.
    """
    import shapely

    valid = shapely.is_valid(areas.geometries)
    flaws = []
    for number, shape in enumerate(areas.geometries.tolist(), 1):
        if not valid[number - 1]:
            fixed = _polygons(shapely.make_valid(shape, method="structure", keep_collapsed=False))
            reason = f"{areas.source}, {areas.word} {number}: {_where(shapely.is_valid_reason(shape))}"
            share = fixed.area / shape.area if shape.area else float("nan")
            flaws.append(Flaw(number, reason, fixed, share, True))
        elif areas.word == "feature" and not _ordered(shape):
            reason = (
                f"{areas.source}, {areas.word} {number}: a ring runs the wrong way round; expected outer rings "
                "counter-clockwise and holes clockwise (RFC 7946)."
            )
            flaws.append(Flaw(number, reason, shapely.orient_polygons(shape), 1.0, False))
    return Checked(areas, flaws)


def _where(reason: str) -> str:
    """`Self-intersection[1 2]` as a sentence."""
    kind, _, at = reason.partition("[")
    said = "one part inside another" if kind == "Nested shells" else f"a {kind.lower()}"
    return f"found {said} at {at.rstrip(']').replace(' ', ', ')}; expected rings that do not cross or touch."


def _ordered(shape: Any) -> bool:
    import shapely

    return all(
        part.exterior.is_ccw and not any(ring.is_ccw for ring in part.interiors)
        for part in shapely.get_parts(np.array([shape])).tolist()
    )


def _polygons(shape: Any) -> Any:
    """The polygons of a repaired shape, without the lines and points that may be left of its crossings."""
    import shapely

    parts: NDArray[Any] = shapely.get_parts(np.array([shape]))
    while any(part.geom_type == "GeometryCollection" for part in parts):
        parts = np.concatenate([shapely.get_parts(np.array([part])) for part in parts])
    kept = [one for part in parts if part.geom_type.endswith("Polygon") for one in shapely.get_parts(np.array([part]))]
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)
