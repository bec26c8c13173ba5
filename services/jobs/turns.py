"""What does one run of a job know?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """When the run began, and whether it should end early because the worker stops."""

    now: datetime
    should_stop: Callable[[], bool]
