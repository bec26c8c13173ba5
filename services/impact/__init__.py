"""Did an intervention work? A synthetic control for the places where it was."""

from services.impact.effects import Effect, Trial, did_it_work
from services.impact.synthetic import Synthetic, fit

__all__ = ["Effect", "Synthetic", "Trial", "did_it_work", "fit"]
