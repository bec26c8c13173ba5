"""Which model does this process work with, and which metric or dataset does a name mean?"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any, TypeVar

from data.database import database_url
from data.errors import BadInput, unknown
from data.model import Dataset, Metric, Model, Pack
from data.tables import ensure_dataset, register_dataset, registered_datasets
from services.model.packs import load_model
from services.model.stored import is_stale, renew

T = TypeVar("T")
_models: dict[str, Model] = {}
_lock = threading.Lock()


def definition(dataset: Dataset) -> dict[str, Any]:
    """A dataset as the registry stores it: everything but its id, in JSON's types."""
    found = _plain(dataclasses.asdict(dataset))
    del found["id"]
    return dict(found)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def install(model: Model) -> Model:
    """Register every dataset and make its table where that is not yet done; returns the model with ids. Idempotent."""
    known = registered_datasets()
    return Model(tuple(_install_pack(pack, known) for pack in model.packs))


def _install_pack(pack: Pack, known: Mapping[tuple[str, str], tuple[int, dict[str, Any]]]) -> Pack:
    installed = []
    for dataset in pack.datasets:
        id, found = known.get((dataset.pack, dataset.name), (0, {}))
        wanted = definition(dataset)
        if found != wanted:
            ensure_dataset(dataset)
            if is_stale(found, wanted):
                renew(dataclasses.replace(dataset, id=id))
            id = register_dataset(dataset.pack, dataset.name, wanted)
        installed.append(dataclasses.replace(dataset, id=id))
    return dataclasses.replace(pack, datasets=tuple(installed))


def current() -> Model:
    """The installed model of this process, read once. Raises BadPack, DatabaseDown."""
    with _lock:
        url = database_url()
        if url not in _models:
            _models[url] = install(load_model())
        return _models[url]


def forget_current() -> None:
    """The next `current` reads the packs again."""
    with _lock:
        _models.clear()


def _find(kind: str, name: str, known: dict[str, T]) -> T:
    if name in known:
        return known[name]
    pack, _, bare = name.rpartition(".")
    near = {key: value for key, value in known.items() if not pack and key.endswith(f".{name}")}
    if len(near) == 1:
        return next(iter(near.values()))
    if near:
        raise BadInput(f"More than one {kind} is called `{name}`: say {' or '.join(f'`{key}`' for key in near)}.")
    inside = [key for key in known if key.startswith(f"{pack}.")]
    if pack and inside:
        raise unknown(kind, bare, [key.rpartition(".")[2] for key in inside], f"`{pack}`")
    raise unknown(kind, name, known if pack else [key.rpartition(".")[2] for key in known])


def find_metric(model: Model, name: str) -> Metric:
    """The metric of a qualified or bare name; raises UnknownName with the nearest, BadInput when ambiguous."""
    return _find("metric", name, model.metrics())


def find_dataset(model: Model, name: str) -> Dataset:
    """The dataset of a qualified or bare name; raises like find_metric."""
    return _find("dataset", name, model.datasets())
