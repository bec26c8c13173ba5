"""How does one process alone keep a duty for a long time, and notice when it has lost it?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from data.database import database_url
from data.errors import DatabaseDown


class Claim:
    """A duty that is this process's own while its connection lives."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def check(self) -> None:
        """Raise DatabaseDown when the claim was lost with its connection."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise DatabaseDown(f"The database does not answer: {error}") from error


@contextmanager
def claimed(name: str) -> Iterator[Claim | None]:
    """The duty for the block, or None when another process has it; it ends with the process, however that ends.

    Raises DatabaseDown.
    """
    key = int.from_bytes(hashlib.sha256(f"claim:{name}".encode()).digest()[:8], "big", signed=True)
    try:
        connection = psycopg.connect(
            database_url(), autocommit=True, connect_timeout=5, application_name="belvedere duty"
        )
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error
    try:
        yield Claim(connection) if row and row[0] else None
    finally:
        connection.close()
