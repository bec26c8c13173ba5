"""Which exposures fit the rows of a workspace?

An exposure (people by district, say) belongs to some values of a dimension. Where rows name a value that has no amount,
a rate over it would divide by the wrong number: there the exposure is left out, and the rate has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.database import transaction
from data.model import Exposure, Model, Pack
from data.statements import run
from data.types import MetricQuery, Scope


def fitting(scope: Scope, model: Model, queries: Sequence[MetricQuery]) -> tuple[Model, frozenset[str]]:
    """The model without the exposures that do not fit, and the names of those; all are there when no rate is asked."""
    metrics = model.metrics()
    asked = {name for query in queries for name in query.metrics if name in metrics}
    packs = {metrics[name].pack for name in asked if metrics[name].shape == "rate"}
    gone: set[str] = set()
    kept = tuple(_fitting(scope, pack, gone) if pack.name in packs and pack.exposures else pack for pack in model.packs)
    return (Model(kept), frozenset(gone)) if gone else (model, frozenset())


def _fitting(scope: Scope, pack: Pack, gone: set[str]) -> Pack:
    found = tuple(exposure for exposure in pack.exposures if _fits(scope, pack, exposure))
    gone.update(f"{pack.name}.{exposure.name}" for exposure in pack.exposures if exposure not in found)
    return replace(pack, exposures=found)


def _fits(scope: Scope, pack: Pack, exposure: Exposure) -> bool:
    values = {
        "workspace": scope.workspace.id,
        "datasets": [dataset.id for dataset in pack.datasets],
        "column": exposure.dimension,
        "known": [value for value, _ in exposure.amounts],
    }
    with transaction(scope) as tx:
        return not run(tx, "value_without_amount", values)
