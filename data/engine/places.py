"""In which H3 cell does each coordinate lie?"""

from __future__ import annotations

import threading
from itertools import repeat

import numpy as np
from h3.api.basic_int import latlng_to_cell
from numpy.typing import NDArray

from data.errors import BadInput

RESOLUTION = 12
_SLOT_BITS = 18
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))

Floats = NDArray[np.float64]


class _Known:
    """Coordinates seen before: each has one slot by its hash, and a newcomer takes it over. 6 MB, however many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lat = np.full(2**_SLOT_BITS, np.nan)
        self._lon = np.full(2**_SLOT_BITS, np.nan)
        self._cell = np.zeros(2**_SLOT_BITS, np.int64)

    def cells(self, lat: Floats, lon: Floats) -> NDArray[np.int64]:
        mixed = lat.view(np.uint64) * _MIX[0] ^ lon.view(np.uint64) * _MIX[1]
        slots = (mixed * _MIX[0]) >> np.uint64(64 - _SLOT_BITS)
        with self._lock:
            cells: NDArray[np.int64] = self._cell[slots]
            new = np.flatnonzero((self._lat[slots] != lat) | (self._lon[slots] != lon))
            if new.size:
                made = map(latlng_to_cell, lat[new].tolist(), lon[new].tolist(), repeat(RESOLUTION))
                cells[new] = np.fromiter(made, np.int64, new.size)
                self._lat[slots[new]], self._lon[slots[new]], self._cell[slots[new]] = lat[new], lon[new], cells[new]
        return cells


_known = _Known()


def cells_of(lat: Floats, lon: Floats) -> NDArray[np.int64]:
    """Signed 64-bit H3 cells of resolution 12; 0 where a coordinate is missing. Raises BadInput for impossible ones.

    A coordinate that has been seen before costs 0.1 µs, a new one about a microsecond.
    """
    there = ~(np.isnan(lat) | np.isnan(lon))
    some = bool(there.all())
    lat, lon = (lat, lon) if some else (lat[there], lon[there])
    if lat.size and (np.abs(lat).max() > 90 or np.abs(lon).max() > 360):
        raise BadInput("A coordinate is outside -90 to 90 degrees of latitude or -360 to 360 of longitude.")
    found = _known.cells(lat, lon)
    if some:
        return found
    cells = np.zeros(there.size, np.int64)
    cells[there] = found
    return cells
