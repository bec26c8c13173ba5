"""How is each part of the application: healthy, warning, critical or down, or can nobody tell?"""

from services.health.board import HealthBoard, Line, Piece, health_board, limits_text
from services.health.checking import check, worst
from services.health.grading import STATES, Component, Limits, State

__all__ = [
    "STATES", "Component", "HealthBoard", "Limits", "Line", "Piece", "State", "check", "health_board", "limits_text",
    "worst",
]  # fmt: skip
