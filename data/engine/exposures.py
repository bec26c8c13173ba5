"""Which exposures fit the rows of a workspace?

An exposure (people by district, say) belongs to some values of a dimension. Where rows name a value that has no amount,
a rate over it would divide by the wrong number: there the exposure is left out, and the rate has no answer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from data.database import database_url, transaction
from data.engine.catalogue import catalogue_of
from data.engine.shapes import find_metric
from data.engine.versions import Version
from data.model import Exposure, Model, Pack
from data.statements import run
from data.types import MetricQuery, Scope

_MOST_KNOWN = 1000
_known: dict[tuple[object, ...], bool] = {}
_lock = threading.Lock()


def fitting(
    scope: Scope, model: Model, queries: Sequence[MetricQuery], versions: Mapping[int, Version]
) -> tuple[Model, frozenset[str]]:
    """The model without the exposures that do not fit, and the names of those; all are there when no rate is asked."""
    asked = (find_metric(model, name) for query in queries for name in query.metrics)
    packs = {metric.pack for metric in asked if metric.shape in ("rate", "ratio")}
    if not packs:
        return model, frozenset()
    gone = frozenset(
        f"{pack.name}.{exposure.name}"
        for pack in model.packs
        if pack.name in packs
        for exposure in pack.exposures
        if not _fits(scope, pack, exposure, versions)
    )
    return (_without(model, gone), gone) if gone else (model, gone)


def _without(model: Model, gone: frozenset[str]) -> Model:
    """The model without some exposures, the same object each time."""
    kept = catalogue_of(model).kept
    if ("without", gone) not in kept:
        packs = (
            replace(p, exposures=tuple(e for e in p.exposures if f"{p.name}.{e.name}" not in gone)) for p in model.packs
        )
        catalogue_of(model).keep(("without", gone), Model(tuple(packs)))
    found: Model = kept["without", gone]
    return found


def _fits(scope: Scope, pack: Pack, exposure: Exposure, versions: Mapping[int, Version]) -> bool:
    """Asked of the database once for each version of the pack's data."""
    ids = [dataset.id for dataset in pack.datasets]
    state = tuple(versions[id].version for id in ids if id in versions)
    key = (database_url(), scope.workspace.id, pack.name, exposure, state)
    if key not in _known:
        known = [value for value, _ in exposure.amounts]
        values = {"workspace": scope.workspace.id, "datasets": ids, "column": exposure.dimension, "known": known}
        with transaction(scope) as tx:
            found = not run(tx, "value_without_amount", values)
        with _lock:
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[key] = found
    return _known[key]
