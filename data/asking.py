"""How are some small statements sent and answered in one round trip, with next to no work on this side?

A page begins by asking how new its data is, and waits: the layers above libpq that make statements out of anything cost
more than the question. Here statements are prepared once a connection, values are text, and all are sent together.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, abc

Asked = tuple[str, Sequence[str]]
"""A statement with $1, $2 ..., and their values."""
_PATIENCE_S = 60.0
_numbers = count()  # a name is never given twice
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()


def ask(connection: psycopg.Connection[Any], statements: Sequence[Asked]) -> list[tuple[Any, ...]]:
    """The rows of the last of some statements, which are one transaction. Raises psycopg.Error."""
    names = _prepared.setdefault(connection, {})
    try:
        return _ask(connection, statements, names)
    except psycopg.errors.InvalidSqlStatementName:  # the server was told to forget what was prepared
        names.clear()
        return _ask(connection, statements, names)


def _ask(
    connection: psycopg.Connection[Any], statements: Sequence[Asked], names: dict[str, bytes]
) -> list[tuple[Any, ...]]:
    link, fresh = connection.pgconn, dict[str, bytes]()
    steps: list[str | None] = []  # what each answer is of: a statement that was prepared, or a question
    link.enter_pipeline_mode()
    try:
        for statement, values in statements:
            name = names.get(statement) or fresh.get(statement)
            if name is None:
                name = fresh[statement] = f"once_{next(_numbers)}".encode()
                link.send_prepare(name, statement.encode())
                steps.append(statement)
            link.send_query_prepared(name, [value.encode() for value in values])
            steps.append(None)
        link.pipeline_sync()
        answered = _results(link)
    except BaseException:
        connection.close()  # what was sent may still be answered, to whoever comes next
        raise
    link.exit_pipeline_mode()
    for step, found in zip(steps, answered, strict=True):
        if step is not None and found.status == ExecStatus.COMMAND_OK:
            names[step] = fresh[step]
    failed = next((found for found in answered if found.status == ExecStatus.FATAL_ERROR), None)
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)
    reader = Transformer(connection)
    reader.set_pgresult(answered[-1])
    return reader.load_rows(0, answered[-1].ntuples, tuple)


def _results(link: abc.PGconn) -> list[abc.PGresult]:
    """What came back for each statement, in order."""
    found: list[abc.PGresult] = []
    arrived = select.poll()
    arrived.register(link.socket, select.POLLIN)
    while True:
        while link.is_busy():
            if not arrived.poll(_PATIENCE_S * 1000):
                raise psycopg.OperationalError(f"no answer within {_PATIENCE_S:g} s")
            link.consume_input()
        result = link.get_result()
        if result is None:  # between statements
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            return found
        found.append(result)
