"""What do the segments of all datasets answer to some asks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.engine.asks import Ask, Table
from data.engine.catalogue import catalogue_of
from data.engine.columns import SegmentGone
from data.engine.scan import scan
from data.engine.sources import Source
from data.errors import DatabaseDown
from data.model import Dataset, Model
from data.types import Scope

_TRIES = 4


def read_segments(scope: Scope, model: Model, asks: Sequence[Ask], changes: Mapping[int, int]) -> list[Table]:
    """A Table for each ask. `changes` are the change numbers by dataset id that the caller saw last."""
    datasets = catalogue_of(model).datasets
    found: dict[Ask, Table] = {}
    for name in dict.fromkeys(ask.dataset for ask in asks):
        mine = [ask for ask in asks if ask.dataset == name]
        found |= _read(scope, datasets[name], mine, changes.get(datasets[name].id))
    return [found[ask] for ask in asks]


def _read(scope: Scope, dataset: Dataset, asks: Sequence[Ask], change: int | None) -> dict[Ask, Table]:
    """All asks of a dataset from one manifest, so that its numbers agree; again when a segment was merged meanwhile."""
    for attempt in range(_TRIES):
        try:
            return _read_once(scope, dataset, asks, change, whole=attempt > 0)
        except SegmentGone:
            change = None
    raise DatabaseDown(f"The segments of {dataset.qualified} kept changing while they were read; try again.")


def _read_once(
    scope: Scope, dataset: Dataset, asks: Sequence[Ask], change: int | None, whole: bool
) -> dict[Ask, Table]:
    found: dict[Ask, Table] = {}
    with Source(scope, dataset, change, whole) as source:
        for at in dict.fromkeys(ask.at for ask in asks):
            mine = [ask for ask in asks if ask.at == at]
            found |= dict(zip(mine, scan(source, dataset.stream_no(at), mine), strict=True))
    return found
