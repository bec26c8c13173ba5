"""How does a process reach Postgres, and as whom do its statements run?

`transaction(scope)` runs as a role that owns nothing, with the viewer's workspaces set for the transaction, so that
row-level security decides what can be read and written. `owner_transaction()` is for migrations, sign-in and the
supervisor, never for a viewer's question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from data.arrays import TextArray, TextArrayDumper
from data.asking import ask
from data.errors import DatabaseDown
from data.settings import Settings, settings
from data.types import Scope

APP_ROLE = "belvedere_app"
Transaction = psycopg.Connection[tuple[Any, ...]]
_TRUSTED_S = 1.0  # a connection that answered this lately is not asked again whether it is alive

_SET_SCOPE = (
    "SELECT set_config('role', %s, true), set_config('belvedere.workspaces', %s, true),"
    " set_config('belvedere.account', %s, true)"
)
_SET_SCOPE_NUMBERED = (
    "SELECT set_config('role', $1, true), set_config('belvedere.workspaces', $2, true),"
    " set_config('belvedere.account', $3, true)"
)
_address: tuple[Settings, str] | None = None
_pool: ConnectionPool[Transaction] | None = None
_lock = threading.Lock()


def database_url() -> str:
    """DATABASE_URL, or the embedded server's socket address."""
    global _address
    now = settings()
    if _address is None or _address[0] is not now:
        _address = now, _url(now.database_url, now.home)
    return _address[1]


def _url(configured: str, home: Path) -> str:
    if configured:
        return configured.replace("postgresql+psycopg://", "postgresql://")
    from data.embedded import socket_url

    return socket_url(home)


class _Link(psycopg.Connection[tuple[Any, ...]]):
    """A connection that knows when it was last seen alive."""

    seen_at = 0.0


def _check(connection: Transaction) -> None:
    """Before it is given out: alive, and its statements in transactions, as the scope is set for those alone."""
    if connection.autocommit:
        connection.autocommit = False
    now = time.monotonic()
    if isinstance(connection, _Link):
        if now - connection.seen_at > _TRUSTED_S:
            ConnectionPool.check_connection(connection)
        connection.seen_at = now


def _configure(connection: Transaction) -> None:
    connection.adapters.register_dumper(TextArray, TextArrayDumper)
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET jit = off")
    connection.commit()


def pool() -> ConnectionPool[Transaction]:
    """The process's connection pool, opened at first use."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = ConnectionPool(
                database_url(), connection_class=_Link, min_size=1, max_size=settings().pool_size, open=True,
                configure=_configure, timeout=10, check=_check,
            )  # fmt: skip
        return _pool


def close_pool() -> None:
    """Close the pool; the next use opens a new one."""
    global _pool
    with _lock:
        if _pool is not None:
            _pool.close()
            _pool = None


@contextmanager
def _connection() -> Iterator[Transaction]:
    try:
        with pool().connection() as connection:
            yield connection
    except (PoolTimeout, psycopg.OperationalError) as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error


@contextmanager
def transaction(scope: Scope, snapshot: bool = False) -> Iterator[Transaction]:
    """One transaction as the viewer; commits at the end, rolls back on an exception. Raises DatabaseDown.

    With `snapshot` all its statements see the data of one moment.
    """
    active_first = sorted(scope.workspace_ids, key=lambda i: i != scope.workspace.id)  # copied rows belong to the first
    ids = ",".join(map(str, active_first))
    with _connection() as connection, _isolation(connection, snapshot):
        with connection.pipeline():  # BEGIN and the scope in one round trip
            connection.execute(_SET_SCOPE, (APP_ROLE, ids, scope.account))
        if connection.info.transaction_status != TransactionStatus.INTRANS:  # the scope is set for a transaction alone
            raise RuntimeError("A connection runs statements outside of transactions; nothing was asked on it.")
        yield connection
        connection.commit()


def read_once(scope: Scope, statement: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of one statement as the viewer, in a single round trip; values are for $1, $2 ... Raises DatabaseDown.

    TRICKY: statements that are sent together are one transaction, so what is set for it ends with it.
    """
    ids = ",".join(map(str, scope.workspace_ids))
    with _connection() as connection:
        return ask(connection, ((_SET_SCOPE_NUMBERED, (APP_ROLE, ids, scope.account)), (statement, values)))


@contextmanager
def _isolation(connection: Transaction, snapshot: bool) -> Iterator[None]:
    if not snapshot:
        yield
        return
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()  # the level can be changed between transactions only
            connection.isolation_level = None


@contextmanager
def owner_transaction() -> Iterator[Transaction]:
    """One transaction as the owner of the tables, outside row-level security."""
    with _connection() as connection, connection.transaction():
        yield connection
