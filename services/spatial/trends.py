"""Does a series rise or fall, whatever the shape of its course?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.spatial.hotspots import two_sided

Floats = NDArray[np.float64]


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """z and two-sided p of Mann and Kendall's test for each row (places by steps in time).

    Null hypothesis: the steps of a row are independent and alike, in any order. Normal approximation with correction
    for continuity and for ties (Kendall 1975; Gilbert 1987, equation 16.3 to 16.5). z is 0 for a constant row and NaN
    for fewer than four steps.
    """
    places, steps = series.shape
    if steps < 4:
        return np.full(places, np.nan), np.full(places, np.nan)
    score = np.zeros(places)
    for later in range(1, steps):
        score += np.sign(series[:, later, None] - series[:, :later]).sum(axis=1)
    variance = np.full(places, steps * (steps - 1) * (2 * steps + 5.0))
    ordered = np.sort(series, axis=1)
    run = np.ones(places)
    for step in range(1, steps + 1):
        same = ordered[:, step] == ordered[:, step - 1] if step < steps else np.zeros(places, np.bool_)
        variance -= np.where(same, 0, run * (run - 1) * (2 * run + 5))
        run = np.where(same, run + 1, 1)
    spread = np.sqrt(variance / 18)
    z: Floats = np.divide(score - np.sign(score), spread, out=np.zeros(places), where=spread > 0)
    return z, two_sided(z)
