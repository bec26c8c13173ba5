"""How does a database get the present schema, from nothing or from an older version?"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from data.database import database_url
from data.errors import BelvedereError, DatabaseDown

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 4_210_771_903  # any number that nobody else locks
_OLDEST = 150_000


def migrate() -> str:
    """Bring the database to the newest schema and return its revision; safe to call from several processes at once."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url()), poolclass=NullPool)
    try:
        with psycopg.connect(database_url(), autocommit=True) as gate:
            _check_server(gate)
            gate.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            with engine.begin() as connection:
                return _upgrade(connection)
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error


def newest() -> str:
    """The revision that this version of the code needs."""
    return str(ScriptDirectory(str(_FOLDER)).get_current_head())


def run_file(name: str) -> None:
    """Inside a migration: run one file of data/migrations/sql as it is."""
    text = (_FOLDER / "sql" / name).read_text()
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(text)


def _check_server(connection: psycopg.Connection) -> None:
    found = connection.info.server_version
    if found < _OLDEST:
        raise BelvedereError(f"The server is PostgreSQL {found // 10000}; 15 or newer is needed.")


def _upgrade(connection: Connection) -> str:
    scripts = ScriptDirectory(str(_FOLDER))
    known = {script.revision for script in scripts.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise BelvedereError(f"The database is of a newer version of Belvedere (schema {found}): update this one.")
    if found != scripts.get_current_head():
        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return str(scripts.get_current_head())
