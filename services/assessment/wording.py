"""How are a person's metrics written for people?"""

from __future__ import annotations

from math import exp

from services.assessment.profiles import MetricLine
from services.formats import MINUS, NOTHING, SPACE


def metric_text(value: float | None, line: MetricLine) -> str:
    """A value of the metric with its unit; parts as percent."""
    if value is None:
        return NOTHING
    if line.unit == "%":
        return f"{_three(value * 100)}{SPACE}%"
    return f"{_three(value)}{SPACE}{line.unit}"


def norm_text(line: MetricLine) -> str:
    """Mean and standard deviation of the norm group; where norms are of logarithms the geometric mean and the factor
    that is one standard deviation (Limpert, Stahel and Abbt 2001, BioScience 51:341-352)."""
    if line.norm_mean is None or line.norm_sd is None:
        return NOTHING
    if line.scale == "log":
        return f"{_three(exp(line.norm_mean))} \u00d7/\u00f7 {_three(exp(line.norm_sd))}"
    factor = 100 if line.unit == "%" else 1
    return f"{_three(line.norm_mean * factor)} \u00b1 {_three(line.norm_sd * factor)}"


def _three(value: float) -> str:
    """Three digits that count, with a real minus sign."""
    text = f"{abs(value):.3g}"
    if "e" in text:
        text = f"{abs(value):.0f}" if abs(value) >= 1 else f"{abs(value):.6f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text
