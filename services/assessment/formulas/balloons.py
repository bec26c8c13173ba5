"""How much risk was taken with balloons that may burst?

Balloon Analogue Risk Task (Lejuez et al. 2002, Journal of Experimental Psychology: Applied 8:75-84). Adjusted pumps are
the mean pumps of the balloons that did not burst: a burst balloon says less than the person was ready to pump.
"""

from __future__ import annotations

import numpy as np

from services.assessment.definitions import Task
from services.assessment.groups import counts, means, parts
from services.assessment.trials import Floats, Played

COLLECTED, BURST = "collected", "burst"


def balloons(found: Played, _task: Task) -> dict[str, Floats]:
    """Adjusted pumps (NaN when every balloon burst) and the part of the balloons that burst."""
    pumps, response = found.trials.numbers["level"], found.trials.words["response"]
    known = ~np.isnan(pumps)
    whole, burst = response.are(COLLECTED) & known, response.are(BURST) & known
    return {
        "adjusted_pumps": means(found.group, found.n, pumps, whole),
        "burst_share": parts(counts(found.group, found.n, burst), counts(found.group, found.n, whole | burst)),
    }
