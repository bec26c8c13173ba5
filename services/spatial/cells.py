"""In which H3 cells do points lie, and which cells make up an area?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput
from services.spatial.areas import Areas, in_degrees

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """H3 cells, each once and ascending, with the sum of what lies in them."""

    cells: NDArray[np.uint64]
    values: Floats
    outside: int  # points in none of the cells that were asked for

    @property
    def names(self) -> list[str]:
        """Their indexes as H3 writes them."""
        from h3.api.basic_int import int_to_str

        return [int_to_str(cell) for cell in self.cells.tolist()]


def cells_of_points(lat: Floats, lon: Floats, resolution: int) -> NDArray[np.uint64]:
    """The cell of each point."""
    from h3.api.basic_int import latlng_to_cell

    if not 0 <= resolution <= 15:
        raise BadInput(f"Found resolution {resolution}; H3 has 0 to 15.")
    cells = (latlng_to_cell(y, x, resolution) for y, x in zip(lat.tolist(), lon.tolist(), strict=True))
    return np.fromiter(cells, np.uint64, lat.size)


def summed(cells: NDArray[np.uint64], values: Floats, among: NDArray[np.uint64] | None = None) -> Cells:
    """Sums by cell: of the cells with points, or of exactly those in `among`, with zero where there is none."""
    if among is None:
        kept, at = np.unique(cells, return_inverse=True)
        return Cells(kept, np.bincount(at, values, kept.size).astype(np.float64), 0)
    kept = np.unique(among)
    at = np.minimum(np.searchsorted(kept, cells), max(kept.size - 1, 0))
    inside = kept[at] == cells if kept.size else np.zeros(cells.size, np.bool_)
    return Cells(kept, np.bincount(at[inside], values[inside], kept.size).astype(np.float64), int((~inside).sum()))


def cells_within(areas: Areas, resolution: int) -> NDArray[np.uint64]:
    """The cells whose middle lies in one of the areas. Raises BadInput when they are none, or too many."""
    import shapely
    from h3.api.basic_int import average_hexagon_area, geo_to_cells

    from services.spatial.earth import RADIUS_M

    degrees = in_degrees(areas).geometries
    # an estimate is enough to refuse what would not fit into memory
    west, south, east, north = np.radians(shapely.bounds(degrees)).T
    boxes = RADIUS_M**2 * (east - west) * (np.sin(north) - np.sin(south))
    expected = float(boxes.sum()) / average_hexagon_area(resolution, unit="m^2")
    if expected > 5_000_000:
        raise BadInput(f"{areas.source}: about {expected:,.0f} cells of resolution {resolution}; choose a coarser one.")
    found = [cell for shape in degrees.tolist() for cell in geo_to_cells(shapely.geometry.mapping(shape), resolution)]
    if not found:
        raise BadInput(f"{areas.source}: no cell of resolution {resolution} has its middle within; choose a finer one.")
    return np.unique(np.array(found, np.uint64))
