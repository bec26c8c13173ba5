"""What does one run of a job know?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """When the run began, whether it should end early because the worker stops, and whether somebody asked for it."""

    now: datetime
    should_stop: Callable[[], bool]
    is_asked: bool = False
