"""Which numbers does the data hold? Pages, the API and commands ask here."""

from services.metrics.answers import answer

__all__ = ["answer"]
