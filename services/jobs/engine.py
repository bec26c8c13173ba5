"""Which segments wait to be merged, which days to be counted, and in what order?"""

from __future__ import annotations

import time
from collections.abc import Iterator

import data.people
from data import queue
from data.database import owner_transaction
from data.model import Dataset
from data.types import Scope, Workspace
from services.jobs.turns import Turn
from services.model import current

_compacted: dict[tuple[int, int], int] = {}  # change number after this process's last pass: nothing new, nothing to do
_BUSY_S = 9.0  # one run goes on for so long while data keeps coming; the next is due after ten seconds
_PAUSE_S = 0.5


def compact(turn: Turn) -> str:
    """Merge fresh segments until none are left or the next run is due."""
    until = time.monotonic() + _BUSY_S
    merged = 0
    while not turn.should_stop():
        found = [pair for pair, change in queue.dataset_changes().items() if _compacted.get(pair) != change]
        if not found or time.monotonic() > until:
            break
        for scope, dataset in _known(found):
            merged += _compact_one(scope, dataset)
            if turn.should_stop():
                break
        time.sleep(_PAUSE_S)
    return f"{merged} segments merged" if merged else ""


def count_days(turn: Turn) -> str:
    """Bring the tensors of finished days up to date."""
    from data.engine.tensors import update_tensors

    days = 0
    for scope, dataset in _known(list(queue.dataset_changes())):
        if turn.should_stop():
            break
        days += update_tensors(scope, dataset, turn.now)
    return f"{days} days counted" if days else ""


def _compact_one(scope: Scope, dataset: Dataset) -> int:
    from data.engine.compact import compact_workspace

    merged = compact_workspace(scope, dataset)
    pair = (scope.workspace.id, dataset.id)
    _compacted[pair] = queue.dataset_changes().get(pair, 0)
    return merged


def _known(pairs: list[tuple[int, int]]) -> Iterator[tuple[Scope, Dataset]]:
    """Each pair as (a scope of that workspace, the dataset); a pack that was taken away is passed over."""
    datasets = {dataset.id: dataset for dataset in current().datasets().values()}
    with owner_transaction() as tx:
        workspaces = {workspace.id: workspace for workspace in data.people.all_workspaces(tx)}
    for workspace_id, dataset_id in pairs:
        if dataset_id in datasets and workspace_id in workspaces:
            yield worker_scope(workspaces[workspace_id]), datasets[dataset_id]


def worker_scope(workspace: Workspace) -> Scope:
    """The worker in one workspace and no other."""
    return Scope(None, "worker", "administrator", workspace, (workspace.id,), via="worker")
