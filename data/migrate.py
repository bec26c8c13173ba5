"""How does a database get the present schema, from nothing or from an older version?

Alembic does the steps; it is imported only when there are steps to do, so that every command can ask at no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from data.database import database_url
from data.errors import BelvedereError, DatabaseDown

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 4_210_771_903  # any number that nobody else locks
_OLDEST = 150_000


def migrate() -> str:
    """Bring the database to the newest schema and return its revision; safe to call from several processes at once."""
    with _connected() as gate:
        found = gate.info.server_version
        if found < _OLDEST:
            raise BelvedereError(f"The server is PostgreSQL {found // 10000}; 15 or newer is needed.")
        if _revision(gate) != newest():
            gate.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _upgrade()
    return newest()


def newest() -> str:
    """The revision that this version of the code needs."""
    return max(path.stem for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def present() -> str:
    """The revision of the database; empty before the first migration."""
    with _connected() as connection:
        return _revision(connection)


def server_version() -> str:
    """The server's version, such as 18.4."""
    with _connected() as connection:
        number = connection.info.server_version
        return f"{number // 10000}.{number % 10000}"


def run_file(name: str) -> None:
    """Inside a migration: run one file of data/migrations/sql as it is."""
    from alembic import op

    driver: Any = op.get_bind().connection.driver_connection
    driver.execute((_FOLDER / "sql" / name).read_text())


@contextmanager
def _connected() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    try:
        with psycopg.connect(database_url(), autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error


def _revision(connection: psycopg.Connection[tuple[Any, ...]]) -> str:
    there = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
    if not there or not there[0]:
        return ""
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return str(row[0]) if row else ""


def _upgrade() -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url()), poolclass=NullPool)
    with engine.begin() as connection:
        _steps(connection)


def _steps(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    context = MigrationContext.configure(connection, opts={"version_table_schema": "public"})
    found = context.get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise BelvedereError(f"The database is of a newer version of Belvedere (schema {found}): update this one.")
    command.upgrade(config, "head")
