"""How much slower are answers when something else pulls the other way?

Interference is the trimmed median reaction time of correct answers to incongruent trials less that to congruent ones:
Stroop (1935, Journal of Experimental Psychology 18:643-662; MacLeod 1991, Psychological Bulletin 109:163-203) and
flanker (Eriksen and Eriksen 1974, Perception and Psychophysics 16:143-149).
"""

from __future__ import annotations

from services.assessment.definitions import Task
from services.assessment.formulas.reactions import median_ms
from services.assessment.groups import counts, parts
from services.assessment.trials import Floats, Played

CONGRUENT, INCONGRUENT = "congruent", "incongruent"


def interference(found: Played, task: Task) -> dict[str, Floats]:
    """Interference in ms, reaction time of congruent trials, and the part of all trials answered rightly."""
    condition, correct = found.trials.words["condition"], found.trials.words["correct"].are("yes")
    easy = median_ms(found, task, correct & condition.are(CONGRUENT))
    hard = median_ms(found, task, correct & condition.are(INCONGRUENT))
    judged = correct | found.trials.words["correct"].are("no")
    right = parts(counts(found.group, found.n, correct), counts(found.group, found.n, judged))
    return {"interference_ms": hard - easy, "reaction_ms": easy, "accuracy": right}
