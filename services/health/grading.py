"""Which state does a number mean, by two thresholds?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

State = Literal["healthy", "warning", "critical", "down", "cannot tell"]
STATES: tuple[State, ...] = ("healthy", "cannot tell", "warning", "critical", "down")
"""From best to worst. What nobody can tell about is not known to be bad, and never called healthy."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Two thresholds; reaching one is enough. `worse` says on which side of them trouble lies."""

    warning: float
    critical: float
    unit: str
    worse: Literal["above", "below"] = "above"

    def state(self, value: float) -> State:
        """The state of a value."""
        if self.worse == "above":
            return "critical" if value >= self.critical else "warning" if value >= self.warning else "healthy"
        return "critical" if value <= self.critical else "warning" if value <= self.warning else "healthy"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the application as it was found; `value` is what was compared with the limits, `at` how new it is."""

    name: str
    state: State
    message: str
    value: float | None = None
    limits: Limits | None = None
    at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"at": self.at and self.at.isoformat()}

    def looked_at(self, at: datetime) -> Component:
        """The same, found at a time, unless it says itself how new it is."""
        return self if self.at is not None else replace(self, at=at)


def graded(name: str, value: float, limits: Limits, message: str) -> Component:
    """A component judged by its value."""
    return Component(name, limits.state(value), message, value, limits)


def cannot_tell(name: str, reason: str, limits: Limits | None = None) -> Component:
    """A component about which nothing is known, and why."""
    return Component(name, "cannot tell", reason, None, limits)
