"""How do several batches of one dataset, each known by its own key, share a transaction?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from data.database import Transaction
from data.engine.batches import BatchResult, first_result
from data.statements import run
from data.types import Scope


def claim(tx: Transaction, scope: Scope, dataset_id: int, keys: Iterable[str]) -> set[str]:
    """Take the keys; those that no batch had before. The rows of all of them are to be in this transaction.

    Whoever claims several at once claims them in their order, so that two who want the same never wait in a circle.
    """
    values = {"workspace": scope.workspace.id, "dataset": dataset_id, "keys": sorted(set(keys))}
    return {key for (key,) in run(tx, "claim_batches", values)}


def finish(tx: Transaction, scope: Scope, dataset_id: int, version: int, results: Mapping[str, BatchResult]) -> None:
    """Keep what each claimed batch did."""
    told = [json.dumps(asdict(result)) for result in results.values()]
    values = {"workspace": scope.workspace.id, "dataset": dataset_id, "version": version}
    run(tx, "finish_batches", values | {"keys": list(results), "results": told})


def earlier(tx: Transaction, scope: Scope, dataset_id: int, keys: Iterable[str]) -> dict[str, BatchResult]:
    """What batches did that are there already."""
    values = {"workspace": scope.workspace.id, "dataset": dataset_id, "keys": sorted(set(keys))}
    found = run(tx, "batch_results", values)
    return {key: first_result(result) for key, result in found}
