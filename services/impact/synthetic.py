"""Which mixture of untreated places would have gone like the treated one before the intervention?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SUM_WEIGHT = 1e4  # how hard weights are held to a sum of 1, in units of the data's size


@dataclass(frozen=True, slots=True)
class Synthetic:
    """`weights` of the donors, none negative, adding up to 1; `path` is the mixture in every period
    and `gap` what really happened less it; `after` counts the periods after the intervention began."""

    weights: Floats
    path: Floats
    gap: Floats
    rmspe_before: float
    rmspe_after: float
    after: int

    @property
    def effect(self) -> float:
        """Mean of actual less synthetic after the intervention began."""
        return float(self.gap[-self.after :].mean())

    @property
    def ratio(self) -> float:
        """Error after over error before (Abadie, Diamond and Hainmueller 2010, p. 503)."""
        return self.rmspe_after / max(self.rmspe_before, 1e-9)


def fit(treated: Floats, donors: Floats, before: int) -> Synthetic:
    """The synthetic control of one series from `donors` (one row each), fitted to the first `before` periods.

    Weights minimise the squared error before the intervention on the simplex (Abadie, Diamond and Hainmueller 2010,
    with the outcomes of all earlier periods as predictors, equally weighted). A tiny ridge makes them unique where
    there are more donors than periods.
    """
    from scipy.optimize import nnls

    past = donors[:, :before].T
    scale = max(float(np.abs(past).max(initial=0.0)), 1e-12)
    count = len(donors)
    rows = np.vstack([past / scale, 1e-5 * np.eye(count), np.full((1, count), _SUM_WEIGHT)])
    goal = np.concatenate([treated[:before] / scale, np.zeros(count), [_SUM_WEIGHT]])
    weights, _ = nnls(rows, goal, maxiter=50 * count)
    weights = weights / weights.sum()
    path = weights @ donors
    gap = treated - path
    return Synthetic(
        weights, path, gap, float(np.sqrt((gap[:before] ** 2).mean())), float(np.sqrt((gap[before:] ** 2).mean())),
        len(treated) - before,
    )  # fmt: skip
