"""Which colour does a number have on a map, and what does the legend say?

Sequential colours go from the ground to a dark (in the dark theme: light) blue and stay in order for people who
do not tell red from green; diverging ones go from purple over the ground to orange.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from data.errors import unknown

Colour = tuple[int, int, int]
CLASSES = 7
_SEQUENTIAL_LIGHT: tuple[Colour, ...] = (
    (222, 235, 247), (189, 215, 231), (142, 190, 218), (94, 158, 199), (50, 121, 172), (22, 84, 139), (8, 48, 94),
)  # fmt: skip
_SEQUENTIAL_DARK: tuple[Colour, ...] = (
    (29, 49, 71), (33, 72, 104), (38, 98, 137), (52, 127, 166), (88, 158, 188), (140, 191, 207), (211, 227, 225),
)  # fmt: skip
_DIVERGING_LIGHT: tuple[Colour, ...] = (
    (84, 39, 136), (128, 115, 172), (190, 183, 217), (230, 230, 230), (253, 199, 130), (224, 130, 20), (160, 78, 6),
)  # fmt: skip
_DIVERGING_DARK: tuple[Colour, ...] = (
    (186, 163, 238), (138, 118, 190), (86, 76, 122), (58, 64, 72), (122, 84, 38), (198, 124, 36), (250, 184, 96),
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
        return int(np.searchsorted(edges, number, side="right"))

    def colour(self, number: float) -> Colour:
        """The colour of a number."""
        return self.steps[self.place(number)].colour


def sequential(
    numbers: Sequence[float], how: str, is_dark: bool, text: Callable[[float], str], is_whole: bool = False
) -> Scale:
    """Colours for numbers from small to large: classes with equally many of them, or of equal width."""
    if how not in ("quantiles", "even"):
        raise unknown("scale", how, ("quantiles", "even"))
    found = np.asarray(numbers, np.float64)
    if not found.size:
        return Scale(())
    if how == "quantiles":
        edges = np.unique(np.quantile(found, np.linspace(0, 1, CLASSES + 1), method="inverted_cdf"))
    else:
        edges = np.unique(np.linspace(found.min(), found.max(), CLASSES + 1))
        edges = np.unique(np.round(edges)) if is_whole else edges
    return _scale(edges.tolist(), _SEQUENTIAL_DARK if is_dark else _SEQUENTIAL_LIGHT, text, is_whole)


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


def _scale(edges: Sequence[float], colours: Sequence[Colour], text: Callable[[float], str], is_whole: bool) -> Scale:
    if len(edges) == 1:
        return Scale((Step(colours[-2], edges[0], edges[0], text(edges[0])),))
    n = len(edges) - 1
    chosen = [colours[round(i * (len(colours) - 1) / max(n - 1, 1))] for i in range(n)]
    lasts = [
        *(high - 1 if is_whole else high for high in edges[1:-1]),
        edges[-1],
    ]  # a class ends before the next begins
    found = zip(chosen, edges, edges[1:], lasts, strict=False)
    return Scale(tuple(Step(colour, low, high, _between(low, last, text)) for colour, low, high, last in found))


def _between(low: float, high: float, text: Callable[[float], str]) -> str:
    first, last = text(low), text(high)
    return first if first == last else f"{first} to {last}"
