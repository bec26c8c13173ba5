"""How much is given to somebody who need not give anything back?

Trust game (Berg, Dickhaut and McCabe 1995, Games and Economic Behavior 10:122-142; ratios as in the meta-analysis of
Johnson and Mislin 2011, Journal of Economic Psychology 32:865-889): trust is the part of the endowment that an investor
sends, trustworthiness the part of what a trustee received (the tripled amount) that goes back. Dictator game (Forsythe
et al. 1994, Games and Economic Behavior 6:347-369; Engel 2011, Experimental Economics 14:583-610): the part given.
Ratios are of sums over the rounds, so that a round of large amounts counts for more than one of small ones.
"""

from __future__ import annotations

import numpy as np

from services.assessment.definitions import Task
from services.assessment.groups import parts, sums
from services.assessment.trials import Bools, Floats, Played

INVESTOR, TRUSTEE, DICTATOR = "investor", "trustee", "dictator"


def _share(found: Played, kept: Bools) -> Floats:
    given, had = found.trials.numbers["amount"], found.trials.numbers["reference_amount"]
    kept = kept & ~np.isnan(given) & (had > 0)
    return parts(sums(found.group, found.n, given, kept), sums(found.group, found.n, had, kept))


def exchanges(found: Played, _task: Task) -> dict[str, Floats]:
    """The parts sent as investor, returned as trustee and given as dictator; NaN for a part that was not played."""
    condition = found.trials.words["condition"]
    roles = {"sent_share": INVESTOR, "returned_share": TRUSTEE, "given_share": DICTATOR}
    return {name: _share(found, condition.are(role)) for name, role in roles.items()}
