"""Which colour does a number have on a map, and what does the legend say?

Sequential colours go from the ground to a dark (in the dark theme: light) blue and stay in order for people who
do not tell red from green; diverging ones go from purple over the ground to orange.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import unknown
from services.spatial.emerging import CLASSES as CLASSES_IN_TIME
from services.spatial.emerging import NONE

Colour = tuple[int, int, int]
CLASSES = 7
_FEW_EDGES = 4
_SEQUENTIAL_LIGHT: tuple[Colour, ...] = (
    (205, 224, 241), (168, 205, 229), (126, 180, 214), (84, 150, 193), (46, 117, 168), (21, 82, 136), (8, 46, 92),
)  # fmt: skip
_SEQUENTIAL_DARK: tuple[Colour, ...] = (
    (38, 64, 92), (36, 82, 117), (40, 105, 145), (54, 131, 170), (90, 161, 190), (142, 193, 208), (211, 227, 225),
)  # fmt: skip
_DIVERGING_LIGHT: tuple[Colour, ...] = (
    (84, 39, 136), (128, 115, 172), (190, 183, 217), (219, 222, 225), (253, 199, 130), (224, 130, 20), (160, 78, 6),
)  # fmt: skip
_DIVERGING_DARK: tuple[Colour, ...] = (
    (186, 163, 238), (138, 118, 190), (86, 76, 122), (58, 64, 72), (122, 84, 38), (198, 124, 36), (250, 184, 96),
)  # fmt: skip
# Sixteen classes that differ by at least 15 in CIELAB from each other, from "no class" and from the ground, also as
# people see them who lack one kind of cone (Machado, Oliveira and Fernandes 2009).
_EMERGING_LIGHT: tuple[tuple[Colour, ...], ...] = (
    ((236, 48, 67), (251, 175, 6), (128, 4, 72), (177, 40, 75), (218, 90, 134), (177, 138, 1), (100, 64, 3),
     (214, 188, 128)),
    ((34, 138, 247), (103, 201, 253), (12, 52, 116), (96, 107, 189), (144, 138, 190), (157, 4, 255), (77, 1, 164),
     (104, 84, 137)),
    ((216, 219, 222),),
)  # fmt: skip
_EMERGING_DARK: tuple[tuple[Colour, ...], ...] = (
    ((248, 62, 143), (255, 124, 10), (244, 220, 165), (212, 63, 13), (238, 151, 95), (251, 179, 183), (177, 102, 86),
     (161, 64, 35)),
    ((39, 171, 252), (107, 62, 249), (99, 236, 251), (37, 120, 241), (157, 160, 212), (128, 110, 181), (10, 120, 115),
     (123, 58, 176)),
    ((58, 64, 72),),
)  # fmt: skip
# Near those of Okabe and Ito (2008), moved to differ by at least 19 in the same way; the last is for the rest.
_CATEGORICAL_LIGHT: tuple[Colour, ...] = (
    (9, 84, 210), (236, 165, 33), (0, 163, 97), (170, 91, 180), (67, 214, 255), (181, 80, 1), (130, 136, 142),
)  # fmt: skip
_CATEGORICAL_DARK: tuple[Colour, ...] = (
    (80, 134, 221), (241, 204, 28), (32, 186, 120), (255, 146, 201), (136, 230, 255), (224, 120, 45), (130, 136, 142),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One colour of a legend with the numbers it stands for: low <= number < high, the last one up to `high`."""

    colour: Colour
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The colours of a map, in order; numbers outside take the nearest."""

    steps: tuple[Step, ...]

    def place(self, number: float) -> int:
        """Which step a number has."""
        edges = [step.low for step in self.steps[1:]]
        return bisect_right(edges, number)

    def colour(self, number: float) -> Colour:
        """The colour of a number."""
        return self.steps[self.place(number)].colour


def sequential(
    numbers: Sequence[float], how: str, is_dark: bool, text: Callable[[float], str], is_whole: bool = False
) -> Scale:
    """Colours for numbers from small to large: classes with equally many of them, or of equal width.

    At most seven different whole numbers have a colour each. Where most numbers are the same, so that few classes would
    be left, classes have equally many different numbers.
    """
    if how not in ("quantiles", "even"):
        raise unknown("scale", how, ("quantiles", "even"))
    found = np.asarray(numbers, np.float64)
    if not found.size:
        return Scale(())
    different = np.unique(found)
    if is_whole and different.size <= CLASSES:
        return _scale([*different.tolist(), different[-1]], _sequence(is_dark), text, is_whole)
    if how == "quantiles":
        edges = _equal_numbers(found)
        edges = edges if edges.size > _FEW_EDGES else _equal_numbers(different)
    else:
        edges = np.unique(np.linspace(found.min(), found.max(), CLASSES + 1))
        edges = np.unique(np.round(edges)) if is_whole else edges
    return _scale(edges.tolist(), _sequence(is_dark), text, is_whole)


def _sequence(is_dark: bool) -> tuple[Colour, ...]:
    return _SEQUENTIAL_DARK if is_dark else _SEQUENTIAL_LIGHT


def _equal_numbers(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.unique(np.quantile(found, np.linspace(0, 1, CLASSES + 1), method="inverted_cdf"))


def diverging(numbers: Sequence[float], is_dark: bool, text: Callable[[float], str]) -> Scale:
    """Colours for changes, in steps that are as far apart below zero as above it."""
    largest = float(np.quantile(np.abs(np.asarray(numbers, np.float64)), 0.98)) if len(numbers) else 0.0
    if not largest:
        return Scale(())
    colours = _DIVERGING_DARK if is_dark else _DIVERGING_LIGHT
    edges = np.linspace(-largest, largest, CLASSES + 1).tolist()
    pairs = zip(colours, edges[:-1], edges[1:], strict=True)
    return Scale(tuple(Step(colour, low, high, _between(low, high, text)) for colour, low, high in pairs))


def findings(is_dark: bool) -> tuple[tuple[Colour, str], ...]:
    """The colours of hot and cold spots, from surely hot to surely cold."""
    colours = _DIVERGING_DARK if is_dark else _DIVERGING_LIGHT
    texts = ("Hot, q ≤ 0.01", "Hot, q ≤ 0.05", "Not significant", "Cold, q ≤ 0.05", "Cold, q ≤ 0.01")
    return tuple(zip((colours[6], colours[5], colours[3], colours[1], colours[0]), texts, strict=True))


def warm(is_dark: bool) -> tuple[Colour, ...]:
    """Four colours for grades of more: neutral, then the warm half of the diverging ones."""
    return (_DIVERGING_DARK if is_dark else _DIVERGING_LIGHT)[3:]


def emerging_colours(is_dark: bool) -> dict[str, Colour]:
    """The colour of each class of emerging hot and cold spots, and of `none`."""
    hot, cold, none = _EMERGING_DARK if is_dark else _EMERGING_LIGHT
    found = {f"{kind} hot": colour for kind, colour in zip(CLASSES_IN_TIME, hot, strict=True)}
    found |= {f"{kind} cold": colour for kind, colour in zip(CLASSES_IN_TIME, cold, strict=True)}
    return found | {NONE: none[0]}


def categorical(is_dark: bool) -> tuple[Colour, ...]:
    """Seven colours for names without an order."""
    return _CATEGORICAL_DARK if is_dark else _CATEGORICAL_LIGHT


def _scale(edges: Sequence[float], colours: Sequence[Colour], text: Callable[[float], str], is_whole: bool) -> Scale:
    if len(edges) == 1:
        return Scale((Step(colours[-2], edges[0], edges[0], text(edges[0])),))
    n = len(edges) - 1
    chosen = [colours[-2]] if n == 1 else [colours[round(i * (len(colours) - 1) / max(n - 1, 1))] for i in range(n)]
    lasts = [
        *(high - 1 if is_whole else high for high in edges[1:-1]),
        edges[-1],
    ]  # a class ends before the next begins
    found = zip(chosen, edges, edges[1:], lasts, strict=False)
    return Scale(tuple(Step(colour, low, high, _between(low, last, text)) for colour, low, high, last in found))


def _between(low: float, high: float, text: Callable[[float], str]) -> str:
    first, last = text(low), text(high)
    return first if first == last else f"{first} to {last}"
