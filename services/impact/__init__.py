"""Did an intervention work? A synthetic control for the places where it was."""

from services.impact.effects import Effect, did_it_work
from services.impact.synthetic import Synthetic, fit

__all__ = ["Effect", "Synthetic", "did_it_work", "fit"]
