"""Does the database answer at this moment?"""

from __future__ import annotations

import psycopg

from data.database import database_url

PATIENCE_S = 2  # the least that libpq waits for a connection


def answers() -> bool:
    """Whether a new connection gets an answer within two seconds."""
    try:
        with psycopg.connect(database_url(), autocommit=True, connect_timeout=PATIENCE_S) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
