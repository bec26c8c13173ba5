"""What would the sums over neighbours be, had the values fallen on the places by chance?"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.engine.compiling import compiled
from services.spatial.weights import Weights

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Permuted:
    """For each place, how its neighbours' sum lies among those of the permutations. NaN where there is no neighbour."""

    above: Ints  # permutations whose sum is at least the observed one
    below: Ints  # permutations whose sum is at most the observed one
    mean: Floats
    deviation: Floats
    permutations: int

    @property
    def two_sided(self) -> Floats:
        """Twice the smaller tail with the observed value counted in, at most one."""
        tail = np.minimum(self.above, self.below)
        p = np.minimum(2 * (tail + 1) / (self.permutations + 1), 1.0)
        return np.where(np.isnan(self.mean), np.nan, p)


def permute(weights: Weights, values: Floats, permutations: int, seed: int) -> Permuted:
    """Conditional permutation (Anselin 1995): a place keeps its value, its neighbours are drawn from all others.

    Neighbours are drawn without replacement, `permutations` times for each place. A place's draws depend on `seed` and
    its number alone, not on how many threads there are.
    """
    size = weights.size
    above, below = np.zeros(size, np.int64), np.zeros(size, np.int64)
    mean, deviation = np.full(size, np.nan), np.full(size, np.nan)
    threads = min(os.cpu_count() or 1, max(1, size // 256))
    edges = np.linspace(0, size, threads + 1).astype(np.int64)
    centre = values - values.mean()
    observed = weights.sums(centre)
    # TRICKY: equal sums may differ in the last bit by the order of adding; what is that close counts as equal.
    slack = 1e-9 * max(float(np.abs(centre).max(initial=0.0)), 1e-300)

    def part(number: int) -> None:
        _draw(
            centre, weights.starts, observed, slack, permutations, seed, edges[number], edges[number + 1],
            above, below, mean, deviation,
        )  # fmt: skip

    if threads == 1:
        part(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, range(threads)))
    shift = values.mean() * weights.counts
    return Permuted(above, below, mean + shift, deviation, permutations)


@compiled(
    "void(f8[::1], i8[::1], f8[::1], f8, i8, u8, i8, i8, i8[::1], i8[::1], f8[::1], f8[::1])",
)
def _draw(
    values: Floats, starts: Ints, observed: Floats, slack: float, permutations: int, seed: int, first: int, last: int,
    above: Ints, below: Ints, mean: Floats, deviation: Floats,
) -> None:  # fmt: skip
    others = np.empty(values.size - 1)
    for place in range(first, last):
        wanted = starts[place + 1] - starts[place]
        if wanted == 0:
            continue
        others[:place] = values[:place]
        others[place:] = values[place + 1 :]
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(place) * np.uint64(0xD1342543DE82EF95)
        total = squares = 0.0
        for _ in range(permutations):
            found = 0.0
            for number in range(wanted):
                # splitmix64; the upper 32 bits times the number of choices pick one, even to 1 in 2³² / choices
                state += np.uint64(0x9E3779B97F4A7C15)
                mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                mixed ^= mixed >> np.uint64(31)
                choices = np.uint64(others.size - number)
                picked = number + np.int64(((mixed >> np.uint64(32)) * choices) >> np.uint64(32))
                one = others[picked]
                others[picked] = others[number]
                others[number] = one
                found += one
            total += found
            squares += found * found
            above[place] += found >= observed[place] - slack
            below[place] += found <= observed[place] + slack
        mean[place] = total / permutations
        deviation[place] = np.sqrt(max(squares / permutations - mean[place] * mean[place], 0.0))
