"""Who is whose neighbour, and by which rule?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RULES = "queen, rook, knn:K, ring:K or distance:METRES"


@dataclass(frozen=True)
class Weights:
    """Binary neighbours in compressed rows: `others[starts[i]:starts[i + 1]]`, ascending, never i itself."""

    starts: Ints
    others: Ints
    rule: str

    @property
    def size(self) -> int:
        """How many places there are."""
        return self.starts.size - 1

    @property
    def counts(self) -> Ints:
        """How many neighbours each place has."""
        return np.diff(self.starts)

    @property
    def islands(self) -> int:
        """How many places have no neighbour."""
        return int((self.counts == 0).sum())

    @property
    def rows(self) -> Ints:
        """For each neighbour in `others`, whose it is."""
        return np.repeat(np.arange(self.size), self.counts)

    def sums(self, values: Floats) -> Floats:
        """The sum of the values of each place's neighbours."""
        return np.bincount(self.rows, values[self.others], self.size).astype(np.float64)

    def only(self, kept: NDArray[np.bool_]) -> Weights:
        """The neighbours among some of the places, numbered anew."""
        if kept.all():
            return self
        number = np.cumsum(kept) - 1
        rows, both = self.rows, kept[self.rows] & kept[self.others]
        return from_pairs(int(kept.sum()), number[rows[both]], number[self.others[both]], self.rule)

    def matrix(self, standardised: bool) -> csr_array:
        """As a sparse matrix of ones, or with rows that add up to one; rows of islands are empty."""
        from scipy.sparse import csr_array

        each = 1 / np.maximum(self.counts, 1) if standardised else np.ones(self.size)
        return csr_array((np.repeat(each, self.counts), self.others, self.starts), shape=(self.size, self.size))


def from_pairs(size: int, rows: Ints, others: Ints, rule: str) -> Weights:
    """Weights from pairs (row, its neighbour); pairs given twice count once, a place beside itself is left out."""
    codes = np.unique(rows[rows != others].astype(np.int64) * size + others[rows != others])
    starts = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(codes // size, minlength=size), out=starts[1:])
    return Weights(starts, codes % size, rule)


def contiguity(geometries: NDArray[Any], rook: bool = False) -> Weights:
    """Areas that touch: in at least a point (queen), or along a line (rook).

    Asked of the geometry itself and not of equal vertices, so that neighbours are found where one side of a border has
    more points than the other; overlapping areas are neighbours too. Equal to libpysal's Queen and Rook on columbus,
    stl, New York's and Chicago's neighbourhoods and the countries of the world.
    """
    import shapely

    sound = shapely.is_valid(geometries)
    if not sound.all():
        geometries = geometries.copy()
        geometries[~sound] = shapely.make_valid(geometries[~sound])
    rows, others = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    apart = rows != others
    rows, others = rows[apart], others[apart]
    if rook:
        one, two = geometries[rows], geometries[others]
        along = shapely.relate_pattern(one, two, "****1****") | shapely.relate_pattern(one, two, "2********")
        rows, others = rows[along], others[along]
    return from_pairs(geometries.size, rows, others, "rook" if rook else "queen")


def nearest(positions: Floats, count: int) -> Weights:
    """The `count` nearest others by straight distance between rows of coordinates; not symmetric.

    Of several at the same distance as the last one any may be taken.
    """
    from scipy.spatial import KDTree

    size = len(positions)
    if not 1 <= count < size:
        raise BadInput(f"knn:{count} needs more than {count} places, and at least one neighbour; there are {size}.")
    found = KDTree(positions).query(positions, count + 1)[1]
    rows = np.repeat(np.arange(size), count + 1).reshape(size, -1)
    # TRICKY: with more than `count` others on the very same spot a place may be missing among its own nearest.
    apart = found != rows
    apart[apart.all(axis=1), -1] = False
    return from_pairs(size, rows[apart], found[apart], f"knn:{count}")


def within(positions: Floats, distance: float, rule: str = "") -> Weights:
    """All others at most so far away, in the unit of the coordinates; `rule` is what that is called."""
    from scipy.spatial import KDTree

    pairs = KDTree(positions).query_pairs(distance, output_type="ndarray")
    rows, others = np.concatenate([pairs, pairs[:, ::-1]]).T
    return from_pairs(len(positions), rows, others, rule or f"distance:{distance:g}")


def rings(cells: Ints | NDArray[np.uint64], steps: int = 1) -> Weights:
    """H3 cells that are at most so many steps apart, of those given (signed or unsigned 64-bit indexes)."""
    from h3.api.basic_int import grid_disk

    order = np.argsort(cells)
    disks = [grid_disk(cell, steps) for cell in cells.astype(np.uint64).tolist()]
    rows = np.repeat(np.arange(cells.size), [len(disk) for disk in disks])
    wanted = np.array([cell for disk in disks for cell in disk], np.uint64).astype(cells.dtype)
    at = np.minimum(np.searchsorted(cells, wanted, sorter=order), cells.size - 1)
    there = cells[order[at]] == wanted
    return from_pairs(cells.size, rows[there], order[at[there]], f"ring:{steps}")


def parse_rule(text: str) -> tuple[str, float]:
    """`knn:5` as ("knn", 5.0), `queen` as ("queen", 0.0). Raises BadInput for what is no rule."""
    name, _, number = text.strip().lower().partition(":")
    if name in ("queen", "rook") and not number:
        return name, 0.0
    try:
        amount = float(number)
    except ValueError:
        amount = 0.0
    whole = name in ("knn", "ring") and amount.is_integer()
    if amount > 0 and np.isfinite(amount) and (whole or name == "distance"):
        return name, amount
    raise BadInput(f"No rule for neighbours: `{text}`. Expected {RULES}, such as knn:5.")
