"""What does a made-up assessment centre look like?"""

from __future__ import annotations

from data.model import Pack
from data.types import Workspace
from services.assessment.simulated.world import AssessmentWorld


def make(pack: Pack, workspace: Workspace, scale: float) -> AssessmentWorld:
    """The assessment centre of a workspace."""
    return AssessmentWorld(pack, workspace, scale)
