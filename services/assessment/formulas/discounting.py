"""How steeply does a reward lose value with the time until it comes?

Hyperbolic discounting, V = A / (1 + k D) (Mazur 1987). Each choice between an amount now and a larger one later has the
k at which both are worth the same, k = (later / now - 1) / delay (Kirby, Petry and Bickel 1999, Journal of Experimental
Psychology: General 128:78-87). A person's k is fitted by maximum likelihood: the later amount is chosen with the
probability logistic(slope (ln k_of_choice - ln k)), the slope being one of a few fixed ones, the likeliest. Where the
likelihood is flat (a perfectly consistent person) the middle of the flat part is taken, which on the scale of ln k is
Kirby's geometric mean. k stays within a factor of two of the choices that were offered.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.assessment.definitions import Task
from services.assessment.groups import counts, parts
from services.assessment.trials import Floats, Ints, Played

NOW, LATER = "now", "later"
SLOPES = (0.5, 1.0, 2.0, 4.0, 8.0)
_STEPS = 161
_CHUNK = 256  # persons whose likelihoods are held at a time
_FLAT = 1e-9


def choice_k(now: Floats, later: Floats, delay_days: Floats) -> Floats:
    """The k at which a choice is indifferent; NaN unless the later amount is larger and the delay above 0."""
    right = (now > 0) & (later > now) & (delay_days > 0)
    ratio = np.divide(later, now, out=np.full(len(now), np.nan), where=right)
    found: Floats = (ratio - 1) / np.where(right, delay_days, np.nan)
    return found


def fit_log_k(group: Ints, n: int, log_k: Floats, waited: NDArray[np.bool_]) -> Floats:
    """ln k of each group; NaN for a group without choices. Groups are contiguous and in order."""
    found = np.full(n, np.nan)
    if not group.size:
        return found
    margin = np.log(2.0)
    grid = np.linspace(log_k.min() - margin, log_k.max() + margin, _STEPS)
    sign = np.where(waited, 1.0, -1.0)
    for first in range(0, n, _CHUNK):
        low, high = np.searchsorted(group, [first, first + _CHUNK])
        if low < high:
            size = min(_CHUNK, n - first)
            part = _fit_part(group[low:high] - first, size, log_k[low:high], sign[low:high], grid)
            found[first : first + size] = part
    return found


def _fit_part(group: Ints, n: int, log_k: Floats, sign: Floats, grid: Floats) -> Floats:
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    # TRICKY: the likelihood depends on ln k of the choice alone, so each distinct choice is computed once.
    choices, which = np.unique(np.stack([log_k, sign]), axis=1, return_inverse=True)
    best, at = np.full(len(starts), -np.inf), np.full(len(starts), np.nan)
    for slope in SLOPES:
        known = -np.logaddexp(0, -slope * choices[1][:, None] * (choices[0][:, None] - grid))
        likelihood = np.add.reduceat(known[which.ravel()], starts, axis=0)
        top = likelihood.max(axis=1)
        flat = likelihood >= (top - _FLAT)[:, None]
        middle = (grid * flat).sum(axis=1) / flat.sum(axis=1)
        better = top > best + _FLAT
        best, at = np.where(better, top, best), np.where(better, middle, at)
    found = np.full(n, np.nan)
    found[group[starts]] = at
    return found


def discounting(found: Played, _task: Task) -> dict[str, Floats]:
    """k a day, and the part of the choices that agrees with it (Kirby et al. 1999)."""
    numbers, response = found.trials.numbers, found.trials.words["response"]
    k = choice_k(numbers["amount"], numbers["reference_amount"], numbers["delay_days"])
    kept = ~np.isnan(k) & response.are(NOW, LATER)
    group, log_k, waited = found.group[kept], np.log(k[kept]), response.are(LATER)[kept]
    fitted = fit_log_k(group, found.n, log_k, waited)
    agrees = (log_k > fitted[group]) == waited
    consistent = parts(counts(group, found.n, agrees), counts(group, found.n))
    return {"k": np.exp(fitted), "consistency": consistent}
