"""What are the answers to all queries of a page, for this viewer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from data.model import Metric, Model
from data.types import EngineName, MetricQuery, MetricResult, Scope
from services.exports.visible import require_visible
from services.live.boards import datasets_of
from services.model import current, find_metric
from services.observing import timed
from services.people import can

_MOST_EXTENDED = 4  # the engine keeps as much of a few models only


def answer(
    scope: Scope, queries: Sequence[MetricQuery], now: datetime, engine: EngineName = "segments",
    extra: tuple[Metric, ...] = (),
) -> list[MetricResult]:  # fmt: skip
    """One result for each query, in order; `extra` are metrics that can be asked beside those of the packs.

    Raises UnknownName, BadInput, and NotAllowed for a filter or split by a column that the viewer does not get to see:
    whatever the way in, a number would tell what it holds. See MetricResult for the rows.
    """
    from data.engine import answers  # numba and the segments are loaded by the first question, not by an import

    model = _with(current(), extra)
    _check_columns(scope, model, queries)
    asked_from = {"session": "page", "token": "API"}.get(scope.via, scope.via)
    numbers = sum(len(query.metrics) for query in queries)
    with timed("questions", "answered", "failed", engine=engine, asked_from=asked_from, metrics=numbers):
        return answers.answer(scope, model, queries, now, engine)


def _check_columns(scope: Scope, model: Model, queries: Sequence[MetricQuery]) -> None:
    if can(scope, "personal"):
        return
    for query in queries:
        used = {*query.by, *(f.dimension for f in query.where)}
        for metric in (find_metric(model, name) for name in query.metrics if used):
            for dataset in datasets_of(model.pack(metric.pack), metric):
                require_visible(scope, dataset, used)


_extended: dict[tuple[int, tuple[Metric, ...]], tuple[Model, Model]] = {}


def _with(model: Model, extra: tuple[Metric, ...]) -> Model:
    """The model with more metrics; the same object each time, because the engine keeps what it knows by the object."""
    if not extra:
        return model
    key = (id(model), extra)
    found = _extended.get(key)
    if found is None:
        if len(_extended) >= _MOST_EXTENDED:
            _extended.clear()
        packs = (replace(p, metrics=(*p.metrics, *(m for m in extra if m.pack == p.name))) for p in model.packs)
        found = _extended[key] = model, Model(tuple(packs))  # the first is kept alive, so that its id stays its own
    return found[1]
