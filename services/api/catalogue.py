"""What can be asked of this workspace: its packs, datasets, metrics and the values of their dimensions?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from data.errors import unknown
from data.model import Dataset, Metric
from data.types import Scope
from services import metrics, model
from services.api import examples
from services.api.access import Caller, find_dataset
from services.api.errors import JsonAnswer
from services.api.forms import CatalogueEntry, DatasetEntry, PackEntry, ValueEntry, example
from services.exports import hidden_columns, require_visible

router = APIRouter(tags=["Catalogue"])
MOST_VALUES = 1000


@router.get("/v1/packs", summary="Packs of the workspace", response_model=list[PackEntry])
def list_packs(scope: Caller) -> JsonAnswer:
    """The domains that this workspace uses, with the names of their datasets and metrics."""
    return JsonAnswer(
        [
            {
                "name": pack.name,
                "title": pack.title,
                "description": pack.description,
                "datasets": [d.qualified for d in pack.datasets],
                "metrics": [m.qualified for m in pack.metrics],
            }
            for pack in model.packs_of(scope)
        ]
    )


@router.get("/v1/datasets", summary="Datasets and their columns", response_model=list[DatasetEntry])
def list_datasets(scope: Caller) -> JsonAnswer:
    """Every dataset with its columns, the state of its data, and the columns that this caller does not get to see."""
    states = {found.dataset: found for found in metrics.freshness(scope)}
    return JsonAnswer([_dataset(scope, d, states.get(d.qualified)) for d in model.model_of(scope).datasets().values()])


def _dataset(scope: Scope, dataset: Dataset, state: metrics.Freshness | None) -> dict[str, Any]:
    return {
        "dataset": dataset.qualified,
        "title": dataset.title,
        "description": dataset.description,
        "kind": dataset.kind,
        "key": dataset.key,
        "time": dataset.time,
        "times": [asdict(t) for t in dataset.times],
        "dimensions": [asdict(d) for d in dataset.dimensions],
        "measures": [asdict(m) for m in dataset.measures],
        "durations": [asdict(d) for d in dataset.durations],
        "actor": dataset.actor,
        "place": dataset.place,
        "omitted": sorted(hidden_columns(scope, dataset)),
        "rows": state.rows if state else 0,
        "version": state.version if state else 0,
        "as_of": state.newest_at if state else None,
        "received_at": state.received_at if state else None,
        "usual_delay_s": dataset.usual_delay_s,
    }


@router.get(
    "/v1/metrics", summary="Metric catalogue", response_model=list[CatalogueEntry], responses=example(examples.METRICS)
)
def list_metrics(
    scope: Caller,
    pack: Annotated[str | None, Query(description="Only the metrics of this pack.")] = None,
) -> JsonAnswer:
    """Every metric of the workspace's packs: what it means, its unit, which way is better, its target and its shape."""
    packs = model.packs_of(scope)
    if pack is not None and pack not in {p.name for p in packs}:
        raise unknown("pack", pack, [p.name for p in packs])
    return JsonAnswer([_metric(m) for p in packs for m in p.metrics if pack in (None, p.name)])


def _metric(metric: Metric) -> dict[str, Any]:
    names = (
        "pack", "name", "title", "unit", "format", "better", "target", "description", "dataset", "shape", "family",
        "owner", "decimals",
    )  # fmt: skip
    return {"metric": metric.qualified} | {name: getattr(metric, name) for name in names}


@router.get("/v1/values", summary="Values of a dimension", response_model=list[ValueEntry])
def list_values(
    scope: Caller,
    dataset: Annotated[str, Query(description="Dataset, like `grievance.complaints`.")],
    dimension: Annotated[str, Query(description="One of its dimensions, like `category`.")],
    search: Annotated[str, Query(description="Only values that contain this, whatever the case.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_VALUES, description="At most so many.")] = 200,
) -> JsonAnswer:
    """The values that occur, with the number of rows where that is known."""
    found = find_dataset(scope, dataset)
    known = [d.name for d in found.dimensions]
    if dimension not in known:
        raise unknown("dimension", dimension, known, f"`{found.qualified}`")
    require_visible(scope, found, {dimension})
    values = metrics.values(scope, found.qualified, dimension, search=search, limit=limit)
    return JsonAnswer([{"value": value, "rows": rows} for value, rows in values])
