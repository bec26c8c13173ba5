"""Are a person's metrics written as people read them?"""

from __future__ import annotations

from math import log

import pytest

from services.assessment.profiles import MetricLine
from services.assessment.wording import metric_text, norm_text


def line(unit: str, mean: float | None, sd: float | None, scale: str = "plain") -> MetricLine:
    return MetricLine("m", "M", unit, None, True, None, mean, sd, scale)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(0.0417, "%", "4.17 %"), (28.94, "pumps", "28.9 pumps"), (-0.4158, "points", "−0.416 points"), (0.0, "%", "0 %"),
     (1234.6, "ms", "1235 ms"), (0.000021, "per day", "0.000021 per day"), (None, "%", "–")],
)  # fmt: skip
def test_a_value_has_three_digits_and_its_unit(value: float | None, unit: str, expected: str) -> None:
    assert metric_text(value, line(unit, None, None)).replace("\u00a0", " ") == expected


def test_norms_of_logarithms_are_written_as_factors() -> None:
    assert norm_text(line("per day", log(0.0125), log(3), "log")) == "0.0125 \u00d7/\u00f7 3"
    assert norm_text(line("%", 0.198, 0.16)) == "19.8 \u00b1 16"
    assert norm_text(line("ms", None, None)) == "\u2013"
