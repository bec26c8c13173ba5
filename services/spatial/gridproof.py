"""Does a hot spot remain one when the grid is laid differently?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.hotspots import Hotspots, hotspots
from services.spatial.weights import from_pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SIZES = (0.8, 1.0, 1.25)  # of the cells, in those of the grid to be proved
SHIFTS = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))  # of the grid, in its own cells
GRIDS = len(SIZES) * len(SHIFTS)
_SIX = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
_WIDE = 1 << 31


@dataclass(frozen=True)
class GridProof:
    """On how many of the grids each place is hot, and cold."""

    hot: Ints
    cold: Ints
    grids: int

    def says(self, place: int, kind: str) -> str:
        """`survives 9 of 12 grids`."""
        count = self.hot[place] if kind == "hot" else self.cold[place]
        return f"survives {count} of {self.grids} grids"


def grid_proof(
    points: Floats, values: Floats, places: Floats, area_m2: float, *, study: Floats | None = None, alpha: float = 0.05
) -> GridProof | CannotTell:
    """Gi* on 12 other hexagonal grids: three sizes of cell (0.8, 1 and 1.25 in width), four shifts each.

    `points` are rows of (east, north) in metres with their `values` (`earth.flat`), `places` the middles of the cells
    to be proved, `area_m2` the size of one. Cells with points are analysed, and with `study` (rows of positions, closer
    than half a cell to each other) those of its positions too, as zero. A place survives on a grid where at least four
    of seven spots of it, its middle and six at half of its radius, lie in a cell of that kind by q at most `alpha`,
    binary weights of the six around. Answers Openshaw's (1984) modifiable areal unit problem by trying.
    """
    width = float(np.sqrt(area_m2 * 2 / np.sqrt(3)))
    turn = np.arange(6) * np.pi / 3
    spots = np.concatenate([np.zeros((1, 2)), width / 4 * np.stack([np.cos(turn), np.sin(turn)], axis=1)])
    probes = (places[:, None, :] + spots[None, :, :]).reshape(-1, 2)
    hot, cold = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
    for size in SIZES:
        for shift in SHIFTS:
            found = _on_grid(points, values, study, probes, width * size, shift, alpha)
            if isinstance(found, CannotTell):
                return found
            hot += (found.reshape(-1, 7) > 0).sum(axis=1) >= 4
            cold += (found.reshape(-1, 7) < 0).sum(axis=1) >= 4
    return GridProof(hot, cold, GRIDS)


def hexagons(positions: Floats, width: float, shift: tuple[float, float] = (0.0, 0.0)) -> tuple[Ints, Ints]:
    """In which hexagon, by two axes at 60 degrees, each position lies; `width` is from side to side."""
    north = positions[:, 1] / (width * np.sqrt(3) / 2) + shift[1]
    east = positions[:, 0] / width - (north - shift[1]) / 2 + shift[0]
    third = -east - north
    one, two, three = np.round(east), np.round(north), np.round(third)
    off = np.abs(np.stack([one - east, two - north, three - third]))
    worst = off.argmax(axis=0)
    one = np.where(worst == 0, -two - three, one)
    two = np.where(worst == 1, -one - three, two)
    return one.astype(np.int64), two.astype(np.int64)


def _code(one: Ints, two: Ints) -> Ints:
    return one * _WIDE + two


def _on_grid(
    points: Floats, values: Floats, study: Floats | None, probes: Floats, width: float, shift: tuple[float, float],
    alpha: float,
) -> Ints | CannotTell:  # fmt: skip
    """1 for each probe in a hot cell, -1 in a cold one, else 0."""
    of_points = _code(*hexagons(points, width, shift))
    everything = of_points
    if study is not None:
        everything = np.concatenate([of_points, _code(*hexagons(study, width, shift))])
    cells = np.unique(everything)
    sums = np.bincount(np.searchsorted(cells, of_points), values, cells.size).astype(np.float64)
    two = (cells + _WIDE // 2) % _WIDE - _WIDE // 2
    one = (cells - two) // _WIDE
    rows, others = [], []
    for east, north in _SIX:
        beside = _code(one + east, two + north)
        at = np.minimum(np.searchsorted(cells, beside), cells.size - 1)
        there = cells[at] == beside
        rows.append(np.flatnonzero(there))
        others.append(at[there])
    weights = from_pairs(cells.size, np.concatenate(rows), np.concatenate(others), "ring:1")
    found = hotspots(weights, sums, alpha=alpha)
    if not isinstance(found, Hotspots):
        return found
    sign = np.where(found.q <= alpha, np.sign(found.z), 0).astype(np.int64)
    codes = _code(*hexagons(probes, width, shift))
    at = np.minimum(np.searchsorted(cells, codes), cells.size - 1)
    return np.where(cells[at] == codes, sign[at], 0)
