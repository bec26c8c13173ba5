"""Which packs and metrics are there, as plain values?"""

from __future__ import annotations

from typing import Any

from data.model import Dataset, Metric, Model, Pack
from services.model import pack_folders


def list_packs(model: Model) -> list[dict[str, Any]]:
    """Every pack with its datasets and the names of its metrics and exposures."""
    folders = pack_folders()
    return [_pack(pack) | {"folder": str(folders[pack.name])} for pack in model.packs]


def list_metrics(model: Model) -> list[dict[str, Any]]:
    """Every metric: pack, name, title, unit, format, better, target, family, owner, description, dataset and shape.

    `dataset` is the one the rows come from, also for metrics that are computed from others.
    """
    return [_metric(pack, metric) for pack in model.packs for metric in pack.metrics]


def _pack(pack: Pack) -> dict[str, Any]:
    return {
        "name": pack.name,
        "title": pack.title,
        "description": pack.description,
        "datasets": [_dataset(dataset) for dataset in pack.datasets],
        "metrics": [metric.name for metric in pack.metrics],
        "exposures": [exposure.name for exposure in pack.exposures],
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "title": dataset.title,
        "kind": dataset.kind,
        "key": dataset.key,
        "time": dataset.time,
        "times": [time.name for time in dataset.times],
        "dimensions": [dimension.name for dimension in dataset.dimensions],
        "actor": dataset.actor,
        "measures": [measure.name for measure in dataset.measures],
        "durations": [duration.name for duration in dataset.durations],
        "place": dataset.place,
    }


def _metric(pack: Pack, metric: Metric) -> dict[str, Any]:
    return {
        "pack": metric.pack,
        "name": metric.name,
        "title": metric.title,
        "unit": metric.unit,
        "format": metric.format,
        "better": metric.better,
        "target": metric.target,
        "family": metric.family,
        "owner": metric.owner,
        "description": metric.description,
        "dataset": base_dataset(pack, metric),
        "shape": metric.shape,
    }


def base_dataset(pack: Pack, metric: Metric) -> str:
    """The dataset that a metric's rows come from: its own, or that of the first metric it is computed from."""
    if metric.dataset:
        return metric.dataset
    part = metric.numerator or metric.plus or metric.of
    return base_dataset(pack, next(m for m in pack.metrics if m.name == part))
