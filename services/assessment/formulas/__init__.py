"""Which formula turns the trials of a kind of task into measures?"""

from __future__ import annotations

from collections.abc import Callable

from services.assessment.definitions import Task
from services.assessment.formulas.balloons import balloons
from services.assessment.formulas.detection import detection
from services.assessment.formulas.discounting import discounting
from services.assessment.formulas.exchanges import exchanges
from services.assessment.formulas.interference import interference
from services.assessment.formulas.reactions import reactions
from services.assessment.formulas.spans import spans
from services.assessment.trials import Floats, Played

Formula = Callable[[Played, Task], dict[str, Floats]]
FORMULAS: dict[str, Formula] = {
    "balloons": balloons,
    "detection": detection,
    "interference": interference,
    "spans": spans,
    "discounting": discounting,
    "exchanges": exchanges,
    "reactions": reactions,
}
