"""A process that writes and compacts until it is killed: `python -m tests.db.victim WORKSPACE FIRST LAST [STATEMENT]`.

Prints `ready`, then the number of each batch after its commit. With a statement's name it kills itself, like kill -9,
just before that statement is sent for the third time.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from typing import LiteralString

from data import statements
from data.database import database_url, owner_transaction, transaction
from data.engine.batches import Batch, write_batch
from data.engine.compact import compact
from data.types import Scope, Workspace
from tests.db.ledger import START, case, columns, event, hours, installed

EVENTS_IN_BATCH = 200
CASES_IN_BATCH = 30
_MODULES = ("batches", "dictionary", "state", "micro", "storage", "compact")


def scope_of(workspace_id: int) -> Scope:
    """All rights in one workspace."""
    with owner_transaction() as tx:
        query = "SELECT id, slug, name, kind, parent_id, timezone FROM belvedere.workspaces WHERE id = %s"
        row = tx.execute(query, (workspace_id,)).fetchone()
    assert row is not None
    return Scope(None, "victim", "administrator", Workspace(*row), (workspace_id,), via="command")


def write_number(scope: Scope, number: int) -> list[bool]:
    """Batch `number` for both datasets, each in its transaction; says which was there before."""
    cases, events = installed(database_url())
    many = [event(kind=f"b{number}", at=START + hours(i / 8), person=f"p{number}-{i}") for i in range(EVENTS_IN_BATCH)]
    changed = [
        case(f"c{(number * 7 + i) % 100}", person=f"b{number}", closed_at=START + hours(number % 50))
        for i in range(CASES_IN_BATCH)
    ]
    repeated = []
    for dataset, rows in ((events, many), (cases, changed)):
        with transaction(scope) as tx:
            repeated.append(write_batch(tx, scope, Batch(dataset, f"batch {number}", columns(rows))).repeated)
    return repeated


def _die_at(name: str) -> None:
    left = 3

    def sql(wanted: str) -> LiteralString:
        nonlocal left
        left -= wanted == name
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return statements.sql(wanted)

    for module in _MODULES:
        vars(importlib.import_module(f"data.engine.{module}"))["sql"] = sql


def _compact_forever(scope: Scope) -> None:
    while True:
        for dataset in installed(database_url()):
            compact(scope, dataset, quiet_s=0, settled_s=0, grace_s=0.2)


def main() -> None:
    """Write batches until the last or until killed."""
    scope = scope_of(int(sys.argv[1]))
    installed(database_url())
    if len(sys.argv) > 4:
        _die_at(sys.argv[4])
    threading.Thread(target=_compact_forever, args=(scope,), daemon=True).start()
    print("ready", flush=True)
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        write_number(scope, number)
        print(number, flush=True)


if __name__ == "__main__":
    main()
