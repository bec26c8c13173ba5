"""Is a hot or cold spot new, growing, lasting, fading or on and off?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.hotspots import false_discovery, two_sided, unusable
from services.spatial.trends import mann_kendall
from services.spatial.weights import Weights

Floats = NDArray[np.float64]
CLASSES = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
NONE = "none"
_MOSTLY = 0.9
_LEAST_STEPS = 10


@dataclass(frozen=True)
class Emerging:
    """The class of each place, such as `new hot` or `historical cold`, or `none`; and what it rests on."""

    kind: list[str]
    z: Floats  # Gi* of each place (row) at each step
    q: Floats  # of all bins of space and time, by Benjamini and Hochberg
    trend_z: Floats  # Mann-Kendall of the row of z
    trend_p: Floats


def emerging(weights: Weights, series: Floats, *, back: int = 1, alpha: float = 0.05) -> Emerging | CannotTell:
    """Emerging hot spots of places (rows) over steps of equal length (columns, the newest last).

    A bin's neighbours are its place and the places beside it, at the same step and `back` steps before. Gi* against all
    bins (Ord and Getis 1995), q over all bins; Mann-Kendall on each place's z. Classes as ArcGIS's space-time analysis
    has them, a bin being hot or cold when its q is at most `alpha`. At least 10 steps.
    """
    steps = series.shape[1]
    if steps < _LEAST_STEPS:
        return CannotTell(f"Only {steps} steps in time; at least {_LEAST_STEPS} are needed.")
    reason = unusable(weights, series.ravel())
    if reason:
        return CannotTell(reason)
    z = space_time_z(weights, series, back)
    q = false_discovery(two_sided(z).ravel()).reshape(z.shape)
    trend_z, trend_p = mann_kendall(z)
    sign = np.where(q <= alpha, np.sign(z), 0).astype(np.int64)
    rising = np.where(trend_p <= alpha, np.sign(trend_z), 0).astype(np.int64)
    kind = [classify(row, way) for row, way in zip(sign, rising.tolist(), strict=True)]
    return Emerging(kind, z, q, trend_z, trend_p)


def space_time_z(weights: Weights, series: Floats, back: int) -> Floats:
    """Gi* of each bin; at the first steps there are fewer steps before."""
    places, steps = series.shape
    total = places * steps
    x = series - series.mean()
    around = np.stack([weights.sums(x[:, step]) for step in range(steps)], axis=1) + x
    running = np.concatenate([np.zeros((places, 1)), np.cumsum(around, axis=1)], axis=1)
    first = np.maximum(np.arange(steps) - back, 0)
    sums = running[:, 1:] - running[:, first]
    count = (weights.counts + 1.0)[:, None] * (np.arange(steps) - first + 1)[None, :]
    spread = np.sqrt(np.mean(x * x) * count * (total - count) / (total - 1))
    z: Floats = np.divide(sums, spread, out=np.zeros(sums.shape), where=spread > 0)
    return z


def classify(signs: NDArray[np.int64], trend: int) -> str:
    """The class of one place from its hot (1) and cold (-1) steps and the way its z goes (1 up, -1 down, 0 neither).

    With the last step hot: `new` if never hot before; `consecutive` if hot in one run of at least two steps up to the
    last, and less than 90 % of steps; from 90 % `intensifying`, `diminishing` or `persistent` by the trend; below
    `oscillating` if it was cold at some step, else `sporadic`. With the last step not hot: `historical` if at least
    90 % of the steps were hot. The same for cold, for which a falling z intensifies.
    """
    last = int(signs[-1])
    if last:
        same = signs == last
        return f"{_of_last(same, bool((signs == -last).any()), trend * last)} {'hot' if last > 0 else 'cold'}"
    for sign, name in ((1, "hot"), (-1, "cold")):
        if (signs == sign).mean() >= _MOSTLY:
            return f"historical {name}"
    return NONE


def _of_last(same: NDArray[np.bool_], opposite: bool, trend: int) -> str:
    count = int(same.sum())
    if count == 1:
        return "new" if not opposite else "oscillating"
    if count >= _MOSTLY * same.size:
        return {1: "intensifying", -1: "diminishing"}.get(trend, "persistent")
    if same[-count:].all() and not opposite:
        return "consecutive"
    return "oscillating" if opposite else "sporadic"
