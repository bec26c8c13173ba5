"""Do two thresholds make four states, and is what nobody knows never called healthy?"""

from __future__ import annotations

import pytest

from services.health import Component, Limits, worst
from services.health.figures import FIGURES, judged
from services.health.grading import STATES, cannot_tell, graded

SLOW = Limits(100, 1_000, "ms")
ROOM = Limits(0.15, 0.05, "free", worse="below")


@pytest.mark.parametrize(
    ("limits", "value", "state"),
    [
        (SLOW, 99.9, "healthy"), (SLOW, 100, "warning"), (SLOW, 999, "warning"), (SLOW, 1_000, "critical"),
        (ROOM, 0.16, "healthy"), (ROOM, 0.15, "warning"), (ROOM, 0.06, "warning"), (ROOM, 0.05, "critical"),
    ],
)  # fmt: skip
def test_reaching_a_threshold_is_enough_on_the_side_of_trouble(limits: Limits, value: float, state: str) -> None:
    assert graded("x", value, limits, "").state == state


def test_the_worst_counts_and_not_knowing_is_worse_than_healthy_but_no_trouble() -> None:
    found = [Component("a", state, "") for state in STATES]
    assert [worst(found[:n]) for n in range(6)] == ["cannot tell", *STATES]
    assert STATES == ("healthy", "cannot tell", "warning", "critical", "down")


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_of_nothing_or_too_little_cannot_be_told(figure: object) -> None:
    from services.health.figures import Figure

    assert isinstance(figure, Figure)
    for value, count in ((None, 0), (0.0, figure.least - 1), (None, 10_000)):
        found = judged(figure, value, count)
        assert found.state == "cannot tell" and found.value is None and "are needed to tell" in found.message
    assert judged(figure, figure.limits.critical, figure.least).state == "critical"


def test_what_is_known_says_its_value_and_limits() -> None:
    errors = next(figure for figure in FIGURES if figure.name == "errors")
    found = judged(errors, 0.02, 50)
    assert (found.state, found.value, found.message) == (
        "warning", 0.02, "2.0\u00a0% of the requests failed, last 15 minutes.",
    )  # fmt: skip
    assert cannot_tell("x", "no", SLOW).limits == SLOW
