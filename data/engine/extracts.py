"""What do rows that were handed out one by one (slot, value, weight) say, once equal ones are added up?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ints


@dataclass(frozen=True, slots=True)
class Extract:
    """Values of rows with their slot and weight."""

    slots: Ints
    values: Ints
    weights: NDArray[np.int32]

    def net(self) -> tuple[Ints, Ints, Ints]:
        """Each pair of slot and value once, in order, with the sum of its weights; pairs that cancel are left out."""
        order = np.lexsort((self.values, self.slots))
        slots, values, weights = self.slots[order], self.values[order], self.weights[order].astype(np.int64)
        if not slots.size:
            return slots, values, weights
        first = np.concatenate([[True], (slots[1:] != slots[:-1]) | (values[1:] != values[:-1])])
        starts = np.flatnonzero(first)
        sums = np.add.reduceat(weights, starts)
        kept = sums > 0
        return slots[starts][kept], values[starts][kept], sums[kept]


def joined(parts: list[Extract]) -> Extract:
    """The rows of all parts."""
    return Extract(
        np.concatenate([p.slots for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.weights for p in parts]),
    )


def at_ranks(extract: Extract, wanted: Ints, result: Ints) -> None:
    """Sets result[slot] to the value at rank wanted[slot] among the slot's values, where there are any."""
    slots, values, weights = extract.net()
    if not slots.size:
        return
    upto = np.cumsum(weights)
    begins = np.flatnonzero(np.concatenate([[True], slots[1:] != slots[:-1]]))
    before = np.concatenate([[0], upto])[begins]
    places = np.searchsorted(upto, before + wanted[slots[begins]])
    result[slots[begins]] = values[places]
