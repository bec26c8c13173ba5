"""How is each part of the application: healthy, warning, critical or down, or can nobody tell?"""

from services.health.checking import check, worst
from services.health.grading import STATES, Component, Limits, State

__all__ = ["STATES", "Component", "Limits", "State", "check", "worst"]
