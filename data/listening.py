"""Which datasets have just changed, as Postgres tells it to whoever listens?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from data.database import database_url

CHANNEL = "belvedere_data"
_TICK_S = 0.5
_LONGEST_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Changed:
    """A batch was committed: this dataset of this workspace has this version now."""

    workspace_id: int
    dataset_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection that listens came up, or was lost with this reason; changes in between were not heard."""

    is_up: bool
    reason: str = ""


def changes(stop: threading.Event) -> Iterator[Changed | Connection]:
    """Every change from now on, until `stop` is set; connects again, waiting longer each time, when it is cut off.

    TRICKY: the connection is its own, not one of the pool, and runs nothing but LISTEN: executing on a connection
    inside its own notifies() loop deadlocks.
    """
    wait_s = _TICK_S
    while not stop.is_set():
        try:
            with psycopg.connect(database_url(), autocommit=True, application_name="belvedere listener") as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                wait_s = _TICK_S
                yield Connection(True)
                yield from _heard(connection, stop)
        except psycopg.OperationalError as error:
            yield Connection(False, str(error).strip())
            stop.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


def _heard(connection: psycopg.Connection[tuple[object, ...]], stop: threading.Event) -> Iterator[Changed]:
    while not stop.is_set():
        for notice in connection.notifies(timeout=_TICK_S):
            found = json.loads(notice.payload)
            yield Changed(found["workspace"], found["dataset"], found["version"])
            if stop.is_set():
                return
