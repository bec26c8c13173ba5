"""How are hours, texts and names drawn?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.simulate.worlds.tables import Floats, Ints, Mask

Texts = NDArray[np.object_]
_GRID = np.arange(0, 24.25, 0.25)


class Rhythm:
    """How often at which hour of the day; straight lines between the hours given, around midnight."""

    def __init__(self, levels: Mapping[float, float]) -> None:
        hours = [*levels, min(levels) + 24]
        on_grid = np.interp(_GRID, hours, [*levels.values(), levels[min(levels)]])
        rising = np.concatenate([[0.0], np.cumsum((on_grid[1:] + on_grid[:-1]) / 2)])
        self._rising = rising / rising[-1]

    def hours(self, rng: np.random.Generator, n: int) -> Floats:
        """Hours of the day."""
        return np.asarray(np.minimum(np.interp(rng.random(n), self._rising, _GRID), 23.999), np.float64)


def pick(rng: np.random.Generator, weights: Mapping[Any, float], n: int) -> Texts:
    """Texts by weight; a key None is a missing one."""
    values, parts = texts(weights), np.array(list(weights.values()))
    return values[rng.choice(len(values), n, p=parts / parts.sum())]


def texts(values: Iterable[Any]) -> Texts:
    """An array of texts, some of them perhaps None."""
    listed = list(values)
    found = np.empty(len(listed), object)
    found[:] = listed
    return found


def where(mask: Mask, yes: str, no: str) -> Texts:
    """A text for each row: `yes` where the mask holds."""
    return texts([no, yes])[np.asarray(mask, np.int64)]


def only(mask: Mask, values: Texts) -> Texts:
    """The texts where the mask holds; the others are missing."""
    found = values.copy()
    found[~np.asarray(mask)] = None
    return found


def table(values: Texts, numbers: Mapping[str, float], otherwise: float = 1.0) -> Floats:
    """The number of each text."""
    return np.array([numbers.get(value, otherwise) for value in values], np.float64)


def in_ms(hours: Floats) -> Ints:
    """Hours as milliseconds."""
    return np.asarray(hours * 3_600_000, np.int64)


def stepped(values: Floats, step: float) -> Floats:
    """Rounded to multiples of a step."""
    return np.asarray(np.round(values / step) * step, np.float64)


def staff_names(pool: Sequence[str], count: int, start: int = 0) -> list[str]:
    """So many people; other ones for another start."""
    numbers = range(start, start + count)
    return [f"{pool[i % len(pool)]}, {chr(65 + (i * 7 + i // len(pool)) % 26)}." for i in numbers]


NAMES = (
    "Abara", "Adler", "Amari", "Baker", "Barros", "Bell", "Bianchi", "Brandt", "Castillo", "Chen", "Cole", "Costa",
    "Diaz", "Dubois", "Eklund", "Farah", "Fischer", "Flynn", "Garcia", "Grant", "Haddad", "Hansen", "Hughes", "Ibrahim",
    "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kim", "Kovacs", "Laurent", "Lopez", "Lund", "Malik", "Mendes", "Meyer",
    "Mori", "Murphy", "Nagy", "Novak", "Okafor", "Olsen", "Ortiz", "Park", "Patel", "Petrov", "Quinn", "Ramos", "Reyes",
)  # fmt: skip
WAKING = Rhythm({0: 0.3, 5: 0.1, 8: 1.0, 12: 1.3, 16: 1.2, 20: 1.6, 23: 0.6})
OFFICE = Rhythm({0: 0.01, 7: 0.05, 8: 0.6, 10: 1.4, 12: 0.8, 14: 1.3, 17: 0.7, 19: 0.1, 23: 0.02})
