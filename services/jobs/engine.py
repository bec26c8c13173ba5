"""Which segments wait to be merged, which days to be counted, and in what order?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from data import queue
from data.model import Dataset
from data.types import Scope
from services.jobs.turns import Turn
from services.model import current
from services.people import all_workspaces, worker_scope

Pair = tuple[int, int]
_BUSY_S = 9.0  # one run goes on for so long while data keeps coming; the next is due after ten seconds
_PAUSE_S = 0.5
_AGAIN_S = 60.0  # what is merged depends on how long a day has been quiet, so that all are looked at again
_passes: dict[Pair, tuple[int, float]] = {}  # change number after this process's last pass, and when that was


def compact(turn: Turn) -> str:
    """Merge fresh segments until none are left or the next run is due."""
    until = time.monotonic() + _BUSY_S
    merged = 0
    while not turn.should_stop():
        found = _waiting(queue.dataset_changes(), time.monotonic())
        if not found or time.monotonic() > until:
            break
        _passes.update({pair: (change, time.monotonic()) for pair, change in found.items()})
        merged += sum(_each(turn, found, _compact_one))
        time.sleep(_PAUSE_S)
    return f"{merged} segments merged" if merged else ""


def count_days(turn: Turn) -> str:
    """Bring the tensors of finished days up to date."""
    from data.engine.tensors import update_tensors

    days = sum(_each(turn, queue.dataset_changes(), lambda scope, dataset: update_tensors(scope, dataset, turn.now)))
    return f"{days} days counted" if days else ""


def _each(turn: Turn, pairs: Iterable[Pair], work: Callable[[Scope, Dataset], int]) -> Iterator[int]:
    """Do the work for each pair; one that fails does not keep the others waiting, its error is raised at the end."""
    failed: Exception | None = None
    for scope, dataset in _known(pairs):
        if turn.should_stop():
            return
        try:
            yield work(scope, dataset)
        except Exception as error:  # noqa: BLE001 - the worker's loop over items
            error.add_note(f"in {dataset.qualified} of workspace {scope.workspace.slug}")
            failed = failed or error
    if failed:
        raise failed


def _waiting(changes: dict[Pair, int], now: float) -> dict[Pair, int]:
    """Pairs that changed since the last pass, or had none for a while, with the number of their last change."""
    return {pair: change for pair, change in changes.items() if _is_waiting(_passes.get(pair), change, now)}


def _is_waiting(last: tuple[int, float] | None, change: int, now: float) -> bool:
    return last is None or last[0] != change or now - last[1] > _AGAIN_S


def _compact_one(scope: Scope, dataset: Dataset) -> int:
    from data.engine.compact import compact_workspace

    merged = compact_workspace(scope, dataset)
    pair = (scope.workspace.id, dataset.id)
    _passes[pair] = (queue.dataset_changes().get(pair, 0), time.monotonic())
    return merged


def _known(pairs: Iterable[Pair]) -> Iterator[tuple[Scope, Dataset]]:
    """Each pair as (a scope of that workspace, the dataset); a pack that was taken away is passed over."""
    datasets = {dataset.id: dataset for dataset in current().datasets().values()}
    workspaces = {workspace.id: workspace for workspace in all_workspaces()}
    for workspace_id, dataset_id in pairs:
        if dataset_id in datasets and workspace_id in workspaces:
            yield worker_scope(workspaces[workspace_id]), datasets[dataset_id]
