"""What are the answers to all queries of a page, for this viewer?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.types import EngineName, MetricQuery, MetricResult, Scope
from services.model import current
from services.observing import timed


def answer(
    scope: Scope, queries: Sequence[MetricQuery], now: datetime, engine: EngineName = "segments"
) -> list[MetricResult]:
    """One result for each query, in order. Raises UnknownName, BadInput; see MetricResult for the rows."""
    from data.engine import answers  # numba and the segments are loaded by the first question, not by an import

    asked_from = {"session": "page", "token": "API"}.get(scope.via, scope.via)
    numbers = sum(len(query.metrics) for query in queries)
    with timed("questions", "answered", "failed", engine=engine, asked_from=asked_from, metrics=numbers):
        return answers.answer(scope, current(), queries, now, engine)
