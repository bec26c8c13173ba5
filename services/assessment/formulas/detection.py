"""How well were signals told from noise, and how readily was a signal reported?

Equal-variance signal detection (Macmillan and Creelman 2005, Detection Theory; formulas in Stanislaw and Todorov 1999,
Behavior Research Methods, Instruments and Computers 31:137-149): d' = z(H) - z(F), c = -(z(H) + z(F)) / 2.

Rates of 0 and 1 have no finite z. The log-linear correction (Hautus 1995, the same journal 27:46-51) is applied to all
rates, not to extreme ones alone, so that persons stay comparable: H = (hits + 0.5) / (signals + 1), F likewise.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from services.assessment.definitions import Task
from services.assessment.formulas.reactions import median_ms
from services.assessment.groups import counts, parts
from services.assessment.trials import Floats, Played

SIGNAL, NOISE, REPORTED = ("go", "target"), ("no_go", "other"), "press"


def sensitivity(hits: Floats, signals: Floats, alarms: Floats, noises: Floats) -> tuple[Floats, Floats]:
    """d' and criterion with the log-linear correction; NaN where there were no signals or no noise."""
    z_hit, z_alarm = ndtri((hits + 0.5) / (signals + 1)), ndtri((alarms + 0.5) / (noises + 1))
    known = (signals > 0) & (noises > 0)
    return np.where(known, z_hit - z_alarm, np.nan), np.where(known, -(z_hit + z_alarm) / 2, np.nan)


def detection(found: Played, task: Task) -> dict[str, Floats]:
    """d', criterion, false alarms (in go/no-go: commission errors) as a number and a part of the noise trials, misses
    (omission errors) as a part of the signal trials, trimmed median reaction time of the hits."""
    condition = found.trials.words["condition"]
    signal, noise = condition.are(*SIGNAL), condition.are(*NOISE)
    reported = found.trials.words["response"].are(REPORTED)
    hits, signals = (counts(found.group, found.n, kept) for kept in (signal & reported, signal))
    alarms, noises = (counts(found.group, found.n, kept) for kept in (noise & reported, noise))
    d_prime, criterion = sensitivity(hits, signals, alarms, noises)
    return {
        "d_prime": d_prime,
        "criterion": criterion,
        "false_alarms": np.where(noises > 0, alarms, np.nan),
        "false_alarm_share": parts(alarms, noises),
        "miss_share": parts(signals - hits, signals),
        "reaction_ms": median_ms(found, task, signal & reported),
    }
