"""Where do the rows of a dataset lie, and how fine may hexagons be so that so many cover them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.engine.hexagons import Area, Box, Cells, area_of
from data.engine.sources import Source
from data.engine.versions import versions
from data.model import Dataset
from data.types import Scope

FINEST = 11
"""The finest hexagons that are drawn, about 50 m across; rows are kept one step finer."""
_STRAY = 0.002  # part of the cells that may lie outside the first view on each side
_MARGIN = 0.03


@dataclass(frozen=True, slots=True)
class Extent:
    """A box in degrees, how many different cells with rows lie in it, and the finest hexagons that are few enough."""

    box: Box
    cells: int
    resolution: int
    hexagons: int


def extent_of(scope: Scope, dataset: Dataset, most: int, box: Box | None = None) -> Extent | None:
    """Where rows lie inside the box (all but strays without one), and hexagons of which at most so many have rows.

    None when no row has a place there. It is about all rows, whatever their time, so that the size of hexagons stays
    the same while a range moves on.
    """
    cells = _cells(scope, dataset)
    wanted = box or _box_of(cells)
    if wanted is None:
        return None
    inside = np.flatnonzero(cells.inside(Area(wanted)))
    if not inside.size:
        return None
    for resolution in range(FINEST, -1, -1):
        known = cells.parents_at(resolution)
        there = np.zeros(known.values.size + 1, np.bool_)
        there[known.of_code[inside]] = True
        found = int(there.sum())
        if found <= most:
            break
    return Extent(wanted, int(inside.size), resolution, found)


def hexagons_in(scope: Scope, dataset: Dataset, box: Box, resolution: int, area: str = "") -> list[str]:
    """The hexagons inside the box, or the area of a filter, that ever had rows: H3 indexes in hexadecimal."""
    cells = _cells(scope, dataset)
    known = cells.parents_at(resolution)
    codes = np.unique(known.of_code[np.flatnonzero(cells.inside(area_of(area) if area else Area(box)))])
    return [format(number, "x") for number in known.values[codes - 1].tolist()]


def _cells(scope: Scope, dataset: Dataset) -> Cells:
    """The cells of all rows; asks only for the version of the dataset where they are known already."""
    change = versions(scope, [dataset.id])[dataset.id].change
    with Source(scope, dataset, change) as source:
        return source.cells


def _box_of(cells: Cells) -> Box | None:
    """The box around all cells but a few strays, with a margin."""
    lat, lon = cells.centres()
    if not lat.size:
        return None
    south, north = np.quantile(lat, [_STRAY, 1 - _STRAY]).tolist()
    west, east = np.quantile(lon, [_STRAY, 1 - _STRAY]).tolist()
    high, wide = max(north - south, 0.002) * _MARGIN, max(east - west, 0.002) * _MARGIN
    return max(west - wide, -180.0), max(south - high, -90.0), min(east + wide, 180.0), min(north + high, 90.0)
