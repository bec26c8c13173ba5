"""What are the answers to all queries of a page, for this viewer?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.types import EngineName, MetricQuery, MetricResult, Scope
from services.model import current


def answer(
    scope: Scope, queries: Sequence[MetricQuery], now: datetime, engine: EngineName = "segments"
) -> list[MetricResult]:
    """One result for each query, in order. Raises UnknownName, BadInput; see MetricResult for the rows."""
    from data.engine import answers  # numba and the segments are loaded by the first question, not by an import

    return answers.answer(scope, current(), queries, now, engine)
