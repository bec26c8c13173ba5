"""Which numbers does the data hold? Pages, the API and commands ask here."""

from services.metrics.answers import answer
from services.metrics.drill import RowPage, leading, recent, rows, values
from services.metrics.freshness import Freshness, freshness, newest_at

__all__ = ["Freshness", "RowPage", "answer", "freshness", "leading", "newest_at", "recent", "rows", "values"]
